"""How the sandbox answers: envelopes, faults and request bodies, the same for every route."""

import json
import secrets
import socket
import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import SplitResult, parse_qsl

from local.emulators.guard import FORM, JSON, Door, GuardedHandler
from local.faults import Fault
from local.sandbox.api.errors import OAuthError, TikTokApiError
from local.sandbox.api.faults import code_for
from local.sandbox.api.sandbox import Sandbox

_MOST_BODY = 1_000_000
_HTML = b"<html><head><title>504 Gateway Time-out</title></head><body>Synthetic</body></html>"


class BadBody(Exception):
    """The body cannot be read; the connection cannot be used again."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


class SandboxReplies(GuardedHandler):
    """A handler that reads bodies and sends answers. Its routes are in `handler.py`."""

    sandbox: Sandbox
    quiet: bool
    door = Door(JSON | FORM)
    protocol_version = "HTTP/1.1"
    server_version = "TikTokSandbox"
    timeout = 60  # seconds an idle or stuck connection is kept
    wbufsize = -1  # one write for headers and body avoids 40 ms of Nagle and delayed ack
    disable_nagle_algorithm = True
    _body = b""
    _url: SplitResult

    def _fault(self, endpoint: str) -> Fault | None:
        """The fault for this request, or None. A delay is already over when this returns."""
        fault = self.sandbox.faults.next(endpoint, f"{self.command} {self.path}")
        if fault is None or fault.kind != "delay":
            return fault
        time.sleep(fault["seconds"])
        return None

    def _wait_for_hang_up(self, within_s: float) -> None:
        """Send nothing until the client closes its connection, for `within_s` at most."""
        self.connection.settimeout(within_s)
        with suppress(OSError):
            while self.connection.recv(65_536):
                pass

    def _send_fault(self, endpoint: str, fault: Fault, *, oauth: bool = False) -> None:
        if fault.kind == "hang":
            self.sandbox.count(endpoint, "hang")
            self._wait_for_hang_up(fault["seconds"])
            self._hang_up(reset=False)
            return
        if fault.kind == "reset":
            self.sandbox.count(endpoint, "reset")
            self._hang_up(reset=True)
            return
        status, message, wait_s = fault.status, fault["message"], fault["retry_after_s"]
        extra = {} if wait_s is None else {"Retry-After": str(wait_s)}
        if status == 504:  # a gateway in front of the API sends it, as HTML
            self._head(endpoint, status, len(_HTML), {"Content-Type": "text/html", **extra})
            self._write(_HTML)
        elif oauth:
            self._fail_oauth(status, fault["code"] or "server_error", message)
        else:
            self._fail(endpoint, status, fault["code"] or code_for(status), message, extra)

    def _hang_up(self, *, reset: bool) -> None:
        self.close_connection = True
        if reset:
            # Linger 0: close() sends RST in place of FIN, and drops what the client has not read.
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _fail(
        self,
        endpoint: str,
        status: int,
        code: str,
        message: str,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        self._send_json(
            endpoint, status, {"data": {}, "error": envelope(code, message)}, extra or {}
        )

    def _fail_oauth(self, status: int, error: str, description: str) -> None:
        content = {"error": error, "error_description": description, "log_id": log_id()}
        self._send_json("token", status, content)

    def _send_json(
        self, endpoint: str, status: int, content: object, extra: Mapping[str, str] | None = None
    ) -> None:
        body = json.dumps(content).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", **(extra or {})}
        self._head(endpoint, status, len(body), headers)
        self._write(body)

    def _head(
        self,
        endpoint: str,
        status: int,
        length: int,
        headers: Mapping[str, str],
        outcome: str | None = None,
    ) -> None:
        self.sandbox.count(endpoint, outcome or status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.send_header("X-Synthetic", "true")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _write(self, body: bytes) -> None:
        if self.command != "HEAD":
            self.wfile.write(body)

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding"):
            raise BadBody(411, "send a Content-Length")
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()):
            raise BadBody(400, "Content-Length is not a number")
        if int(length) > _MOST_BODY:
            raise BadBody(413, f"the body is larger than {_MOST_BODY} bytes")
        return self.rfile.read(int(length))

    def _json(self) -> object:
        try:
            return json.loads(self._body)
        except (ValueError, RecursionError) as error:
            raise TikTokApiError(400, "invalid_params", "the request body is not JSON") from error

    def _form(self) -> dict[str, str]:
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            raise OAuthError(
                400, "invalid_request", "Only application/x-www-form-urlencoded is supported."
            )
        try:
            return dict(parse_qsl(self._body.decode(), max_num_fields=20))
        except ValueError as error:
            raise OAuthError(400, "invalid_request", "The form cannot be read.") from error

    def log_message(self, format: str, *args: Any) -> None:
        if not self.quiet:
            with suppress(OSError, ValueError):
                super().log_message(format, *args)


def envelope(code: str, message: str) -> dict[str, str]:
    return {"code": code, "message": message, "log_id": log_id()}


def log_id() -> str:
    return f"{datetime.now(UTC):%Y%m%d%H%M%S}{secrets.token_hex(9).upper()}"
