"""Group commit: requests that arrive together share one batch of statements.

The first waiter leads: it lingers a moment, takes all that wait, commits, and wakes the others.
Nobody returns before its item is durable. A bad item is found by splitting and fails alone.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from shared.errors import Permanent

Item = TypeVar("Item")


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
        sleep: Callable[[float], None] = time.sleep,
    ):
        self._commit = commit
        self._linger_s = linger_s
        self._most_items = most_items
        self._most_weight = most_weight
        self._sleep = sleep
        self._waiting: deque[_Waiter[Item]] = deque()
        self._lock = threading.Lock()
        self._led = False

    def submit(self, item: Item, weight: int = 1) -> None:
        """Return when the item is durable. Raises what `commit` raised for it."""
        waiter = _Waiter(item, weight)
        with self._lock:
            self._waiting.append(waiter)
            lead, self._led = not self._led, True
        if not lead:
            waiter.called.wait()
        if not waiter.settled:
            self._lead(waiter)
        if waiter.error:
            raise waiter.error

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

    def _settle(self, batch: list[_Waiter[Item]]) -> None:
        try:
            self._commit([waiter.item for waiter in batch])
        except Permanent as error:
            if len(batch) > 1:
                middle = len(batch) // 2
                self._settle(batch[:middle])
                self._settle(batch[middle:])
                return
            _call(batch, error)
        except BaseException as error:
            _call(batch, error)
        else:
            _call(batch, None)


def _call(batch: list[_Waiter[Item]], error: BaseException | None) -> None:
    for waiter in batch:
        waiter.error = error
        waiter.settled = True
        waiter.called.set()
