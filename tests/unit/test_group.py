"""Group commit: who leads, who waits, and who fails alone."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.errors import Permanent, Transient
from shared.warehouse.group import GroupCommit


class Commits:
    """Remembers batches; holds the first one until told to go on."""

    def __init__(self, refuse=(), fail_first=None):
        self.batches = []
        self.go_on = threading.Event()
        self.entered = threading.Event()
        self._refuse = set(refuse)
        self._failure = fail_first

    def __call__(self, items):
        self.batches.append(list(items))
        self.entered.set()
        assert self.go_on.wait(10)
        if self._failure:
            failure, self._failure = self._failure, None
            raise failure
        if self._refuse & set(items):
            raise Permanent("bad", f"{items}")


def group(commit, **bounds):
    bounds = {"linger_s": 0, "most_items": 1000, "most_weight": 10**6} | bounds
    return GroupCommit(commit, sleep=lambda _: None, **bounds)


def submit_while_first_is_held(commits, items, **bounds):
    """Item 0 leads and is held; the others pile up behind it; then all are let go."""
    batching = group(commits, **bounds)
    with ThreadPoolExecutor(len(items)) as threads:
        futures = [threads.submit(batching.submit, items[0])]
        assert commits.entered.wait(10)
        futures += [threads.submit(batching.submit, item) for item in items[1:]]
        while len(batching._waiting) < len(items) - 1:
            threading.Event().wait(0.001)
        commits.go_on.set()
    return [future.exception() for future in futures]


def test_all_that_wait_go_together():
    commits = Commits()

    errors = submit_while_first_is_held(commits, list(range(100)))

    assert errors == [None] * 100
    assert [len(batch) for batch in commits.batches] == [1, 99]


def test_a_batch_is_bounded_in_rows():
    commits = Commits()

    submit_while_first_is_held(commits, list(range(11)), most_items=4)

    assert [len(batch) for batch in commits.batches] == [1, 4, 4, 2]


def test_a_batch_is_bounded_in_weight_but_takes_one_at_least():
    commits = Commits()
    commits.go_on.set()

    group(commits, most_weight=10).submit("heavy", weight=50)

    assert commits.batches == [["heavy"]]


def test_a_bad_item_fails_alone():
    commits = Commits(refuse=[42])

    errors = submit_while_first_is_held(commits, list(range(100)))

    assert [index for index, error in enumerate(errors) if error] == [42]
    assert isinstance(errors[42], Permanent)


def test_a_transient_failure_reaches_each_of_its_batch_and_no_other():
    commits = Commits(fail_first=Transient("down"))

    errors = submit_while_first_is_held(commits, [0, 1, 2])

    assert isinstance(errors[0], Transient)
    assert errors[1:] == [None, None]


def test_nobody_returns_before_the_commit_has():
    commits = Commits()
    with ThreadPoolExecutor(1) as threads:
        future = threads.submit(group(commits).submit, 1)
        assert commits.entered.wait(10)

        assert not future.done()
        commits.go_on.set()

    assert future.exception() is None


def test_after_a_failure_the_next_one_leads():
    commits = Commits(fail_first=RuntimeError("bug"))
    commits.go_on.set()
    batching = group(commits)

    with pytest.raises(RuntimeError):
        batching.submit(1)
    batching.submit(2)

    assert commits.batches == [[1], [2]]
