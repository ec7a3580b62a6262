"""The wire format of TikTok's Business API v1.3: tokens, envelope, and errors by their numbers.

No public page shows it without a login, and we have no account. It is read from two public clients
and from notes that quote the documentation (read 2026-11):

* bububa/tiktok-business: model/business/video/list.go, model/business/video/video.go,
  api/ttuser/refresh_token.go
* aoyagikouhei/tiktok-business: rust/src/oauth.rs, rust/src/oauth/response.rs,
  rust/src/apis/get_business_video_list.rs

Other clients agree on the numbers below: every answer has HTTP 200 and says in `code` what
happened. docs/reference/collections.md lists what an account must confirm.
"""

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.errors import Misconfigured, Transient
from shared.logs import redact, secret
from shared.storage.layout import BUSINESS_TOKENS
from shared.tiktok.sources.user_tokens import TokenService
from shared.tiktok.sources.wire import Again, ApiResponse, Dialect, Exchange, RefusedByApi

ROOT = "/open_api/v1.3"
OK = 0
NO_PERMISSION = 40001
_TOO_MANY = frozenset({40100, 40133})
_UNKNOWN_APP = 40101
_TOKEN_REFUSED = frozenset({40102, 40104, 40105})
"""Expired, empty, and wrong or revoked."""

PER_MINUTE = 40
"""Requests that TikTok takes in a minute for an account and an endpoint."""

_GRANTS = {"authorization_code": "token", "refresh_token": "refresh_token"}  # nosec B105: names of grants


def code_of(envelope: Mapping[str, Any]) -> tuple[int | None, str]:
    """Number and message; None for an answer that is not one of the Business API."""
    code = envelope.get("code")
    message = redact(str(envelope.get("message", "")))[:500]
    return (code if type(code) is int else None), message


def check(answer: ApiResponse) -> None:
    """Sort the API's errors by what to do about them."""
    code, message = code_of(answer.envelope)
    if code == OK:
        return
    if code in _TOO_MANY:
        # Repeating at once prolongs it: TikTok lets an app wait for five minutes.
        raise Transient(f"TikTok Business API: too many requests, {message}")
    if code is None or _is_of_server(code) or answer.status == 429 or answer.status >= 500:
        problem = f"HTTP {answer.status}, code {code}: {message}"
        raise Again(problem, answer.wait_s)
    raise RefusedByApi(str(code), message, answer.body)


def _is_of_server(code: int) -> bool:
    """Numbers from 50000 on report a fault of TikTok's own."""
    return 50_000 <= code < 70_000


DIALECT = Dialect(
    token_headers=lambda token: {"Access-Token": token},
    is_token_refused=lambda answer: code_of(answer.envelope)[0] in _TOKEN_REFUSED,
    check=check,
)


def grant(exchange: Exchange, client_id: str, client_secret: str, form: dict[str, str]) -> Any:
    """Ask for an account's tokens. Raises Misconfigured when TikTok does not know the app."""
    if not (client_id and client_secret):
        raise Misconfigured(
            "Environment: TIKTOK_BUSINESS_CLIENT_ID and TIKTOK_BUSINESS_CLIENT_SECRET are not both "
            "set; collections of the source business need them"
        )
    body = {"client_id": secret(client_id), "client_secret": secret(client_secret)} | form
    body.pop("code_verifier", None)
    if "code" in body:
        body["auth_code"] = body.pop("code")
    path = f"{ROOT}/tt_user/oauth2/{_GRANTS[form['grant_type']]}/"
    headers = {"Content-Type": "application/json"}
    answer = exchange("POST", path, headers, json.dumps(body).encode())
    code, message = code_of(answer.envelope)
    if code == _UNKNOWN_APP:
        raise Misconfigured(
            "TikTok refused TIKTOK_BUSINESS_CLIENT_ID and TIKTOK_BUSINESS_CLIENT_SECRET: "
            f"{message or code}"
        )
    return answer


def granted(answer: ApiResponse) -> Mapping[str, Any]:
    """The tokens of an answer; nothing where it has none."""
    data = answer.envelope.get("data")
    return data if isinstance(data, dict) else {}


def _is_refresh_refused(answer: ApiResponse) -> bool:
    """The number for a dead refresh token is not known, so any refusal counts."""
    try:
        check(answer)
    except RefusedByApi:
        return True
    except Transient:
        return False
    return False


BUSINESS = TokenService(
    folder=BUSINESS_TOKENS,
    secret_name="TIKTOK_BUSINESS_CLIENT_SECRET",  # nosec B106 # the name of a setting
    login=" --source business",
    refresh_life="refresh_token_expires_in",
    grant=grant,
    granted=granted,
    is_refresh_refused=_is_refresh_refused,
    check=check,
)


@dataclass
class RequestPace:
    """At most `most` requests in any `span_s` seconds. `clock` is monotonic, in seconds."""

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    most: int = PER_MINUTE
    span_s: float = 60.0
    _times: deque[float] = field(default_factory=deque)

    def wait(self) -> None:
        """Return when the next request may go out."""
        if len(self._times) == self.most:
            self.sleep(max(0.0, self._times.popleft() + self.span_s - self.clock()))
        self._times.append(self.clock())
