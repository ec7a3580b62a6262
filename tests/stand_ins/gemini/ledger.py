"""The requests to the stand-in, stored unchanged, within bounds."""

import base64
import contextlib
import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

MOST_REQUESTS = 20_000
MOST_BYTES = 256 * 2**20  # of bodies


@dataclass(frozen=True, slots=True)
class Request:
    """One request, unchanged. `number` counts from 1, forgotten requests included."""

    number: int
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body parsed, in the client's own spelling; None if it is not JSON."""
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(self.body)
        return None

    @property
    def parameters(self) -> dict[str, list[str]]:
        """The query, parsed."""
        return parse_qs(self.query)

    def shown(self) -> dict[str, Any]:
        """As JSON for the admin endpoint."""
        return {
            "number": self.number,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": dict(self.headers),
            "body_base64": base64.b64encode(self.body).decode(),
            "json": self.json,
        }


class Ledger:
    """The newest requests; beyond the bounds the oldest are forgotten."""

    def __init__(self, most_requests: int = MOST_REQUESTS, most_bytes: int = MOST_BYTES):
        self._lock = threading.Lock()
        self._requests: deque[Request] = deque()
        self._most_requests, self._most_bytes = most_requests, most_bytes
        self._bytes = 0
        self._count = 0
        self._ignored: deque[str] = deque(maxlen=most_requests)

    def note(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> Request:
        """Keep one request."""
        with self._lock:
            self._count += 1
            request = Request(self._count, method, path, query, headers, body)
            self._requests.append(request)
            self._bytes += len(body)
            while len(self._requests) > self._most_requests or self._bytes > self._most_bytes:
                self._bytes -= len(self._requests.popleft().body)
        return request

    def note_ignored(self, names: list[str]) -> None:
        """Keep the names of parameters that had no effect."""
        self._ignored.extend(names)

    @property
    def count(self) -> int:
        """How many requests came, forgotten ones included."""
        return self._count

    @property
    def requests(self) -> list[Request]:
        with self._lock:
            return list(self._requests)

    def after(self, number: int, most_bytes: int) -> list[Request]:
        """Requests after this number, limited by the size of their bodies, but at least one."""
        requests: list[Request] = []
        for request in self.requests:
            if request.number > number:
                most_bytes -= len(request.body)
                if requests and most_bytes < 0:
                    break
                requests.append(request)
        return requests

    @property
    def ignored(self) -> list[str]:
        return list(self._ignored)

    def clear(self) -> None:
        """Forget all of them and count from 1 again."""
        with self._lock:
            self._requests.clear()
            self._ignored.clear()
            self._bytes = self._count = 0
