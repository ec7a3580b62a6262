"""Work in a daemon thread: it does not keep a failed process alive."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


def in_background(work: Callable[..., Any], *arguments: Any) -> "Future[Any]":
    """Start the work at once. The future has its result or its error."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(work(*arguments))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future
