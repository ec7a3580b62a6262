"""The guard of `guard.py` for an ASGI application. It also limits the size of bodies."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from local.emulators.guard import (
    DRAIN_MOST_BYTES,
    DRAIN_WITHIN_S,
    Door,
    Refusal,
    RequestHead,
    own_hosts,
    refusal,
)

MOST_BODY_BYTES = 64 * 2**20
"""BigQuery accepts 10 MB in a request, and clients upload in chunks of a few MB."""
READ_WITHIN_S = 60.0
"""Seconds in which the next part of a body must come."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Message, Receive, Send], Awaitable[None]]


class AsgiGuard:
    """An ASGI application that guards another.

    It refuses a compressed body and one with too large a Content-Length. A body that turns out too
    large, or does not come, ends as if the client had hung up.
    """

    def __init__(
        self,
        app: AsgiApp,
        door: Door,
        most_bytes: int = MOST_BODY_BYTES,
        read_within_s: float = READ_WITHIN_S,
    ):
        self._app = app
        self._door = door
        self._most_bytes = most_bytes
        self._read_within_s = read_within_s

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # our servers have no web sockets
        head = _head(scope)
        reason = refusal(self._door, head, own_hosts()) or self._unbounded(head)
        if reason is not None:
            await _refuse(reason, head, receive, send)
        else:
            await self._app(scope, self._bounded(receive), send)

    def _unbounded(self, head: RequestHead) -> Refusal | None:
        length = head.first("content-length")
        if length.isascii() and length.isdigit() and int(length[:19]) > self._most_bytes:
            return Refusal(413, f"The body is longer than {self._most_bytes:,} bytes.")
        # A few compressed kilobytes can become gigabytes, and Python's clients do not compress.
        if head.first("content-encoding").lower() not in ("", "identity"):
            return Refusal(415, "Send the body uncompressed: this server does not decompress.")
        return None

    def _bounded(self, receive: Receive) -> Receive:
        unread, is_whole = self._most_bytes, False

        async def bounded() -> Message:
            nonlocal unread, is_whole
            if is_whole:
                return await receive()  # waits for a hang-up while the answer is made
            try:
                message = await asyncio.wait_for(receive(), self._read_within_s)
            except TimeoutError:
                return {"type": "http.disconnect"}
            unread -= len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            return message if unread >= 0 else {"type": "http.disconnect"}

        return bounded


def _head(scope: Message) -> RequestHead:
    target = scope.get("raw_path", scope["path"].encode()) + b"?" + scope["query_string"]
    headers = [(key.decode("latin-1"), value.decode("latin-1")) for key, value in scope["headers"]]
    return RequestHead.of(scope["method"], target.decode("latin-1"), headers)


async def _refuse(reason: Refusal, head: RequestHead, receive: Receive, send: Send) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in reason.headers().items()]
    await send({"type": "http.response.start", "status": reason.status, "headers": headers})
    body = b"" if head.method == "HEAD" else reason.body()
    unread = DRAIN_MOST_BYTES
    try:
        async with asyncio.timeout(DRAIN_WITHIN_S):
            while unread > 0 and (message := await receive()).get("more_body"):
                unread -= len(message.get("body", b""))
    except TimeoutError:
        pass  # a client that never stops sending gets the answer at the end
    await send({"type": "http.response.body", "body": body})
