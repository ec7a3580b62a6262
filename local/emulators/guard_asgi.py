"""The guard of `guard.py` for an ASGI application, which also bounds what a body may be."""

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
"""BigQuery takes 10 MB in a request and uploads in pieces of a few MB: nobody sends more in one."""
READ_WITHIN_S = 60.0
"""Seconds in which the next piece of a body must come."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Message, Receive, Send], Awaitable[None]]


class AsgiGuard:
    """An ASGI application in front of another.

    A body that is announced too long or packed is refused. One that turns out too long, or does not
    come, ends as if its sender had hung up.
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
            return  # none of our servers has web sockets
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
        # A few kilobytes can unfold to as many gigabytes, and Python's clients pack nothing.
        if head.first("content-encoding").lower() not in ("", "identity"):
            return Refusal(415, "Send the body as it is: this server unpacks nothing.")
        return None

    def _bounded(self, receive: Receive) -> Receive:
        unread, is_whole = self._most_bytes, False

        async def bounded() -> Message:
            nonlocal unread, is_whole
            if is_whole:
                return await receive()  # waits, as long as the answer takes, for a hang-up
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
        pass  # whoever sends for ever hears the answer when the connection ends
    await send({"type": "http.response.body", "body": body})
