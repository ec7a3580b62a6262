"""Checks that a local server makes before it acts on a request.

The servers on 127.0.0.1 have no passwords, and a browser on this machine lets every web page send
them requests. A form or a `fetch` with `text/plain` needs no preflight. A name that changes to
127.0.0.1 (DNS rebinding) makes the page's requests same-origin. So each server checks the Host, the
Origin, Sec-Fetch-Site and the Content-Type. Programs send no Origin and pass.

https://fetch.spec.whatwg.org/#origin-header and https://w3c.github.io/webappsec-fetch-metadata/,
read 2026-11.
"""

import json
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import urlsplit

JSON = frozenset({"application/json"})
FORM = frozenset({"application/x-www-form-urlencoded"})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
EMULATORS = ("STORAGE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST", "BIGQUERY_EMULATOR_HOST")
# Read a refused body up to these bounds: an early close would reset the connection and lose the
# answer.
DRAIN_MOST_BYTES = 2**20
DRAIN_WITHIN_S = 2.0
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[^:@/\[\]]+)(?::\d{1,5})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Door:
    """The requests that one server accepts. By default bodies are JSON."""

    content_types: frozenset[str] = JSON
    files_to: re.Pattern[str] | None = None
    """`METHOD target` of requests whose body is a file of any type."""
    takes_links: bool = False
    """Whether other sites may link here, as TikTok does after a login."""


@dataclass(frozen=True, slots=True)
class RequestHead:
    """A request without its body. Names of headers are in lower case."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, method: str, target: str, headers: Iterable[tuple[str, str]]) -> "RequestHead":
        return cls(method, target, tuple((name.lower(), value) for name, value in headers))

    def values(self, name: str) -> list[str]:
        return [value.strip() for other, value in self.headers if other == name]

    def first(self, name: str) -> str:
        return next(iter(self.values(name)), "")

    @property
    def has_body(self) -> bool:
        return bool(self.values("transfer-encoding")) or self.first("content-length") not in (
            "",
            "0",
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer to a refused request: an HTTP status and a sentence."""

    status: int
    sentence: str

    def body(self) -> bytes:
        """The refusal in the form of Google's APIs, which the clients show to a person."""
        return json.dumps({"error": {"code": self.status, "message": self.sentence}}).encode()

    def headers(self) -> dict[str, str]:
        return {
            "Content-Type": "application/json; charset=UTF-8",
            "Content-Length": str(len(self.body())),
            "Connection": "close",
        }


def refusal(door: Door, head: RequestHead, hosts: frozenset[str] = LOOPBACK) -> Refusal | None:
    """Why this request is refused, or None. `hosts` are the names of this server."""
    return _foreign_host(head, hosts) or _foreign_page(door, head) or _foreign_body(door, head)


@cache
def own_hosts() -> frozenset[str]:
    """127.0.0.1 and its names, and the hosts in the emulator variables of the environment."""
    addresses = (
        urlsplit("//" + os.environ.get(name, "").rpartition("//")[2]) for name in EMULATORS
    )
    with suppress(ValueError):
        return LOOPBACK | {address.hostname for address in addresses if address.hostname}
    return LOOPBACK


def _foreign_host(head: RequestHead, hosts: frozenset[str]) -> Refusal | None:
    authorities = head.values("host")
    if not head.target.startswith("/"):
        # An absolute target takes precedence over Host (RFC 9112, 3.2.2).
        authorities.append(_authority_of(head.target))
    foreign = [name for name in authorities if not _is_own(name, hosts)]
    if foreign:
        called = ", ".join(foreign)[:200]
        return Refusal(403, f"This server answers to 127.0.0.1 and localhost, not to {called}.")
    if len(head.values("host")) != 1:
        return Refusal(400, "A request must name one Host.")  # RFC 9112, 3.2
    return None


def _authority_of(target: str) -> str:
    try:
        return urlsplit(target).netloc
    except ValueError:  # an unclosed bracket
        return target


def _is_own(authority: str, hosts: frozenset[str]) -> bool:
    matched = _AUTHORITY.fullmatch(authority)
    return matched is not None and matched[1].lower() in hosts


def _foreign_page(door: Door, head: RequestHead) -> Refusal | None:
    own = f"http://{head.first('host')}"
    foreign = [origin for origin in head.values("origin") if origin.lower() != own.lower()]
    is_cross_site = head.first("sec-fetch-site") not in ("", "none", "same-origin")
    if not foreign and (not is_cross_site or (door.takes_links and _is_link(head))):
        return None
    page = foreign[0][:200] if foreign else "another origin"
    return Refusal(403, f"This server does not accept requests from a web page of {page}.")


def _is_link(head: RequestHead) -> bool:
    """Whether a person followed a link, and not a script of the page."""
    mode = head.first("sec-fetch-mode"), head.first("sec-fetch-dest")
    return head.method == "GET" and mode == ("navigate", "document")


def _foreign_body(door: Door, head: RequestHead) -> Refusal | None:
    declared = head.first("content-type").partition(";")[0].strip().lower()
    is_file = door.files_to and door.files_to.match(f"{head.method} {head.target}")
    if not head.has_body or is_file or declared in door.content_types:
        return None
    expected = " or ".join(sorted(door.content_types)) or "empty"
    return Refusal(415, f"The body must be {expected}, not {declared[:100] or 'of no type'}.")


class GuardedHandler(BaseHTTPRequestHandler):
    """A handler of http.server whose methods get only requests that its `door` accepts."""

    door: ClassVar[Door] = Door()

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        head = RequestHead.of(self.command, self.path, self.headers.items())
        reason = refusal(self.door, head, own_hosts())
        if reason is not None:
            self._refuse_request(reason)
        return reason is None

    def _refuse_request(self, reason: Refusal) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.send_response(reason.status)
            for name, value in reason.headers().items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reason.body() if self.command != "HEAD" else b"")
            self.wfile.flush()
            self._drain()

    def _drain(self) -> None:
        """Read and drop what the client has sent, for a moment."""
        length = self.headers.get("Content-Length", "0")
        unread = int(length) if length.isascii() and length.isdigit() and len(length) < 19 else 0
        unread, deadline = min(unread, DRAIN_MOST_BYTES), time.monotonic() + DRAIN_WITHIN_S
        self.connection.settimeout(DRAIN_WITHIN_S)
        while unread > 0 and time.monotonic() < deadline:
            if not (block := self.rfile.read1(min(unread, 64 * 1024))):  # type: ignore[attr-defined]
                break
            unread -= len(block)


WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class WsgiGuard:
    """A WSGI application that guards another."""

    def __init__(self, app: WsgiApp, door: Door):
        self._app = app
        self._door = door

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        reason = refusal(self._door, _wsgi_head(environ), own_hosts())
        if reason is None:
            return self._app(environ, start)
        environ["wsgi.input"].read(DRAIN_MOST_BYTES)
        status = f"{reason.status} {HTTPStatus(reason.status).phrase}"
        start(status, list(reason.headers().items()))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [reason.body()]


def _wsgi_head(environ: Mapping[str, Any]) -> RequestHead:
    header_names = {"CONTENT_TYPE": "content-type", "CONTENT_LENGTH": "content-length"}
    headers = [
        (header_names.get(key) or key.removeprefix("HTTP_").replace("_", "-"), str(value))
        for key, value in environ.items()
        if key in header_names or key.startswith("HTTP_")
    ]
    target = environ.get("RAW_URI") or environ.get("PATH_INFO", "/")
    return RequestHead.of(environ["REQUEST_METHOD"], target, headers)
