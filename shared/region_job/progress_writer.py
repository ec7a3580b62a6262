"""Writes down how far a run is, for the person who watches from afar."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType

from shared.errors import Transient
from shared.model import Malformed, parse
from shared.progress import Progress
from shared.region_job.documents import RunProgress, progress_name, to_json
from shared.storage.lake import Lake

log = logging.getLogger(__name__)

WRITE_EVERY_S = 5.0
SIGN_EVERY_S = 30.0
"""How long a run without progress is silent. Each sign costs one write to the lake."""


@dataclass
class ProgressWriter:
    """The progress of one attempt at a run, from a thread of its own.

    It writes at most once in `write_every_s`, and at least once in `sign_every_s`, as long as the
    process lives. A write that fails is left out: the work matters more.
    """

    lake: Lake
    run: str
    attempt: int
    clock: Callable[[], datetime]
    write_every_s: float = WRITE_EVERY_S
    sign_every_s: float = SIGN_EVERY_S
    _progress: Progress = field(default_factory=lambda: Progress("Starting"))
    _sign: int = 0
    _end: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._write_until_end, daemon=True)

    def __enter__(self) -> "ProgressWriter":
        self._sign = self._last_sign()
        self._write()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()

    def __call__(self, progress: Progress) -> None:
        self._progress = progress

    def fail(self, sentence: str) -> None:
        """Write down why this attempt ends."""
        self._end.set()
        self._thread.join()
        self._write(sentence)

    def _last_sign(self) -> int:
        """The last sign of an earlier attempt."""
        content = self.lake.read(progress_name(self.run))
        try:
            return parse(RunProgress, content, self.run).sign if content else 0
        except Malformed:
            return 0

    def _write_until_end(self) -> None:
        written, silent_s = None, 0.0
        while not self._end.wait(self.write_every_s):
            silent_s += self.write_every_s
            if self._progress is not written or silent_s >= self.sign_every_s:
                written, silent_s = self._progress, 0.0
                self._write()

    def _write(self, error: str = "") -> None:
        self._sign += 1
        progress = self._progress
        document = RunProgress(
            sign=self._sign,
            at=self.clock(),
            attempt=self.attempt,
            step=progress.step,
            finished=progress.finished,
            total=progress.total,
            unit=progress.unit,
            error=error[:2_000],
        )
        try:
            self.lake.put(progress_name(self.run), to_json(document))
        except Transient:
            log.warning("progress not written")
