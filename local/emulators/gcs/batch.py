"""Batches: up to 100 calls in one multipart request, each answered as if it had come alone."""

from __future__ import annotations

import io
import secrets
from typing import TYPE_CHECKING

from local.emulators.gcs.errors import invalid
from local.emulators.gcs.multipart import MultipartReader
from local.emulators.gcs.wire import JSON_MAX_BYTES, Body, Request, Response

if TYPE_CHECKING:
    from email.message import Message

    from local.emulators.gcs.service import Service

CALLS_MAX = 1000  # what the official client allows itself; the real service takes 100


def batch(request: Request, response: Response, service: Service) -> None:
    whole = io.BytesIO(request.text())
    # The official client separates lines by LF alone here.
    text = whole.getvalue().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    body = Body(io.BytesIO(text), len(text))
    parts = MultipartReader(body, request.headers.get("Content-Type", ""))
    boundary = f"batch_{secrets.token_hex(16)}"
    answers, count = bytearray(), 0
    while (headers := parts.next_part()) is not None:
        count += 1
        if count > CALLS_MAX:
            raise invalid(f"A batch has at most {CALLS_MAX} calls.")
        answer = _answer(parts.whole(JSON_MAX_BYTES), request, service)
        answers += f"--{boundary}\r\nContent-Type: application/http\r\n".encode()
        answers += _content_id(headers) + b"\r\n" + answer + b"\r\n"
    response["Content-Type"] = f"multipart/mixed; boundary={boundary}"
    response.body = bytes(answers) + f"--{boundary}--\r\n".encode()


def _answer(call: bytes, outer: Request, service: Service) -> bytes:
    from local.emulators.gcs.routes import dispatch

    reader = io.BytesIO(call.lstrip())
    try:
        method, target, *_ = reader.readline().decode("ascii").split()
    except ValueError:
        raise invalid("A part of the batch has no request line.") from None
    headers = _headers(reader)
    rest = reader.read()
    headers["Host"] = outer.headers.get("Host", "")
    response = Response()
    try:
        body = Body(io.BytesIO(rest), len(rest))
        inner = Request(method, target, headers, body, service.host)
        if "/batch" in inner.path or "/upload" in inner.path or inner.option("alt") == "media":
            raise invalid("Batches carry no uploads, downloads or batches.")
        dispatch(inner, response, service)
    except Exception as error:
        response.fail(error)
    response.close()
    lines = [f"HTTP/1.1 {response.status} {response.phrase}"]
    lines += [f"{name}: {value}" for name, value in response.header_lines()]
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + response.body


def _headers(reader: io.BytesIO) -> Message:
    from http.client import parse_headers

    return parse_headers(reader)


def _content_id(headers: Message) -> bytes:
    sent = headers.get("Content-ID", "")
    return f"Content-ID: <response-{sent.strip('<>')}>\r\n".encode() if sent else b""
