"""HTTP/1.1 for a proxy: it reads whole requests, and passes answers on in pieces."""

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass

import h11

READ_BYTES = 64 * 1024
MOST_BODY_BYTES = 64 * 2**20
"""Clients here send less in one request: uploads come in chunks of 1 MiB."""
_OF_A_HOP = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"expect"})


class TargetUnreachable(Exception):
    """The target refused the connection, or broke it off in the middle of its answer."""


@dataclass(frozen=True, slots=True)
class ProxiedRequest:
    """A request that has arrived whole, so that it can be sent any number of times."""

    head: h11.Request
    body: bytes

    def __str__(self) -> str:
        return f"{self.head.method.decode()} {self.head.target.decode('latin-1')}"


class Caller:
    """The connection of one client, from request to request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._reader = reader
        self._writer = writer
        self._connection = h11.Connection(h11.SERVER)

    async def request(self) -> ProxiedRequest | None:
        """The next request; None when the client is gone or does not speak HTTP."""
        if self._connection.our_state is h11.DONE:
            self._connection.start_next_cycle()
        head, body = None, bytearray()
        with suppress(h11.RemoteProtocolError, ConnectionError):
            while True:
                event = await _event(self._connection, self._reader)
                if isinstance(event, h11.Request):
                    head = event
                    if self._connection.they_are_waiting_for_100_continue:
                        await self.send(h11.InformationalResponse(status_code=100, headers=[]))
                elif isinstance(event, h11.Data):
                    body += event.data
                    if len(body) > MOST_BODY_BYTES:
                        return None
                elif isinstance(event, h11.EndOfMessage) and head is not None:
                    return ProxiedRequest(head, bytes(body))
                else:
                    return None
        return None

    async def send(self, event: h11.Event) -> None:
        if content := self._connection.send(event):
            self._writer.write(content)
            await self._writer.drain()

    async def refuse(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Answer at once, in place of the target."""
        sent = {"Content-Length": str(len(body)), **headers}
        await self.send(h11.Response(status_code=status, headers=[*sent.items()]))
        await self.send(h11.Data(data=body))
        await self.send(h11.EndOfMessage())

    async def hangs_up(self, within_s: float) -> None:
        """Return when the client closes its connection, or after that time."""
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(within_s):
                while await self._reader.read(READ_BYTES):
                    pass

    @property
    def may_ask_again(self) -> bool:
        return bool(self._connection.our_state is h11.DONE is self._connection.their_state)

    def reset(self) -> None:
        """End the connection with RST, like a machine that has lost it."""
        raw = self._writer.get_extra_info("socket")
        with suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def close(self) -> None:
        self._writer.close()


@dataclass(frozen=True, slots=True)
class ProxyTarget:
    """The server behind the proxy."""

    host: str
    port: int

    async def answer(self, request: ProxiedRequest) -> AsyncGenerator[h11.Event, None]:
        """Head, data and end of the answer, as they come. Raises TargetUnreachable."""
        try:
            reader, writer = await asyncio.open_connection(self.host, self.port)
        except OSError as error:
            raise TargetUnreachable(str(error)) from error
        connection = h11.Connection(h11.CLIENT)
        try:
            for event in (_alone(request.head), h11.Data(data=request.body), h11.EndOfMessage()):
                writer.write(connection.send(event) or b"")
            while not isinstance(event := await _event(connection, reader), h11.EndOfMessage):
                if isinstance(event, h11.ConnectionClosed):
                    raise TargetUnreachable("connection closed")
                if not isinstance(event, h11.InformationalResponse):
                    yield _without_hops(event)
            yield h11.EndOfMessage()
        except (h11.RemoteProtocolError, OSError) as error:
            raise TargetUnreachable(str(error)) from error
        finally:
            writer.close()


async def _event(connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Event:
    while (event := connection.next_event()) is h11.NEED_DATA:
        connection.receive_data(await reader.read(READ_BYTES))
    return event


def _alone(head: h11.Request) -> h11.Request:
    """The request for a connection of its own, with Content-Length."""
    headers = [*_lasting(head), (b"Connection", b"close")]
    return h11.Request(method=head.method, target=head.target, headers=headers)


def _without_hops(event: h11.Event) -> h11.Event:
    """The head without the headers about our connection to the target; the client's stays open."""
    if not isinstance(event, h11.Response):
        return event
    return h11.Response(status_code=event.status_code, headers=_lasting(event), reason=event.reason)


def _lasting(head: h11.Request | h11.Response) -> list[tuple[bytes, bytes]]:
    return [
        (name, value) for name, value in head.headers.raw_items() if name.lower() not in _OF_A_HOP
    ]
