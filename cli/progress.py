"""How far long work is, on the line that a person watches, with the time that is left."""

import time
from collections.abc import Callable

from shared.progress import Progress

FIRST_ESTIMATE_S = 5.0
"""No estimate before: the first objects say little about the others."""


class ProgressLine:
    """Shows progress, for example on `Screen.now`. The time left follows from the step so far."""

    def __init__(
        self, show: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._show, self._clock = show, clock
        self._first: Progress | None = None
        self._began_s = 0.0

    def __call__(self, progress: Progress) -> None:
        self._show(f"{self.sentence(progress)} …")

    def sentence(self, progress: Progress) -> str:
        """The counts, and how long the rest of this step takes if nothing changes."""
        now_s = self._clock()
        if self._first is None or self._first.step != progress.step:
            self._first, self._began_s = progress, now_s
        advance = progress.finished - self._first.finished
        elapsed_s = now_s - self._began_s
        if progress.total is None or advance <= 0 or elapsed_s < FIRST_ESTIMATE_S:
            return progress.sentence()
        remaining_s = elapsed_s * max(0, progress.total - progress.finished) / advance
        return f"{progress.sentence()}, about {duration(remaining_s)} left"


def duration(seconds: float) -> str:
    """Seconds in words, as "40 s", "12 min" or "2 h 10 min"."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
