"""How far long work is, for the person who waits for it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one step of long work is.

    `step` begins a sentence and has no full stop, as in "Searching the lake". `total` is None as
    long as nobody knows it. `finished` never goes back within a step.
    """

    step: str
    finished: int = 0
    total: int | None = None
    unit: str = "objects"

    def sentence(self) -> str:
        """The step and its counts, as in "Searching the lake: 1,200 of 10,000 objects"."""
        if self.total is not None:
            return f"{self.step}: {self.finished:,} of {self.total:,} {self.unit}"
        if self.finished:
            return f"{self.step}: {self.finished:,} {self.unit}"
        return self.step


OnProgress = Callable[[Progress], None]


def no_progress(progress: Progress) -> None:
    """For a caller whom nobody watches."""
