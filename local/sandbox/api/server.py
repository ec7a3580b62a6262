"""The sandbox on HTTP: routes, envelopes, faults and counts."""

import html
import json
import re
import secrets
import socket
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from local.emulators.guard import FORM, JSON, Door, GuardedHandler
from local.faults import BadPlan, Fault
from local.sandbox.api.display import SCOPES, DisplayApi
from local.sandbox.api.errors import ApiError, OAuthError
from local.sandbox.api.faults import Faults, code_for
from local.sandbox.api.media import ABSENT, BadRange, MediaFile, media_file, parse_range
from local.sandbox.api.research import ResearchApi
from local.sandbox.library import Library

_MOST_BODY = 1_000_000
_HTML = b"<html><head><title>504 Gateway Time-out</title></head><body>Synthetic</body></html>"
# Faults that cut a file short, and what the counts call them.
_CUT = {"truncate": "truncated", "break": "reset"}
_MEDIA = re.compile(r"/media/([0-9]{1,20})\.mp4")


class TikTokServer(ThreadingHTTPServer):
    """A sandbox on 127.0.0.1. `port` 0 takes a free one; `url` says which."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        library: Library,
        api: ResearchApi | None = None,
        faults: Faults | None = None,
        *,
        display: DisplayApi | None = None,
        port: int = 0,
        quiet: bool = True,
    ):
        super().__init__(("127.0.0.1", port), _Handler)
        self.library = library
        self.api = api or ResearchApi(library)
        self.display = display or DisplayApi(self.api.shown)
        self.faults = faults or Faults()
        self.quiet = quiet
        self._lock = threading.Lock()
        self._answers: dict[str, Counter[str]] = {}
        self._media: Counter[str] = Counter()
        self._media_bytes = 0

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def count(self, endpoint: str, outcome: object) -> None:
        """Note one answer: a status, or `truncated` or `reset`."""
        with self._lock:
            self._answers.setdefault(endpoint, Counter())[str(outcome)] += 1

    def count_media(self, video_id: str, sent: int) -> None:
        """Note a request for a post's file and how much of it was sent."""
        with self._lock:
            self._media[video_id] += 1
            self._media_bytes += sent

    def stats(self) -> dict[str, Any]:
        """Answers by endpoint and status, quota, and requests for each post's file."""
        with self._lock:
            return {
                "synthetic": True,
                "requests": {name: dict(counts) for name, counts in self._answers.items()},
                "quota": self.api.quota_state(),
                "media_bytes": self._media_bytes,
                "media_requests": dict(self._media),
            }

    def change(self, wanted: object) -> dict[str, Any]:
        """Apply a plan of faults (see local/faults) and the switches of the API itself.

        expire_search_id, revoke_tokens, clear: true acts at once. quota: queries a day.
        end_date: "inclusive" or "exclusive", since the documentation leaves it open.
        disorder: true lists some posts twice and some out of order.
        shown_at: the moment at which the posts are seen, ISO 8601, or null. vanish, restore: ids.
        """
        settings = dict(wanted) if isinstance(wanted, dict) else wanted
        if not isinstance(settings, dict):
            raise BadPlan("faults must be a JSON object")
        switches = {key: settings.pop(key) for key in list(settings) if key in _SWITCHES}
        for key, value in switches.items():
            if not _SWITCHES[key](value):
                raise BadPlan(f"{key} cannot be {value!r}")
        if switches.get("clear"):
            self.faults.clear()
        self.faults.change(settings)
        self._switch(switches)
        return {
            **self.faults.state(),
            "quota": self.api.quota_state(),
            **self.api.shown.state(),
        }

    def _switch(self, switches: Mapping[str, Any]) -> None:
        if switches.get("expire_search_id"):
            self.api.forget_searches()
        if switches.get("revoke_tokens"):
            self.api.revoke_tokens()
            self.display.revoke()
        self.api.is_disorderly = switches.get("disorder", self.api.is_disorderly)
        if "shown_at" in switches:
            moment = switches["shown_at"]
            self.api.shown.show_at(None if moment is None else datetime.fromisoformat(moment))
        self.api.shown.vanish(switches.get("vanish", ()))
        self.api.shown.restore(switches.get("restore", ()))
        self.api.quota = switches.get("quota", self.api.quota)
        if "end_date" in switches:
            self.api.end_inclusive = switches["end_date"] == "inclusive"

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that hangs up is no event here; anything else is a fault of the sandbox.
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_moment(value: object) -> bool:
    if value is None:
        return True
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_ids(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


_SWITCHES: Mapping[str, Callable[[object], bool]] = {
    "expire_search_id": _is_flag,
    "revoke_tokens": _is_flag,
    "clear": _is_flag,
    "quota": lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
    "end_date": lambda value: value in ("inclusive", "exclusive"),
    "disorder": _is_flag,
    "shown_at": _is_moment,
    "vanish": _is_ids,
    "restore": _is_ids,
}


@contextmanager
def running(
    library: Library,
    api: ResearchApi | None = None,
    faults: Faults | None = None,
    *,
    port: int = 0,
) -> Iterator[TikTokServer]:
    """Serve in a thread of this process for as long as the block lasts."""
    server = TikTokServer(library, api, faults, port=port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _BadBody(Exception):
    """The body cannot be read; the connection cannot be used again."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


class _Handler(GuardedHandler):
    server: TikTokServer
    door = Door(JSON | FORM)
    protocol_version = "HTTP/1.1"
    server_version = "TikTokSandbox"
    timeout = 60  # seconds an idle or stuck connection is kept
    wbufsize = -1  # headers and body leave together: no 40 ms of Nagle and delayed ack
    disable_nagle_algorithm = True
    _ROUTES: ClassVar[dict[tuple[str, str], str]] = {
        ("POST", "/v2/oauth/token"): "_token",
        ("POST", "/v2/research/video/query"): "_query",
        ("POST", "/v2/research/user/info"): "_user",
        ("GET", "/v2/auth/authorize"): "_authorize",
        ("GET", "/v2/user/info"): "_own_profile",
        ("POST", "/v2/video/list"): "_own_videos",
        ("POST", "/v2/video/query"): "_own_videos_by_id",
        ("POST", "/admin/faults"): "_change_faults",
        ("GET", "/admin/faults"): "_show_faults",
        ("GET", "/admin/stats"): "_stats",
    }

    def do_GET(self) -> None:
        self._route()

    def do_HEAD(self) -> None:
        self._route()

    def do_POST(self) -> None:
        self._route()

    def _route(self) -> None:
        self._url = urlsplit(self.path)
        media = _MEDIA.fullmatch(self._url.path)
        name = self._ROUTES.get((self.command, self._url.path.rstrip("/")))
        try:
            self._body = self._read_body()
            if media and self.command in ("GET", "HEAD"):
                self._send_media(media[1])
            elif name:
                getattr(self, name)()
            else:
                self._fail("other", 404, "not_found", "There is nothing here.")
        except _BadBody as error:
            self.close_connection = True
            self._fail("other", error.status, "invalid_params", str(error))

    def _token(self) -> None:
        if fault := self._fault("token"):
            self._send_fault("token", fault, oauth=True)
            return
        try:
            form = self._form()
            is_users = form.get("grant_type") in ("authorization_code", "refresh_token")
            answer = (self.server.display if is_users else self.server.api).token(form)
            self._send_json("token", 200, answer)
        except OAuthError as error:
            self._fail_oauth(error.status, error.error, error.description)

    def _authorize(self) -> None:
        """A user's page of consent: a list of accounts, or with `account` the consent of one."""
        asked = dict(parse_qsl(self._url.query, max_num_fields=20))
        if not (asked.get("redirect_uri", "").startswith("http://127.0.0.1:")):
            self._fail("authorize", 400, "invalid_request", "redirect_uri must be on 127.0.0.1")
            return
        if "account" not in asked:
            self._send_page(_consent_page(self.path, self.server.display.accounts()))
            return
        try:
            scopes = tuple(asked.get("scope", ",".join(SCOPES)).split(","))
            code = self.server.display.consent(
                asked["account"], scopes, asked["redirect_uri"], asked.get("code_challenge", "")
            )
        except OAuthError as error:
            self._fail_oauth(error.status, error.error, error.description)
            return
        told = urlencode(
            {"code": code, "scopes": ",".join(scopes), "state": asked.get("state", "")}
        )
        self._head("authorize", 302, 0, {"Location": f"{asked['redirect_uri']}?{told}"})

    def _own_profile(self) -> None:
        self._of_user(self.server.display.user)

    def _own_videos(self) -> None:
        display = self.server.display
        self._of_user(lambda token, fields: display.videos(token, fields, self._json()))

    def _own_videos_by_id(self) -> None:
        display = self.server.display
        self._of_user(lambda token, fields: display.query(token, fields, self._json()))

    def _of_user(self, answer: Callable[[str | None, str | None], dict[str, Any]]) -> None:
        if fault := self._fault("display"):
            self._send_fault("display", fault)
            return
        try:
            fields = parse_qs(self._url.query).get("fields", [None])[-1]
            data = answer(self.headers.get("Authorization"), fields)
        except ApiError as error:
            self._fail("display", error.status, error.code, error.message)
        else:
            self._send_json("display", 200, {"data": data, "error": _envelope("ok", "")})

    def _send_page(self, page: bytes) -> None:
        self._head("authorize", 200, len(page), {"Content-Type": "text/html; charset=utf-8"})
        self._write(page)

    def _query(self) -> None:
        self._research("query", self.server.api.videos)

    def _user(self) -> None:
        self._research("user", self.server.api.user)

    def _research(
        self, endpoint: str, answer: Callable[[str | None, object], dict[str, Any]]
    ) -> None:
        api = self.server.api
        try:
            api.authorize(self.headers.get("Authorization"))
            if endpoint == "query":
                api.spend()
            if fault := self._fault(endpoint):
                self._send_fault(endpoint, fault)
                return
            fields = parse_qs(self._url.query).get("fields", [None])[-1]
            data = answer(fields, self._json())
        except ApiError as error:
            self._fail(endpoint, error.status, error.code, error.message)
        else:
            self._send_json(endpoint, 200, {"data": data, "error": _envelope("ok", "")})

    def _change_faults(self) -> None:
        try:
            self._send_json("admin", 200, self.server.change(self._json()))
        except (BadPlan, ApiError) as error:
            self._fail("admin", 400, "bad_faults", str(error))

    def _show_faults(self) -> None:
        self._send_json("admin", 200, self.server.faults.state())

    def _stats(self) -> None:
        self._send_json("admin", 200, self.server.stats())

    def _send_media(self, video_id: str) -> None:
        post = self.server.library.post_by_id.get(video_id)
        if self.server.api.shown.has_vanished(video_id):
            self._fail("media", *ABSENT["deleted"])
            return
        if post is None:
            self._fail("media", 404, "not_found", "There is no such post.")
            return
        fault = self._fault("media")
        file = media_file(self.server.library, post)
        if fault and fault.kind in ("status", "reset", "hang"):
            self.server.count_media(video_id, 0)
            self._send_fault("media", fault)
        elif file is None:
            self.server.count_media(video_id, 0)
            status, code, message = ABSENT[post.absent or "deleted"]
            self._fail("media", status, code, message)
        else:
            self._send_file(video_id, file, fault)

    def _send_file(self, video_id: str, file: MediaFile, fault: Fault | None) -> None:
        try:
            part = parse_range(self.headers.get("Range"), file.size)
        except BadRange:
            self._head("media", 416, 0, {"Content-Range": f"bytes */{file.size}"})
            return
        start, length = part or (0, file.size)
        kind = fault.kind if fault else ""
        declared = fault["content_type"] if fault and kind == "mislabel" else file.content_type
        headers = {"Content-Type": declared, "Accept-Ranges": "bytes"}
        if part:
            headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{file.size}"
        self._head("media", 206 if part else 200, length, headers, _CUT.get(kind))
        sends = min(length, fault["bytes"]) if fault and kind in _CUT else length
        sends = 0 if self.command == "HEAD" else sends
        pace = fault["bytes_per_s"] if fault and kind == "slow" else None
        self.server.count_media(video_id, self._stream(file, start, sends, pace))
        if kind in _CUT:
            self._hang_up(reset=kind == "break")

    def _stream(self, file: MediaFile, start: int, length: int, bytes_per_s: int | None) -> int:
        sent, began = 0, time.monotonic()
        for chunk in file.read(start, length):
            self.wfile.write(chunk)
            sent += len(chunk)
            if bytes_per_s:
                self.wfile.flush()
                time.sleep(max(0.0, sent / bytes_per_s - (time.monotonic() - began)))
        return sent

    def _fault(self, endpoint: str) -> Fault | None:
        """What goes wrong in place of a proper answer, or with it; a delay is over when it ends."""
        fault = self.server.faults.next(endpoint, f"{self.command} {self.path}")
        if fault is None or fault.kind != "delay":
            return fault
        time.sleep(fault["seconds"])
        return None

    def _wait_for_hang_up(self, within_s: float) -> None:
        """Say nothing until the client gives its connection up, or for so long."""
        self.connection.settimeout(within_s)
        with suppress(OSError):
            while self.connection.recv(65_536):
                pass

    def _send_fault(self, endpoint: str, fault: Fault, *, oauth: bool = False) -> None:
        if fault.kind == "hang":
            self.server.count(endpoint, "hang")
            self._wait_for_hang_up(fault["seconds"])
            self._hang_up(reset=False)
            return
        if fault.kind == "reset":
            self.server.count(endpoint, "reset")
            self._hang_up(reset=True)
            return
        status, message, wait_s = fault.status, fault["message"], fault["retry_after_s"]
        extra = {} if wait_s is None else {"Retry-After": str(wait_s)}
        if status == 504:  # told by a gateway in front of the API, which speaks HTML
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
            endpoint, status, {"data": {}, "error": _envelope(code, message)}, extra or {}
        )

    def _fail_oauth(self, status: int, error: str, description: str) -> None:
        content = {"error": error, "error_description": description, "log_id": _log_id()}
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
        self.server.count(endpoint, outcome or status)
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
            raise _BadBody(411, "send a Content-Length")
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()):
            raise _BadBody(400, "Content-Length is not a number")
        if int(length) > _MOST_BODY:
            raise _BadBody(413, f"the body is larger than {_MOST_BODY} bytes")
        return self.rfile.read(int(length))

    def _json(self) -> object:
        try:
            return json.loads(self._body)
        except (ValueError, RecursionError) as error:
            raise ApiError(400, "invalid_params", "the request body is not JSON") from error

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
        if not self.server.quiet:
            with suppress(OSError, ValueError):
                super().log_message(format, *args)


def _consent_page(path: str, accounts: list[str]) -> bytes:
    links = "".join(
        f'<li><a href="{html.escape(path)}&amp;account={html.escape(name)}">{html.escape(name)}</a>'
        for name in accounts
    )
    return f"<h1>Synthetic: who are you?</h1><ul>{links}</ul>".encode()


def _envelope(code: str, message: str) -> dict[str, str]:
    return {"code": code, "message": message, "log_id": _log_id()}


def _log_id() -> str:
    return f"{datetime.now(UTC):%Y%m%d%H%M%S}{secrets.token_hex(9).upper()}"
