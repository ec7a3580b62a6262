"""Making a thing once, however many threads ask for it first."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class once(Generic[Made]):
    """The first call makes the value, every call returns it; a failure is not kept.

    functools.lru_cache would let 256 requests that arrive at a cold function make 256 of it.
    """

    def __init__(self, make: Callable[[], Made]):
        self._make = make
        self._lock = threading.Lock()
        self._made: list[Made] = []
        self.__doc__ = make.__doc__

    def __call__(self) -> Made:
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]
