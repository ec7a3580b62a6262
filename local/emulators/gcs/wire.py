"""One HTTP exchange: a request whose body is read as a stream, a response that may be a file."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from functools import cached_property
from http import HTTPStatus
from typing import BinaryIO, Protocol
from urllib.parse import parse_qs, unquote

from local.emulators.gcs.content import BLOCK_BYTES
from local.emulators.gcs.errors import ApiError, ClientGone, NotModified, invalid

JSON_MAX_BYTES = 10 * 1024 * 1024
QUERY_MAX_FIELDS = 200
CHUNK_LINE_MAX_BYTES = 1024
BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
PHRASES = {308: "Resume Incomplete", 499: "Client Closed Request"}


class Source(Protocol):
    """Where body bytes come from: a buffered socket or a part of a batch."""

    def read1(self, size: int, /) -> bytes: ...
    def readline(self, size: int, /) -> bytes: ...


class Body:
    """A request body of known length, or chunked. Raises ClientGone when it ends too early."""

    def __init__(self, source: Source, length: int | None):
        self._source = source
        self._left = length or 0
        self._chunked = length is None
        self.length = length

    @classmethod
    def of(cls, source: Source, headers: Mapping[str, str]) -> Body:
        if "chunked" in headers.get("Transfer-Encoding", "").lower():
            return cls(source, None)
        text = headers.get("Content-Length", "0").strip()
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise invalid("Invalid Content-Length.")
        return cls(source, int(text))

    def read(self, size: int = BLOCK_BYTES) -> bytes:
        """At most `size` bytes; empty at the end of the body."""
        if not self._left and self._chunked:
            self._next_chunk()
        if not self._left:
            return b""
        block = self._source.read1(min(size, self._left))
        if not block:
            raise ClientGone
        self._left -= len(block)
        if self._chunked and not self._left:
            self._source.readline(CHUNK_LINE_MAX_BYTES)
        return block

    def blocks(self) -> Iterator[bytes]:
        while block := self.read():
            yield block

    def drain(self, most: int) -> bool:
        """Throw away what is left; False when that would be more than `most` bytes."""
        for block in self.blocks():
            most -= len(block)
            if most < 0:
                return False
        return True

    def _next_chunk(self) -> None:
        line = self._source.readline(CHUNK_LINE_MAX_BYTES)
        if not line:
            raise ClientGone
        try:
            self._left = int(line.split(b";")[0].strip(), 16)
        except ValueError:
            self._chunked = False
            raise invalid("Invalid chunk size.") from None
        if self._left < 0:
            self._left, self._chunked = 0, False
            raise invalid("Invalid chunk size.")
        if not self._left:
            self._chunked = False
            while self._source.readline(CHUNK_LINE_MAX_BYTES) not in (b"\r\n", b"\n", b""):
                pass


class Request:
    """A request as the handlers see it; the package's own handlers accept it too."""

    def __init__(self, method: str, target: str, headers: Mapping[str, str], body: Body, host: str):
        self.method = method
        self.headers = headers
        self.body = body
        self.params: dict[str, str] = {}
        self.base_url = f"http://{headers.get('Host') or host}"
        if target.startswith(("http://", "https://")):
            target = "/" + target.split("/", 3)[3] if target.count("/") > 2 else "/"
        self.path, _, query = target.partition("?")
        self.query = _query(query)

    def option(self, name: str, otherwise: str = "") -> str:
        return self.query[name][0] if name in self.query else otherwise

    def flag(self, name: str) -> bool:
        return self.option(name).lower() == "true"

    def get_header(self, name: str, default: str | None = None) -> str | None:
        return self.headers.get(name, default)

    def match(self, groups: Mapping[str, str | None]) -> None:
        """Take the percent-encoded parts of the path; they must be UTF-8."""
        try:
            self.params = {k: unquote(v, errors="strict") for k, v in groups.items() if v}
        except UnicodeDecodeError:
            raise invalid("The path is not valid UTF-8.") from None

    @cached_property
    def data(self) -> dict[str, object]:
        """The JSON object in the body; {} when it is empty."""
        return json_object(self.text())

    def text(self) -> bytes:
        """The whole body, of at most 10 MiB."""
        parts, size = [], 0
        for block in self.body.blocks():
            size += len(block)
            if size > JSON_MAX_BYTES:
                raise ApiError(413, "uploadTooLarge", "The request is too large.")
            parts.append(block)
        return b"".join(parts)


class Response:
    """What will be sent. Handlers set a status, headers and at most one kind of body."""

    def __init__(self) -> None:
        self.status: int = HTTPStatus.OK
        self.headers: dict[str, str] = {}
        self.body = b""
        self.file: BinaryIO | None = None
        self.offset = 0
        self.length = 0

    def __setitem__(self, name: str, value: str) -> None:
        self.headers[name] = value

    def json(self, value: object) -> None:
        self["Content-Type"] = "application/json; charset=UTF-8"
        self.body = json.dumps(value).encode()

    def no_content(self) -> None:
        self.status = HTTPStatus.NO_CONTENT

    def send_file(self, file: BinaryIO, offset: int, length: int) -> None:
        self.file, self.offset, self.length = file, offset, length

    def fail(self, error: Exception) -> None:
        """Become the answer to a refusal; anything but ApiError and NotModified is a 500."""
        self.close()
        self.headers.clear()
        if isinstance(error, NotModified):
            self.status, self.body = HTTPStatus.NOT_MODIFIED, b""
            return
        if not isinstance(error, ApiError):
            message = f"The local Cloud Storage failed: {error}"
            error = ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "backendError", message)
        self.status = error.status
        self.json(error.body())

    def complete(self) -> None:
        """Give an error of the package's handlers, which have no body, the body it should have."""
        if self.status >= 400 and not self.body:
            status = HTTPStatus(self.status)
            reason = "".join(word.capitalize() for word in status.phrase.split())
            self.fail(ApiError(self.status, reason[0].lower() + reason[1:], status.phrase))

    @property
    def phrase(self) -> str:
        return PHRASES.get(self.status) or HTTPStatus(self.status).phrase

    @property
    def has_body(self) -> bool:
        return self.status not in BODILESS

    def header_lines(self) -> Iterator[tuple[str, str]]:
        yield from self.headers.items()
        if self.has_body and "Content-Length" not in self.headers:
            yield "Content-Length", str(self.length if self.file else len(self.body))

    def write_body(self, out: BinaryIO, connection: socket.socket) -> None:
        """Send the body; a file goes straight from the disk to the socket."""
        if not self.file:
            out.write(self.body)
        elif self.length:
            out.flush()
            sent = connection.sendfile(self.file, self.offset, self.length)
            if sent != self.length:  # the file is shorter than the catalogue says
                raise ClientGone

    def close(self) -> None:
        if self.file:
            self.file.close()
            self.file = None


def json_object(text: bytes) -> dict[str, object]:
    if not text.strip():
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise invalid("Parse Error: the body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise invalid("Parse Error: the body is not a JSON object.")
    return value


def _query(text: str) -> dict[str, list[str]]:
    try:
        return parse_qs(
            text, keep_blank_values=True, errors="strict", max_num_fields=QUERY_MAX_FIELDS
        )
    except ValueError:
        raise invalid("The query string is not valid UTF-8 or has too many parameters.") from None
