"""One request to TikTok's APIs: token, envelope, and errors sorted by what to do.

Wire format of the API v2: https://developers.tiktok.com/doc/research-api-specs-query-videos and
https://developers.tiktok.com/doc/tiktok-api-v2-introduction (read 2026-11). The Business API has a
Dialect of its own (business_wire.py).
"""

import json
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

from shared.errors import Permanent, Transient
from shared.http import HttpLimits, bound, read_environment_once
from shared.inputs.json_input import parse_json
from shared.logs import redact

ATTEMPTS = 6
MAX_ANSWER_BYTES = 32 * 2**20
TIMEOUT_S = 60.0
"""How long one request may take, plus the time of its bytes at SLOWEST_BYTES_PER_S."""
SLOWEST_BYTES_PER_S = 1_000_000.0
CALL_S = 150.0
"""No attempt begins later. So a call, with a renewed token, ends within the 300 s between a run's
own deadline and its function's."""

BAD_REQUEST = frozenset({"invalid_params", "invalid_param", "invalid_request"})
_RETRIED = frozenset({"rate_limit_exceeded", "internal_error", "timeout"})


class QuotaExhausted(Exception):
    """The requests of this UTC day are used up, so a repetition cannot succeed today."""


class ReservedForPosts(QuotaExhausted):
    """The requests left of this UTC day are reserved for posts and readings: no profile today."""


class Again(Transient):
    """The request is worth repeating at once, or after the `wait_s` that the server named."""

    def __init__(self, sentence: str, wait_s: float = 0.0):
        super().__init__(f"TikTok: {sentence}")
        self.wait_s = wait_s


class RefusedByApi(Permanent):
    """The API refused the request. `body` is its answer."""

    def __init__(self, code: str, message: str, body: bytes):
        super().__init__(code, f"TikTok refused the request: {message or code}")
        self.message = message
        self.body = body


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """Status, body, the body's JSON object, and how long the server asks to wait, in seconds."""

    status: int
    body: bytes
    envelope: dict[str, Any]
    wait_s: float


class Tokens(Protocol):
    """Where access tokens come from."""

    def valid(self, instead_of: str | None = None) -> str:
        """A valid token; with `instead_of`, another one than the token that TikTok refused."""
        ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one of TikTok's APIs takes a token, and how it reports errors.

    Unless the answer is ok, `check` raises Transient, QuotaExhausted or RefusedByApi.
    """

    token_headers: Callable[[str], dict[str, str]]
    is_token_refused: Callable[[ApiResponse], bool]
    check: Callable[[ApiResponse], None]


class Quota(Protocol):
    """A bound on the requests of one UTC day."""

    def spend(self, is_spare: bool = False) -> None:
        """Count one request before it is made. Raises QuotaExhausted.

        One that is spare takes only what posts and readings leave. Raises ReservedForPosts.
        """
        ...

    def exhausted(self) -> None:
        """Note that TikTok itself reports the day's requests as used up."""
        ...

    def close(self) -> None:
        """Return unused requests to the quota."""
        ...


@dataclass
class Exchange:
    """One HTTP request and its answer, in bounded memory. Raises Again without a usable answer."""

    base_url: str
    session: requests.Session = field(default_factory=requests.Session)
    timeout_s: float = TIMEOUT_S

    def __post_init__(self) -> None:
        bound(self.session, HttpLimits(10.0, self.timeout_s, self.timeout_s, SLOWEST_BYTES_PER_S))
        read_environment_once(self.session, self.base_url)

    def __call__(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> ApiResponse:
        try:
            with self.session.request(
                method,
                f"{self.base_url.rstrip('/')}{path}",
                data=body,
                headers=headers,
                timeout=self.timeout_s,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = _read_bounded(response)
        except requests.RequestException as error:
            raise Again(redact(f"{type(error).__name__}: {error}")) from error
        status, wait_s = response.status_code, _retry_after(response)
        try:
            return ApiResponse(status, content, read_json(content), wait_s)
        except ValueError as error:
            raise Again(f"HTTP {status}, {error}", wait_s) from error


@dataclass
class Calls:
    """Requests with a token, from any thread. `count` is the number charged to the quota.

    Raises QuotaExhausted, RefusedByApi, what the tokens raise, and Transient after ATTEMPTS
    or CALL_S seconds.
    """

    exchange: Exchange
    tokens: Tokens
    quota: Quota | None
    sleep: Callable[[float], None]
    dialect: Dialect = field(default_factory=lambda: V2)
    count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def ask(
        self, path: str, fields: str, body: Mapping[str, Any] | None, is_spare: bool = False
    ) -> tuple[bytes, dict[str, Any]]:
        """`send` to an endpoint of the API v2, for these fields."""
        return self.send(f"/v2/{path}/?fields={fields}", body, is_spare)

    def send(
        self, path: str, body: Mapping[str, Any] | None, is_spare: bool = False
    ) -> tuple[bytes, dict[str, Any]]:
        """The answer's bytes and its `data`, if the answer is ok. Without a body it is a GET.

        `is_spare` as in Quota.
        """
        attempts = Retrying(
            retry=retry_if_exception_type(Again),
            stop=stop_after_attempt(ATTEMPTS) | stop_before_delay(CALL_S),
            wait=_wait,
            sleep=self.sleep,
            reraise=True,
        )
        return attempts(self._once, path, body, is_spare)

    def _once(
        self, path: str, body: Mapping[str, Any] | None, is_spare: bool
    ) -> tuple[bytes, dict[str, Any]]:
        token = self.tokens.valid()
        answer = self._exchange(path, token, body, is_spare)
        if self.dialect.is_token_refused(answer):
            token = self.tokens.valid(instead_of=token)
            answer = self._exchange(path, token, body, is_spare)
        self._check(answer)
        data = answer.envelope.get("data")
        return answer.body, data if isinstance(data, dict) else {}

    def _exchange(
        self, path: str, token: str, body: Mapping[str, Any] | None, is_spare: bool
    ) -> ApiResponse:
        if self.quota is not None:
            self.quota.spend(is_spare)
        with self._lock:
            self.count += 1
        headers = self.dialect.token_headers(token)
        if body is None:
            return self.exchange("GET", path, headers, None)
        headers["Content-Type"] = "application/json"
        return self.exchange("POST", path, headers, json.dumps(body).encode())

    def _check(self, answer: ApiResponse) -> None:
        try:
            self.dialect.check(answer)
        except QuotaExhausted:
            if self.quota is not None:
                self.quota.exhausted()
            raise


def read_json(content: bytes) -> dict[str, Any]:
    """Parse an answer.

    Raises ValueError for HTML, NaN, infinite numbers, JSON that is not an object or too deep.
    """
    try:
        value = parse_json(content.decode(), parse_constant=_no_constant, parse_float=_finite)
    except ValueError as error:
        raise ValueError("nested too deep" if "deep" in str(error) else "not JSON") from error
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(text)
    return number


def error_of(envelope: dict[str, Any]) -> tuple[str | None, str]:
    """Code and message. In OAuth answers `error` is a string, in API answers an object."""
    error = envelope.get("error")
    if isinstance(error, str):
        return error, redact(str(envelope.get("error_description", "")))[:500]
    if isinstance(error, dict):
        code, message = error.get("code"), redact(str(error.get("message", "")))[:500]
        return (code[:100] if isinstance(code, str) else None), message
    return None, ""


def check(answer: ApiResponse) -> None:
    """Sort the API's errors by what to do about them; `error.code` decides, not the status."""
    code, message = error_of(answer.envelope)
    if code == "ok":
        return
    if code == "daily_quota_limit_exceeded":
        raise QuotaExhausted(message or code)
    if code is None or code in _RETRIED or answer.status == 429 or answer.status >= 500:
        problem = f"HTTP {answer.status}, {code or 'no error object'}: {message}"
        raise Again(problem, answer.wait_s)
    raise RefusedByApi(code, message, answer.body)


V2: Dialect = Dialect(
    token_headers=lambda token: {"Authorization": f"Bearer {token}"},
    is_token_refused=lambda answer: error_of(answer.envelope)[0] == "access_token_invalid",
    check=check,
)


def _read_bounded(response: requests.Response) -> bytes:
    content = bytearray()
    for part in response.iter_content(65_536):
        content += part
        if len(content) > MAX_ANSWER_BYTES:
            raise Again(f"an answer of more than {MAX_ANSWER_BYTES} bytes")
    return bytes(content)


def _retry_after(response: requests.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return min(float(text), 120.0) if text.isascii() and text.isdigit() else 0.0


_backoff = wait_random_exponential(multiplier=1.0, min=0.5, max=60.0)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return max(_backoff(state), error.wait_s if isinstance(error, Again) else 0.0)
