"""The admin page: the backlog of every subscription, in place of Cloud Monitoring."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from local.emulators.guard import Door, RequestHead, own_hosts, refusal
from local.emulators.pubsub.backlog import Backlog
from local.emulators.pubsub.catalog import Catalog
from local.emulators.pubsub.identity import Identity

READ_WITHIN_S = 5.0
MAX_HEAD_BYTES = 16 * 1024
_DOOR = Door(frozenset())  # requests here have no body


class Admin:
    """Answers GET /backlog and /certs, the public keys of the push tokens."""

    def __init__(self, catalog: Catalog, backlog: Backlog, identity: Identity):
        self._catalog = catalog
        self._backlog = backlog
        self._pages: dict[str, Callable[[], Any]] = {
            "/backlog": self._counts,
            "/certs": identity.certs,
        }

    async def start(self, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", port, limit=MAX_HEAD_BYTES)

    def _counts(self) -> dict[str, Any]:
        return {
            subscription.name: asdict(self._backlog.counts(subscription))
            for subscription in self._catalog.all_subscriptions()
        }

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(READ_WITHIN_S):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_response(*self._answer(head)))
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client sent no whole request, or did not read the answer
        finally:
            writer.close()

    def _answer(self, head: bytes) -> tuple[str, Any]:
        request = _request(head)
        if reason := refusal(_DOOR, request, own_hosts()):
            return f"{reason.status} {HTTPStatus(reason.status).phrase}", {"error": reason.sentence}
        if request.method != "GET":
            return "405 Method Not Allowed", {"error": "GET only"}
        page = self._pages.get(request.target.split("?", 1)[0])
        if page is None:
            return "404 Not Found", {"error": f"pages are {', '.join(self._pages)}"}
        return "200 OK", page()


def _request(head: bytes) -> RequestHead:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, _, target = first.partition(" ")
    pairs = (line.partition(":") for line in lines if line)
    headers = ((name, value) for name, _, value in pairs)
    return RequestHead.of(method, target.split(" ", 1)[0], headers)


def _response(status: str, content: Any) -> bytes:
    body = json.dumps(content).encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
