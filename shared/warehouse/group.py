"""Group commit: requests that arrive together share one batch of statements.

The first waiter leads. It lingers a moment, takes all waiting items, commits them, and wakes the
other waiters. No waiter returns before its item is durable. A bad item is found by splitting the
batch, and fails alone. A commit that does not end in time fails its batch as transient, and the
next waiter leads another commit.
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
        commit_timeout_s: float = 240.0,
        turn_timeout_s: float = 300.0,
        sleep: Callable[[float], None] = time.sleep,
    ):
        """A batch and its splits may take `commit_timeout_s` seconds.

        An item waits at most `turn_timeout_s` seconds for its turn. Together they stay below a
        function's 570 s.
        """
        self._commit = commit
        self._linger_s = linger_s
        self._most_items = most_items
        self._most_weight = most_weight
        self._commit_timeout_s = commit_timeout_s
        self._turn_timeout_s = turn_timeout_s
        self._sleep = sleep
        self._waiting: deque[_Waiter[Item]] = deque()
        self._lock = threading.Lock()
        self._has_leader = False

    def submit(self, item: Item, weight: int = 1) -> None:
        """Return when the item is durable.

        Raises the error that `commit` raised for it. Raises Transient when the commit does not end
        in time: the item may still become durable.
        """
        waiter = _Waiter(item, weight)
        with self._lock:
            self._waiting.append(waiter)
            lead, self._has_leader = not self._has_leader, True
        if not lead:
            self._await_turn(waiter)
        if not waiter.is_done:
            self._lead(waiter)
        if waiter.error:
            raise waiter.error

    def _await_turn(self, waiter: _Waiter[Item]) -> None:
        """Wait until the item is done or its waiter must lead. Raises Transient when late."""
        if waiter.wake.wait(self._turn_timeout_s):
            return
        with self._lock:
            if waiter in self._waiting and not waiter.wake.is_set():
                self._waiting.remove(waiter)
                raise Transient("this record's turn to be loaded did not come in time")
        # Either its turn has just come, or a leader commits it and ends within a commit's time.
        if not waiter.wake.wait(self._commit_timeout_s + GRACE_S):
            raise Transient("the batch of this record was not loaded in time")

    def _lead(self, waiter: _Waiter[Item]) -> None:
        """Commit batches until the leader's own item is done. Then wake the next leader."""
        try:
            while not waiter.is_done:
                self._sleep(self._linger_s)
                self._commit_batch(self._next_batch())
        finally:
            with self._lock:
                self._has_leader = bool(self._waiting)
                if self._has_leader:
                    self._waiting[0].wake.set()

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
