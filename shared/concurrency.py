"""Threads: results in order, a value made once, and linear algebra in one thread.

Nothing here imports numpy, so a module can call `in_one_thread` before its other imports.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

THREADS = 16
LIBRARIES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int = THREADS
) -> Iterator[Result]:
    """Like `map`, with at most `2 × threads` items begun and not yet yielded.

    Raises what `work` raised, at that item's turn. A caller that stops early waits for the calls
    that have begun.
    """
    pending: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                pending.append(pool.submit(work, item))
                if len(pending) >= 2 * threads:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


class once(Generic[Result]):
    """Call `make` once and return its result to every caller. A failure is not kept.

    functools.lru_cache does not lock around the call: 256 requests that arrive at a cold function
    would call `make` 256 times.
    """

    def __init__(self, make: Callable[[], Result]):
        self._make = make
        self._lock = threading.Lock()
        self._results: list[Result] = []
        self.__doc__ = make.__doc__

    def __call__(self) -> Result:
        with self._lock:
            if not self._results:
                self._results.append(self._make())
            return self._results[0]


def in_one_thread() -> None:
    """Tell the libraries under numpy to use one thread. Call it before the first import of numpy.

    With more threads the last digits of a sum depend on the machine. Where other work keeps the
    cores busy, many small products take ten times as long: the threads of OpenBLAS spin while they
    wait for each other.
    """
    for name in LIBRARIES:
        os.environ[name] = "1"
