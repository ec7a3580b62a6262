"""The guard of an ASGI application limits the size and the duration of a body."""

import asyncio
from typing import Any

from local.emulators.guard import Door
from local.emulators.guard_asgi import AsgiGuard

KIND = (b"content-type", b"application/json")


class Exchange:
    """One request whose `bodies` come in parts and then stop; returns what the application got."""

    def __init__(self, *bodies: bytes, headers: list[tuple[bytes, bytes]]):
        self.pieces = list(bodies)
        self.headers = [(b"host", b"127.0.0.1"), KIND, *headers]
        self.heard: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        if not self.pieces:
            await asyncio.sleep(3_600)
        piece = self.pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": piece != b"."}

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "http.request":
            self.heard.append(message)
            if not message["more_body"]:
                return
        self.heard.append(message)

    async def send(self, message: Any) -> None:
        self.sent.append(dict(message))

    def run(self) -> list[Any]:
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/",
            "query_string": b"",
            "headers": self.headers,
        }
        guard = AsgiGuard(self.app, Door(), most_bytes=10, read_within_s=0.05)
        asyncio.run(guard(scope, self.receive, self.send))
        return [message.get("body", message["type"]) for message in self.heard]


CHUNKED = [(b"transfer-encoding", b"chunked")]


def test_a_body_within_the_bounds_arrives():
    assert Exchange(b"12345", b"6789", b".", headers=CHUNKED).run() == [b"12345", b"6789", b"."]


def test_a_body_that_grows_too_long_ends_as_if_its_sender_had_hung_up():
    assert Exchange(b"12345", b"678901", b".", headers=CHUNKED).run() == [
        b"12345",
        "http.disconnect",
    ]


def test_a_body_that_does_not_come_ends_as_if_its_sender_had_hung_up():
    assert Exchange(b"12345", headers=CHUNKED).run() == [b"12345", "http.disconnect"]


def test_a_body_that_is_announced_too_long_or_packed_never_reaches_the_application():
    for header, status in (
        ((b"content-length", b"11"), 413),
        ((b"content-length", b"9" * 400), 413),
        ((b"content-encoding", b"gzip"), 415),
    ):
        exchange = Exchange(b".", headers=[header])
        assert exchange.run() == []
        assert exchange.sent[0]["status"] == status
