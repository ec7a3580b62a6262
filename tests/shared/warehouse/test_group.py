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
    return GroupCommit(commit, wait=lambda *_: None, **bounds)


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
        wait=lambda *_: lingering.wait(10),
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


class Minute:
    """A wait that ends when the batch is full or its time is over, on a clock of the test's."""

    def __init__(self):
        self.now = 0.0
        self.waits = []

    def wait(self, event, seconds):
        self.waits.append(seconds)
        assert event.wait(10), "no batch was ever full"

    def clock(self):
        return self.now


@pytest.mark.parametrize(
    "bounds", [{"most_items": 5}, {"most_items": 99, "most_waiting": 5}, {"most_weight": 5}]
)
def test_a_full_batch_does_not_linger(bounds):
    commits, minute = Commits(), Minute()
    commits.go_on.set()
    bounds = {"most_items": 1000, "most_weight": 10**6} | bounds
    batching = GroupCommit(commits, linger_s=60, wait=minute.wait, clock=minute.clock, **bounds)
    with ThreadPoolExecutor(5) as threads:
        list(threads.map(batching.submit, range(5)))

    assert [sorted(batch) for batch in commits.batches] == [[0, 1, 2, 3, 4]]
    assert minute.waits == [60]


def test_what_waited_behind_a_commit_lingers_only_for_the_rest():
    commits, waits, now = Commits(), [], [0.0]
    batching = GroupCommit(
        commits,
        linger_s=60,
        most_items=1000,
        most_weight=10**6,
        wait=lambda event, seconds: waits.append(seconds),
        clock=lambda: now[0],
    )
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(batching.submit, 1)
        assert commits.entered.wait(10)
        second = threads.submit(batching.submit, 2)
        while not batching._waiting:
            threading.Event().wait(0.001)
        now[0] = 45.0
        commits.go_on.set()

    assert (first.exception(), second.exception()) == (None, None)
    assert waits == [60, 15]


def test_a_batch_is_full_no_longer_once_it_is_taken():
    commits = Commits()
    batching = group(commits, most_items=4)
    with ThreadPoolExecutor(6) as threads:
        first = threads.submit(batching.submit, 0)
        assert commits.entered.wait(10)
        others = [threads.submit(batching.submit, item) for item in range(1, 6)]
        while len(batching._waiting) < 5:
            threading.Event().wait(0.001)
        assert batching._is_full.is_set()
        commits.go_on.set()

    assert [first.exception(), *(other.exception() for other in others)] == [None] * 6
    assert not batching._is_full.is_set()
    assert batching._weight == 0


def test_collected_items_are_committed_at_once_and_a_bad_one_fails_alone():
    commits = Commits(refuse=[42])
    commits.go_on.set()

    errors = group(commits, linger_s=60).commit(list(range(100)))

    assert commits.batches[0] == list(range(100))
    assert [number for number, error in enumerate(errors) if error] == [42]


def test_collected_items_whose_commit_never_answers_fail_as_transient(hanging):
    errors = hanging.group().commit([1, 2])

    assert [type(error) for error in errors] == [Transient, Transient]
