"""The routes of the sandbox: OAuth, the APIs v2, media files, and the admin pages."""

import html
import re
import time
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from local.faults import BadFaultPlan, Fault
from local.sandbox.api.business import SandboxBusinessApi
from local.sandbox.api.business_routes import BusinessRoutes
from local.sandbox.api.display import SandboxDisplayApi
from local.sandbox.api.errors import OAuthError, TikTokApiError
from local.sandbox.api.media import ABSENT, BadRange, MediaFile, media_file, parse_range
from local.sandbox.api.replies import BadBody, envelope

# Faults that cut a file short, and their names in the counts.
_CUT = {"truncate": "truncated", "break": "reset"}
_MEDIA = re.compile(r"/media/([0-9]{1,20})\.mp4")


class SandboxHandler(BusinessRoutes):
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
        **BusinessRoutes.BUSINESS,
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
        except BadBody as error:
            self.close_connection = True
            self._fail("other", error.status, "invalid_params", str(error))

    def _token(self) -> None:
        if fault := self._fault("token"):
            self._send_fault("token", fault, oauth=True)
            return
        try:
            form = self._form()
            is_users = form.get("grant_type") in ("authorization_code", "refresh_token")
            answer = (self.sandbox.display if is_users else self.sandbox.api).token(form)
            self._send_json("token", 200, answer)
        except OAuthError as error:
            self._fail_oauth(error.status, error.error, error.description)

    def _authorize(self) -> None:
        """The consent page: a list of accounts, or with `account` the consent of that account."""
        options = dict(parse_qsl(self._url.query, max_num_fields=20))
        if not (options.get("redirect_uri", "").startswith("http://127.0.0.1:")):
            self._fail("authorize", 400, "invalid_request", "redirect_uri must be on 127.0.0.1")
            return
        api = self._api_of(options.get("client_key", ""))
        if "account" not in options:
            self._send_page(_consent_page(self.path, api.accounts()))
            return
        try:
            scopes = tuple(options.get("scope", ",".join(api.consents.scopes)).split(","))
            code = api.consent(
                options["account"],
                scopes,
                options["redirect_uri"],
                options.get("code_challenge", ""),
            )
        except OAuthError as error:
            self._fail_oauth(error.status, error.error, error.description)
            return
        parameters = urlencode(
            {"code": code, "scopes": ",".join(scopes), "state": options.get("state", "")}
        )
        self._head("authorize", 302, 0, {"Location": f"{options['redirect_uri']}?{parameters}"})

    def _api_of(self, client_key: str) -> SandboxDisplayApi | SandboxBusinessApi:
        """The API for whose app an owner consents. Both have one consent page at TikTok."""
        business = self.sandbox.business
        return business if business.consents.is_key(client_key) else self.sandbox.display

    def _own_profile(self) -> None:
        self._of_user(self.sandbox.display.user)

    def _own_videos(self) -> None:
        display = self.sandbox.display
        self._of_user(lambda token, fields: display.videos(token, fields, self._json()))

    def _own_videos_by_id(self) -> None:
        display = self.sandbox.display
        self._of_user(lambda token, fields: display.query(token, fields, self._json()))

    def _of_user(self, answer: Callable[[str | None, str | None], dict[str, Any]]) -> None:
        if fault := self._fault("display"):
            self._send_fault("display", fault)
            return
        try:
            fields = parse_qs(self._url.query).get("fields", [None])[-1]
            data = answer(self.headers.get("Authorization"), fields)
        except TikTokApiError as error:
            self._fail("display", error.status, error.code, error.message)
        else:
            self._send_json("display", 200, {"data": data, "error": envelope("ok", "")})

    def _send_page(self, page: bytes) -> None:
        self._head("authorize", 200, len(page), {"Content-Type": "text/html; charset=utf-8"})
        self._write(page)

    def _query(self) -> None:
        self._research("query", self.sandbox.api.videos)

    def _user(self) -> None:
        self._research("user", self.sandbox.api.user)

    def _research(
        self, endpoint: str, answer: Callable[[str | None, object], dict[str, Any]]
    ) -> None:
        api = self.sandbox.api
        try:
            api.authorize(self.headers.get("Authorization"))
            if endpoint == "query":
                api.spend()
            if fault := self._fault(endpoint):
                self._send_fault(endpoint, fault)
                return
            fields = parse_qs(self._url.query).get("fields", [None])[-1]
            data = answer(fields, self._json())
        except TikTokApiError as error:
            self._fail(endpoint, error.status, error.code, error.message)
        else:
            self._send_json(endpoint, 200, {"data": data, "error": envelope("ok", "")})

    def _change_faults(self) -> None:
        try:
            self._send_json("admin", 200, self.sandbox.change(self._json()))
        except (BadFaultPlan, TikTokApiError) as error:
            self._fail("admin", 400, "bad_faults", str(error))

    def _show_faults(self) -> None:
        self._send_json("admin", 200, self.sandbox.faults.state())

    def _stats(self) -> None:
        self._send_json("admin", 200, self.sandbox.stats())

    def _send_media(self, video_id: str) -> None:
        post = self.sandbox.library.post_by_id.get(video_id)
        if self.sandbox.api.shown.has_vanished(video_id):
            self._fail("media", *ABSENT["deleted"])
            return
        if post is None:
            self._fail("media", 404, "not_found", "There is no such post.")
            return
        fault = self._fault("media")
        file = media_file(self.sandbox.library, post)
        if fault and fault.kind in ("status", "reset", "hang"):
            self.sandbox.count_media(video_id, 0)
            self._send_fault("media", fault)
        elif file is None:
            self.sandbox.count_media(video_id, 0)
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
        self.sandbox.count_media(video_id, self._stream(file, start, sends, pace))
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


def _consent_page(path: str, accounts: list[str]) -> bytes:
    links = "".join(
        f'<li><a href="{html.escape(path)}&amp;account={html.escape(name)}">{html.escape(name)}</a>'
        for name in accounts
    )
    return f"<h1>Synthetic: who are you?</h1><ul>{links}</ul>".encode()
