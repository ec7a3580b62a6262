"""The product's threads, replaced by calls, so that each operation is one thread to the scheduler.

What an operation does side by side is done one after the other here. Operations still meet each
other between any two of their outside operations.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from shared import concurrency
from shared.tiktok import fetch
from shared.warehouse import group, loader, rebuild
from tests.interleavings.scheduler import Scheduler, Signal
from tests.interleavings.warehouse import ShadowInMemory, StagedRowsInMemory, merge_in_memory


class InlineExecutor:
    """Obeys `ThreadPoolExecutor`; the work is done when it is submitted."""

    def __init__(self, *workers: Any, **names: Any):
        pass

    def __enter__(self) -> "InlineExecutor":
        return self

    def __exit__(self, *why: object) -> None:
        pass

    def submit(self, work: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(work(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def map(self, work: Callable[..., Any], *items: Iterable[Any]) -> Iterator[Any]:
        futures = [self.submit(work, *each) for each in zip(*items, strict=False)]
        return (future.result() for future in futures)


class _InlineThread:
    """Obeys `threading.Thread`; `start` does the work."""

    def __init__(self, target: Callable[[], None], **names: Any):
        self._target = target

    def start(self) -> None:
        self._target()


_Waiter = group._Waiter
_current: list[Scheduler] = []


def _waiter(item: Any, weight: int, arrived_at: float) -> Any:
    return _Waiter(item, weight, arrived_at, wake=Signal(_current[-1]))  # type: ignore[arg-type]


@contextmanager
def single_threaded() -> Iterator[None]:
    """The product without threads of its own, on tables in memory, and without a log."""
    threads = SimpleNamespace(Thread=_InlineThread, Event=threading.Event, Lock=threading.Lock)
    with ExitStack() as stack:
        for module in (concurrency, loader, fetch):
            stack.enter_context(patch.object(module, "ThreadPoolExecutor", InlineExecutor))
        stack.enter_context(patch.object(loader, "run_statement", merge_in_memory))
        stack.enter_context(patch.object(rebuild, "Shadow", ShadowInMemory))
        stack.enter_context(patch.object(rebuild, "StagedRows", StagedRowsInMemory))
        stack.enter_context(patch.object(group, "threading", threads))
        stack.enter_context(patch.object(group, "_Waiter", _waiter))
        level = logging.root.manager.disable
        stack.callback(logging.disable, level)
        logging.disable(logging.CRITICAL)
        yield


@contextmanager
def waiting_on(scheduler: Scheduler) -> Iterator[None]:
    """Group commits made in this block wait by the scheduler."""
    _current.append(scheduler)
    try:
        yield
    finally:
        _current.pop()
