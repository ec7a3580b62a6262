"""Multipart bodies read as a stream: at most one block of content is in memory."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message
from email.parser import HeaderParser

from local.emulators.gcs.errors import invalid
from local.emulators.gcs.wire import Body

HEADERS_MAX_BYTES = 64 * 1024
METADATA_MAX_BYTES = 1024 * 1024


class MultipartReader:
    """The parts in order: call `next_part`, then `blocks` or `whole`, and so on."""

    def __init__(self, body: Body, content_type: str):
        boundary = _boundary(content_type)
        self._body = body
        self._delimiter = b"\r\n--" + boundary
        self._buffer = b"\r\n"  # the first delimiter has no line break before it
        self._inside = True

    def next_part(self) -> Message | None:
        """The headers of the next part, None after the last. Skips what was not read."""
        for _ in self.blocks():
            pass
        while len(self._buffer) < 2:
            self._more()
        if self._buffer.startswith(b"--"):
            return None
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > HEADERS_MAX_BYTES:
                raise invalid("The headers of a part are too large.")
            self._more()
        headers = self._buffer[:end].decode("latin-1").lstrip()
        self._buffer = self._buffer[end + 4 :]
        self._inside = True
        return HeaderParser().parsestr(headers)

    def blocks(self) -> Iterator[bytes]:
        """The content of the part, without the line break that belongs to the delimiter."""
        keep = len(self._delimiter) - 1
        while self._inside:
            end = self._buffer.find(self._delimiter)
            if end >= 0:
                block, self._buffer = self._buffer[:end], self._buffer[end + keep + 1 :]
                self._inside = False
            else:
                block, self._buffer = self._buffer[:-keep], self._buffer[-keep:]
            if block:
                yield block
            if self._inside:
                self._more()

    def whole(self) -> bytes:
        """The content of a part that must be small: at most 1 MiB."""
        content = bytearray()
        for block in self.blocks():
            content += block
            if len(content) > METADATA_MAX_BYTES:
                raise invalid("A part of the multipart body is too large.")
        return bytes(content)

    def _more(self) -> None:
        block = self._body.read()
        if not block:
            raise invalid("Malformed multipart body: the closing boundary is missing.")
        self._buffer += block


def _boundary(content_type: str) -> bytes:
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_param("boundary")
    if not isinstance(boundary, str) or not boundary or not boundary.isascii():
        raise invalid("Malformed multipart body: Content-Type has no boundary.")
    return boundary.encode()
