"""A light HTTP/1.1 client for many small POSTs at once over kept-alive connections.

A pusher needs only the status of an answer, so the client skips bodies. It closes a connection
whose answer has no length or a large one.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MAX_HEAD_BYTES = 64 * 1024
MAX_SKIPPED_BYTES = 1024 * 1024
# Interim answers precede the real one. Pub/Sub counts 102 as a success, so it is final here.
INTERIM = frozenset({100, 103})
BODILESS = frozenset({204, 304})


class EndpointUnreachable(Exception):
    """No answer: the connection was refused, broke, or did not speak HTTP."""


@dataclass(frozen=True, slots=True)
class PushTarget:
    """The parts of an endpoint's URL."""

    host: str
    port: int
    authority: str
    path: str

    @classmethod
    def of(cls, url: str) -> "PushTarget":
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        authority = parts.netloc.rpartition("@")[2]
        return cls(parts.hostname or "", parts.port or 80, authority, path)


class PushClient:
    """Connections to one target. `post` may be called any number of times at once."""

    def __init__(self, target: PushTarget):
        self._target = target
        self._idle: deque[_PushConnection] = deque()
        self._busy: set[_PushConnection] = set()

    async def post(self, headers: dict[str, str], body: bytes) -> int:
        """Send one request and return the status. Raises EndpointUnreachable without an answer.

        An idle connection that turns out closed is replaced once, so a request may arrive twice.
        Cancelling closes the connection.
        """
        request = self._head(headers, len(body)) + body
        reused = self._idle.pop() if self._idle else None
        if reused:
            try:
                return await self._exchange(reused, request)
            except EndpointUnreachable:
                # Only a connection that was closed while idle is replaced.
                if reused.got_bytes:
                    raise
        return await self._exchange(await self._connect(), request)

    def close(self) -> None:
        for connection in [*self._idle, *self._busy]:
            connection.close()

    async def _exchange(self, connection: "_PushConnection", request: bytes) -> int:
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

    async def _connect(self) -> "_PushConnection":
        loop, target = asyncio.get_running_loop(), self._target
        try:
            _, connection = await loop.create_connection(
                lambda: _PushConnection(self._idle), target.host, target.port
            )
        except (OSError, UnicodeError) as error:
            raise EndpointUnreachable(f"{target.authority}: {error}") from error
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


class _PushConnection(asyncio.Protocol):
    """One connection: a request out, a status back, then ready for the next."""

    def __init__(self, idle: "deque[_PushConnection]"):
        self._idle = idle
        self._transport: Any = None
        self._answer: asyncio.Future[int] | None = None
        self._buffer = b""
        self._status = 0
        self._to_skip = 0
        self.got_bytes = False
        """Whether any byte of the current answer has come."""
        self.reusable = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def send(self, request: bytes) -> "asyncio.Future[int]":
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._answer, self._buffer, self.got_bytes, self.reusable = answer, b"", False, False
        if self._transport.is_closing():
            self._fail("connection closed")
        else:
            self._transport.write(request)
        return answer

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            self.close()  # bytes without a request: the connection is not to be trusted
            return
        self.got_bytes = True
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
                self._status, to_skip, is_reusable = _parse_head(head)
            except ValueError as error:
                self._fail(f"not HTTP: {error}")
                return
            if self._status in INTERIM:
                continue
            self.reusable = is_reusable and to_skip <= MAX_SKIPPED_BYTES
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
            answer.set_exception(EndpointUnreachable(reason))


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
    has_length = length.isdigit() and "transfer-encoding" not in headers
    keeps_alive = version == "HTTP/1.1" and "close" not in headers.get("connection", "")
    return code, int(length) if has_length else 0, has_length and keeps_alive and code >= 200
