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


def test_a_batch_is_bounded_in_weight():
    commits = Commits()

    submit_while_first_is_held(commits, list(range(11)), most_weight=4)

    assert [len(batch) for batch in commits.batches] == [1, 4, 4, 2]


def test_a_batch_takes_one_item_whatever_its_weight():
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


class Hanging:
    """Commits of which the first never answers; those after it work."""

    def __init__(self):
        self.entered = threading.Event()
        self.over = threading.Event()
        self.batches = []

    def __call__(self, items):
        self.batches.append(list(items))
        if len(self.batches) == 1:
            self.entered.set()
            self.over.wait(60)

    def group(self, **bounds):
        return group(self, commit_timeout_s=0.2, **bounds)


@pytest.fixture
def hanging():
    commits = Hanging()
    yield commits
    commits.over.set()


def test_a_commit_that_never_answers_fails_its_batch_as_transient(hanging):
    batching = hanging.group()

    with pytest.raises(Transient):
        batching.submit(1)

    batching.submit(2)
    assert hanging.batches == [[1], [2]]


def test_those_who_wait_behind_a_commit_that_hangs_go_next(hanging):
    batching = hanging.group()
    with ThreadPoolExecutor(6) as threads:
        stuck = threads.submit(batching.submit, 0)
        assert hanging.entered.wait(10)
        behind = [threads.submit(batching.submit, item) for item in range(1, 6)]

    assert isinstance(stuck.exception(), Transient)
    assert [future.exception() for future in behind] == [None] * 5


def test_a_turn_that_does_not_come_in_time_is_given_up():
    commits = Commits()
    batching = group(commits, turn_timeout_s=0.05)
    with ThreadPoolExecutor(1) as threads:
        leader = threads.submit(batching.submit, 0)
        assert commits.entered.wait(10)

        with pytest.raises(Transient):
            batching.submit(1)
        commits.go_on.set()

    assert leader.exception() is None
    batching.submit(2)
    assert commits.batches == [[0], [2]]


class Turns:
    """A leader that has taken both items when the second one's turn is over."""

    def __init__(self):
        self.taken = threading.Event()
        self.go_on = threading.Event()
        self.batches = []

    def __call__(self, items):
        self.batches.append(list(items))
        self.taken.set()
        assert self.go_on.wait(10)


def test_a_batch_under_way_is_waited_for_longer_than_a_turn():
    """It may be durable in a moment, and must not be reported as failed."""
    commits, lingering = Turns(), threading.Event()
    batching = GroupCommit(
        commits,
        linger_s=0,
        most_items=9,
        most_weight=9,
        turn_timeout_s=0.05,
        sleep=lambda _: lingering.wait(10),
    )
    with ThreadPoolExecutor(2) as threads:
        leader = threads.submit(batching.submit, 0)
        while not batching._waiting:
            threading.Event().wait(0.001)
        follower = threads.submit(batching.submit, 1)
        while len(batching._waiting) < 2:
            threading.Event().wait(0.001)
        lingering.set()
        assert commits.taken.wait(10)
        threading.Event().wait(0.2)  # the turn is over by now
        commits.go_on.set()

    assert (leader.exception(), follower.exception()) == (None, None)
    assert commits.batches == [[0, 1]]


def test_the_splits_of_a_batch_share_its_time():
    """A poisoned batch ends as soon as a good one, or its requests would outlive the function."""

    def refuse(items):
        raise Permanent("bad", "all of it")

    batching = group(refuse, commit_timeout_s=0)

    with pytest.raises(Transient):
        batching.submit(1)
