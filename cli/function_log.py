"""Errors of a local rater, from the JSON lines that its function logs.

`shared.messaging.delivery` writes these lines and states their fields.
"""

import json
from contextlib import suppress
from pathlib import Path

from local.endpoints import GEMINI, Endpoints
from shared.errors import Misconfigured
from shared.messaging.delivery import FAILED_DELIVERY
from shared.storage.lease import LeaseHeld

MAX_BYTES_PER_READ = 2**20
MAX_SENTENCE_CHARS = 1_000


class FunctionErrors:
    """Errors that a local rater logs after this object is made.

    `misconfigured` is an error that no waiting mends; `last` is the newest error that may pass.
    """

    def __init__(self, endpoints: Endpoints, condition: str):
        name = GEMINI if condition.startswith("gemini") else "analyze"
        self._log = Path(endpoints.home) / "logs" / f"{name}.log" if endpoints.is_local else None
        self._offset = self._size()
        self.misconfigured: str | None = None
        self.last: str | None = None

    def update(self) -> None:
        """Read the lines that were written since the last call."""
        for line in self._new_bytes().splitlines():
            # The log also holds plain text, e.g. of the web server.
            with suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                if entry["message"] == FAILED_DELIVERY:
                    self._note(entry["error"], str(entry["why"])[:MAX_SENTENCE_CHARS])

    def _note(self, error: str, sentence: str) -> None:
        if error == Misconfigured.__name__:
            self.misconfigured = sentence
        elif error != LeaseHeld.__name__:  # another delivery of the same request is at work
            self.last = sentence

    def _size(self) -> int:
        try:
            return self._log.stat().st_size if self._log else 0
        except OSError:
            return 0

    def _new_bytes(self) -> bytes:
        if self._log is None:
            return b""
        if self._size() < self._offset:
            self._offset = 0  # the log was rotated
        try:
            with self._log.open("rb") as file:
                file.seek(self._offset)
                content = file.read(MAX_BYTES_PER_READ)
        except OSError:
            return b""
        complete = content[: content.rfind(b"\n") + 1]  # the last line may still be incomplete
        self._offset += len(complete)
        return complete
