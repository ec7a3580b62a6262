"""What goes wrong while a local function rates, read from its log as it is written."""

import re
from pathlib import Path

from local.endpoints import GEMINI, Endpoints

MOST_BYTES = 2**20
_RAISED = re.compile(rb"^shared\.(?:\w+\.)*(\w+): (.+)$", re.MULTILINE)


class Trouble:
    """From now on. `broken` is what no waiting mends, `last` the last thing that may pass."""

    def __init__(self, endpoints: Endpoints, condition: str):
        name = GEMINI if condition.startswith("gemini") else "analyze"
        self._log = Path(endpoints.home) / "logs" / f"{name}.log" if endpoints.is_local else None
        self._read = self._size()
        self.broken: str | None = None
        self.last: str | None = None

    def look(self) -> None:
        for raised, said in _RAISED.findall(self._news()):
            sentence = said.decode(errors="replace")[:1_000]
            if raised == b"Misconfigured":
                self.broken = sentence
            elif raised != b"Claimed":  # another delivery is at work, and that is no trouble
                self.last = sentence

    def _size(self) -> int:
        try:
            return self._log.stat().st_size if self._log else 0
        except OSError:
            return 0

    def _news(self) -> bytes:
        if self._log is None:
            return b""
        if self._size() < self._read:
            self._read = 0  # a large log was put aside
        try:
            with self._log.open("rb") as file:
                file.seek(self._read)
                news = file.read(MOST_BYTES)
        except OSError:
            return b""
        whole = news[: news.rfind(b"\n") + 1]  # the last line may not be written to its end
        self._read += len(whole)
        return whole
