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
from local.emulators.gcs.errors import ClientGone, StorageApiError, invalid

JSON_MAX_BYTES = 10 * 1024 * 1024
QUERY_MAX_FIELDS = 200
PHRASES = {308: "Resume Incomplete", 499: "Client Closed Request"}


class BodySource(Protocol):
    """Where body bytes come from: a buffered socket."""

    def read1(self, size: int, /) -> bytes: ...


class Body:
    """A request body of known length. Raises ClientGone when it ends too early."""

    def __init__(self, source: BodySource, length: int):
        self._source = source
        self._unread = length
        self.length = length

    @classmethod
    def of(cls, source: BodySource, headers: Mapping[str, str]) -> Body:
        if "Transfer-Encoding" in headers:  # the official client always sends the length
            raise StorageApiError(
                HTTPStatus.LENGTH_REQUIRED, "lengthRequired", "Content-Length is needed."
            )
        text = headers.get("Content-Length", "0").strip()
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise invalid("Invalid Content-Length.")
        return cls(source, int(text))

    def read(self, size: int = BLOCK_BYTES) -> bytes:
        """At most `size` bytes; empty at the end of the body."""
        if not self._unread:
            return b""
        block = self._source.read1(min(size, self._unread))
        if not block:
            raise ClientGone
        self._unread -= len(block)
        return block

    def blocks(self) -> Iterator[bytes]:
        while block := self.read():
            yield block

    def drain(self, limit: int) -> bool:
        """Read to the end and drop the bytes; False when more than `limit` bytes are unread."""
        for block in self.blocks():
            limit -= len(block)
            if limit < 0:
                return False
        return True


class StorageRequest:
    """A request as the handlers see it."""

    def __init__(self, method: str, target: str, headers: Mapping[str, str], body: Body, host: str):
        self.method = method
        self.headers = headers
        self.body = body
        self.params: dict[str, str] = {}
        self.base_url = f"http://{host}"
        self.path, _, query = target.partition("?")
        self.query = _query(query)

    def option(self, name: str) -> str:
        return self.query[name][0] if name in self.query else ""

    def match(self, groups: Mapping[str, str | None]) -> None:
        """Take the percent-encoded parts of the path; they must be UTF-8."""
        try:
            self.params = {k: unquote(v, errors="strict") for k, v in groups.items() if v}
        except UnicodeDecodeError:
            raise invalid("The path is not valid UTF-8.") from None

    @cached_property
    def data(self) -> dict[str, object]:
        """The JSON object in the body; {} when it is empty."""
        return json_object(self._text())

    def _text(self) -> bytes:
        """The whole body, of at most 10 MiB."""
        if self.body.length > JSON_MAX_BYTES:
            raise StorageApiError(413, "uploadTooLarge", "The request is too large.")
        return b"".join(self.body.blocks())


class StorageResponse:
    """The answer. A handler sets a status, headers and either bytes or a file."""

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
        """Become the answer to an error; any other than StorageApiError is a 500."""
        self.close()
        self.headers.clear()
        if not isinstance(error, StorageApiError):
            message = f"The local Cloud Storage failed: {error}"
            error = StorageApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "backendError", message)
        self.status = error.status
        self.json(error.body())

    @property
    def phrase(self) -> str:
        return PHRASES.get(self.status) or HTTPStatus(self.status).phrase

    @property
    def has_body(self) -> bool:
        return self.status != HTTPStatus.NO_CONTENT

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
