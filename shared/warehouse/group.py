"""Group commit: requests that arrive together share one batch of statements.

The first waiter leads. It lingers until the oldest item has waited long enough or a batch is full,
takes all waiting items, commits them, and wakes the other waiters. No waiter returns before its
item is durable. A bad item is found by splitting the batch, and fails alone. A commit that does not
end in time fails its batch as transient, and the next waiter leads another commit.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from shared.errors import Permanent, Transient

Item = TypeVar("Item")

GRACE_S = 10.0
"""Time that a leader needs besides the commit, to linger and to wake the others."""


@dataclass(eq=False, slots=True)
class _Waiter(Generic[Item]):
    item: Item
    weight: int
    arrived_at: float
    """On the group's clock, in seconds."""
    wake: threading.Event = field(default_factory=threading.Event)
    """Set when the item is done, or when this waiter must lead."""
    is_done: bool = False
    error: BaseException | None = None


class GroupCommit(Generic[Item]):
    """Turns `commit(items)`, which is expensive per call, into a cheap `submit(item)`.

    `commit` must be idempotent: a split batch commits an item again.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Item]], None],
        *,
        linger_s: float,
        most_items: int,
        most_weight: int,
        most_waiting: int | None = None,
        commit_timeout_s: float = 240.0,
        turn_timeout_s: float = 300.0,
        wait: Callable[[threading.Event, float], object] = threading.Event.wait,
        clock: Callable[[], float] = time.monotonic,
    ):
        """An item waits up to `linger_s` seconds for others, unless a batch is full before.

        A batch is full at `most_items`, at `most_weight`, or when `most_waiting` items wait, so
        that no others can come. A batch and its splits may take `commit_timeout_s` seconds. An item
        waits at most `turn_timeout_s` seconds for its turn, longer than a commit and than
        `linger_s`. Together they stay below a function's 570 s.
        """
        self._commit = commit
        self._linger_s = linger_s
        self._most_items = most_items
        self._most_weight = most_weight
        self._commit_timeout_s = commit_timeout_s
        self._turn_timeout_s = turn_timeout_s
        self._full_at = min(most_items, most_waiting or most_items)
        self._wait = wait
        self._clock = clock
        self._waiting: deque[_Waiter[Item]] = deque()
        self._weight = 0
        self._is_full = threading.Event()
        self._lock = threading.Lock()
        self._has_leader = False

    def submit(self, item: Item, weight: int = 1) -> None:
        """Return when the item is durable.

        Raises the error that `commit` raised for it. Raises Transient when the commit does not end
        in time: the item may still become durable.
        """
        waiter = _Waiter(item, weight, self._clock())
        with self._lock:
            self._waiting.append(waiter)
            self._count(weight)
            lead, self._has_leader = not self._has_leader, True
        if not lead:
            self._await_turn(waiter)
        if not waiter.is_done:
            self._lead(waiter)
        if waiter.error:
            raise waiter.error

    def commit(self, items: Sequence[Item]) -> list[BaseException | None]:
        """Commit items that the caller has collected; returns each item's error.

        It joins no other batch and lingers for none. The caller keeps to the bounds of a batch.
        """
        batch = [_Waiter(item, 0, 0.0) for item in items]
        self._commit_batch(batch)
        return [waiter.error for waiter in batch]

    def _await_turn(self, waiter: _Waiter[Item]) -> None:
        """Wait until the item is done or its waiter must lead. Raises Transient when late."""
        if waiter.wake.wait(self._turn_timeout_s):
            return
        with self._lock:
            if waiter in self._waiting and not waiter.wake.is_set():
                self._waiting.remove(waiter)
                self._count(-waiter.weight)
                raise Transient("this record's turn to be loaded did not come in time")
        # Either its turn has just come, or a leader commits it and ends within a commit's time.
        if not waiter.wake.wait(self._commit_timeout_s + GRACE_S):
            raise Transient("the batch of this record was not loaded in time")

    def _lead(self, waiter: _Waiter[Item]) -> None:
        """Commit batches until the leader's own item is done. Then wake the next leader."""
        try:
            while not waiter.is_done:
                self._linger()
                self._commit_batch(self._next_batch())
        finally:
            with self._lock:
                self._has_leader = bool(self._waiting)
                if self._has_leader:
                    self._waiting[0].wake.set()

    def _linger(self) -> None:
        """Wait for others, counted from the arrival of the oldest item, or until a batch is full.

        An item that has waited behind a commit for that long goes at once.
        """
        with self._lock:
            ends_at = self._waiting[0].arrived_at + self._linger_s
        self._wait(self._is_full, max(0.0, ends_at - self._clock()))

    def _count(self, weight: int) -> None:
        """Add a waiting item's weight, and say whether a batch is full. Needs the lock."""
        self._weight += weight
        if len(self._waiting) >= self._full_at or self._weight >= self._most_weight:
            self._is_full.set()
        else:
            self._is_full.clear()

    def _next_batch(self) -> list[_Waiter[Item]]:
        """The items that wait longest, up to the bounds, but at least one."""
        with self._lock:
            batch = [self._waiting.popleft()]
            weight = batch[0].weight
            while self._waiting and len(batch) < self._most_items:
                weight += self._waiting[0].weight
                if weight > self._most_weight:
                    break
                batch.append(self._waiting.popleft())
            self._count(-sum(waiter.weight for waiter in batch))
        return batch

    def _commit_batch(self, batch: list[_Waiter[Item]], ends_at: float | None = None) -> None:
        ends_at = ends_at or time.monotonic() + self._commit_timeout_s
        try:
            self._commit_in_time([waiter.item for waiter in batch], ends_at)
        except Permanent as error:
            if len(batch) > 1:
                middle = len(batch) // 2
                self._commit_batch(batch[:middle], ends_at)
                self._commit_batch(batch[middle:], ends_at)
                return
            _finish(batch, error)
        except BaseException as error:
            _finish(batch, error)
        else:
            _finish(batch, None)

    def _commit_in_time(self, items: list[Item], ends_at: float) -> None:
        """Commit in a thread that we can abandon. The deadlines of its requests end the thread."""
        remaining_s = ends_at - time.monotonic()
        if remaining_s <= 0:
            raise Transient("the warehouse took too long over this record's batch")
        attempt = _CommitAttempt(self._commit, items)
        threading.Thread(target=attempt.run, name="commit", daemon=True).start()
        if not attempt.is_over.wait(remaining_s):
            raise Transient("the warehouse did not answer in time")
        if attempt.error:
            raise attempt.error


class _CommitAttempt(Generic[Item]):
    """One call of `commit` in a thread, and its error."""

    def __init__(self, commit: Callable[[Sequence[Item]], None], items: Sequence[Item]):
        self._commit = commit
        self._items = items
        self.is_over = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self._commit(self._items)
        except BaseException as error:
            self.error = error
        finally:
            self.is_over.set()


def _finish(batch: list[_Waiter[Item]], error: BaseException | None) -> None:
    for waiter in batch:
        waiter.error = error
        waiter.is_done = True
        waiter.wake.set()
