"""Work in a thread that does not keep the process alive when the rest has failed."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


def in_background(work: Callable[..., Any], *arguments: Any) -> "Future[Any]":
    """Start the work at once; what it returns or raises is the future's."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(work(*arguments))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future
