"""Group commit: requests that arrive together share one batch of statements.

The first waiter leads: it lingers a moment, takes all that wait, commits, and wakes the others.
Nobody returns before its item is durable. A bad item is found by splitting and fails alone.
Nobody waits for ever: a commit that does not answer in time fails its batch as transient, and the
next waiter leads a commit of its own.
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
"""What a leader may need beyond its commit's own time: lingering, and waking the others."""


@dataclass(eq=False, slots=True)
class _Waiter(Generic[Item]):
    item: Item
    weight: int
    called: threading.Event = field(default_factory=threading.Event)
    """Set when the item is settled, or when it is this waiter's turn to lead."""
    settled: bool = False
    error: BaseException | None = None


class GroupCommit(Generic[Item]):
    """Turns `commit(items)`, dear per call, into `submit(item)`, cheap when many wait.

    `commit` must be idempotent: a batch that is split may see an item twice.
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
        """A batch may take `commit_timeout_s` seconds, its splits included; an item waits
        `turn_timeout_s` seconds for its turn. The sum is less than a function's 570 s.
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
        self._led = False

    def submit(self, item: Item, weight: int = 1) -> None:
        """Return when the item is durable.

        Raises what `commit` raised for it, and Transient when it did not come to an end in time:
        then the item may still become durable.
        """
        waiter = _Waiter(item, weight)
        with self._lock:
            self._waiting.append(waiter)
            lead, self._led = not self._led, True
        if not lead:
            self._await_turn(waiter)
        if not waiter.settled:
            self._lead(waiter)
        if waiter.error:
            raise waiter.error

    def _await_turn(self, waiter: _Waiter[Item]) -> None:
        """Until the item is settled or its waiter has to lead. Transient when neither comes."""
        if waiter.called.wait(self._turn_timeout_s):
            return
        with self._lock:
            if waiter in self._waiting and not waiter.called.is_set():
                self._waiting.remove(waiter)
                raise Transient("this record's turn to be loaded did not come in time")
        # It is its turn just now, or a leader has it under way and ends within a commit's time.
        if not waiter.called.wait(self._commit_timeout_s + GRACE_S):
            raise Transient("the batch of this record was not loaded in time")

    def _lead(self, own: _Waiter[Item]) -> None:
        """Commit batch after batch until one's own item is settled; then call the next to lead."""
        try:
            while not own.settled:
                self._sleep(self._linger_s)
                self._settle(self._take())
        finally:
            with self._lock:
                self._led = bool(self._waiting)
                if self._led:
                    self._waiting[0].called.set()

    def _take(self) -> list[_Waiter[Item]]:
        """The longest-waiting items up to the bounds; at least one."""
        with self._lock:
            batch = [self._waiting.popleft()]
            weight = batch[0].weight
            while self._waiting and len(batch) < self._most_items:
                weight += self._waiting[0].weight
                if weight > self._most_weight:
                    break
                batch.append(self._waiting.popleft())
        return batch

    def _settle(self, batch: list[_Waiter[Item]], ends_at: float | None = None) -> None:
        ends_at = ends_at or time.monotonic() + self._commit_timeout_s
        try:
            self._commit_in_time([waiter.item for waiter in batch], ends_at)
        except Permanent as error:
            if len(batch) > 1:
                middle = len(batch) // 2
                self._settle(batch[:middle], ends_at)
                self._settle(batch[middle:], ends_at)
                return
            _call(batch, error)
        except BaseException as error:
            _call(batch, error)
        else:
            _call(batch, None)

    def _commit_in_time(self, items: list[Item], ends_at: float) -> None:
        """Commit in a thread that can be left behind; the deadlines of its requests end it."""
        remaining_s = ends_at - time.monotonic()
        if remaining_s <= 0:
            raise Transient("the warehouse took too long over this record's batch")
        attempt = _Attempt(self._commit, items)
        threading.Thread(target=attempt.run, name="commit", daemon=True).start()
        if not attempt.is_over.wait(remaining_s):
            raise Transient("the warehouse did not answer in time")
        if attempt.error:
            raise attempt.error


class _Attempt(Generic[Item]):
    """One commit and what became of it."""

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


def _call(batch: list[_Waiter[Item]], error: BaseException | None) -> None:
    for waiter in batch:
        waiter.error = error
        waiter.settled = True
        waiter.called.set()
