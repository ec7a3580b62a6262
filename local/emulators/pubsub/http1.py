"""A light HTTP/1.1 client for many small POSTs at once over kept-alive connections.

Only what a pusher needs: the status of the answer. Bodies are skipped, and a connection whose
answer has no announced or a large length is closed rather than read.
"""

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MAX_HEAD_BYTES = 64 * 1024
MAX_SKIPPED_BYTES = 1024 * 1024
# Interim answers precede the real one. 102 counts as success for Pub/Sub, so it is final here.
INTERIM = frozenset({100, 103})
BODILESS = frozenset({204, 304})


class Unreachable(Exception):
    """No answer: the connection was refused, broke, or spoke something other than HTTP."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads, split once."""

    host: str
    port: int
    tls: bool
    authority: str
    path: str

    @classmethod
    def of(cls, url: str) -> "Target":
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        authority = parts.netloc.rpartition("@")[2]
        return cls(parts.hostname or "", parts.port or (443 if tls else 80), tls, authority, path)


class HttpClient:
    """Connections to one target. `post` may be called any number of times at once."""

    def __init__(self, target: Target):
        self._target = target
        self._idle: deque[_Connection] = deque()
        self._busy: set[_Connection] = set()
        self._tls = ssl.create_default_context() if target.tls else None

    async def post(self, headers: dict[str, str], body: bytes) -> int:
        """Send one request and return the status. Unreachable when there is no answer.

        A kept connection that turns out closed is replaced once, so a request may arrive twice.
        Cancelling closes the connection.
        """
        request = self._head(headers, len(body)) + body
        kept = self._idle.pop() if self._idle else None
        if kept:
            try:
                return await self._exchange(kept, request)
            except Unreachable:
                if kept.heard:
                    raise
        return await self._exchange(await self._connect(), request)

    def close(self) -> None:
        for connection in [*self._idle, *self._busy]:
            connection.close()

    async def _exchange(self, connection: "_Connection", request: bytes) -> int:
        self._busy.add(connection)
        try:
            status = await connection.send(request)
        except BaseException:
            connection.close()
            raise
        finally:
            self._busy.discard(connection)
        if connection.reusable:
            self._idle.append(connection)
        else:
            connection.close()
        return status

    async def _connect(self) -> "_Connection":
        loop, target = asyncio.get_running_loop(), self._target
        try:
            _, connection = await loop.create_connection(
                lambda: _Connection(self._idle), target.host, target.port, ssl=self._tls
            )
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"{target.authority}: {error}") from error
        return connection

    def _head(self, headers: dict[str, str], length: int) -> bytes:
        lines = [
            f"POST {self._target.path} HTTP/1.1",
            f"Host: {self._target.authority}",
            *(f"{name}: {value}" for name, value in headers.items()),
            f"Content-Length: {length}",
            "\r\n",
        ]
        return "\r\n".join(lines).encode("latin-1")


class _Connection(asyncio.Protocol):
    """One connection: a request out, a status back, then ready for the next."""

    def __init__(self, idle: "deque[_Connection]"):
        self._idle = idle
        self._transport: Any = None
        self._answer: asyncio.Future[int] | None = None
        self._buffer = b""
        self._status = 0
        self._to_skip = 0
        self.heard = False
        """Whether any byte of the current answer has come."""
        self.reusable = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def send(self, request: bytes) -> "asyncio.Future[int]":
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._answer, self._buffer, self.heard, self.reusable = answer, b"", False, False
        if self._transport.is_closing():
            self._fail("connection closed")
        else:
            self._transport.write(request)
        return answer

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            self.close()  # nobody asked: whatever this is, the connection is not to be trusted
            return
        self.heard = True
        if self._to_skip:
            self._skip(data)
        else:
            self._buffer += data
            self._read_head()

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._idle:
            self._idle.remove(self)
        self._fail(str(error or "connection closed"))

    def _read_head(self) -> None:
        while self._answer is not None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self._buffer) > MAX_HEAD_BYTES:
                    self._fail("answer without end of head")
                return
            head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
            try:
                self._status, to_skip, keep = _parse_head(head)
            except ValueError as error:
                self._fail(f"not HTTP: {error}")
                return
            if self._status in INTERIM:
                continue
            self.reusable = keep and to_skip <= MAX_SKIPPED_BYTES
            self._to_skip = to_skip if self.reusable else 0
            self._skip(self._buffer)
            return

    def _skip(self, data: bytes) -> None:
        if len(data) > self._to_skip:
            self.reusable = False
        self._to_skip = max(0, self._to_skip - len(data))
        if self._to_skip == 0 and self._answer is not None:
            answer, self._answer = self._answer, None
            if not answer.done():
                answer.set_result(self._status)

    def _fail(self, reason: str) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_exception(Unreachable(reason))


def _parse_head(head: bytes) -> tuple[int, int, bool]:
    """Status, length of the body, and whether the connection may be used again."""
    first, *lines = head.decode("latin-1").split("\r\n")
    version, status, *_ = first.split(" ", 2)
    if version not in ("HTTP/1.1", "HTTP/1.0") or len(status) != 3:
        raise ValueError(first[:80])
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip().lower()
    code = int(status)
    length = "0" if code in BODILESS else headers.get("content-length", "")
    known = length.isdigit() and "transfer-encoding" not in headers
    keep = version == "HTTP/1.1" and known and "close" not in headers.get("connection", "")
    return code, int(length) if known else 0, keep and code >= 200
