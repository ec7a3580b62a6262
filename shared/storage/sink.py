"""A file that passes on what is written to it."""

import io
from collections.abc import Callable
from typing import Any


class Sink(io.RawIOBase):
    """A file that passes on what is written to it and stores nothing."""

    def __init__(self, take: Callable[[bytes], None]):
        self._take = take

    def writable(self) -> bool:
        return True

    def write(self, chunk: Any) -> int:
        self._take(chunk)
        return len(chunk)
