"""One question to the Research API: a token, an envelope, and errors sorted by what to do.

Wire format: https://developers.tiktok.com/doc/research-api-specs-query-videos and
https://developers.tiktok.com/doc/client-access-token-management (read 2026-11).
"""

import json
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from shared.errors import Misconfigured, Permanent, Transient

ATTEMPTS = 6
MAX_ANSWER_BYTES = 32 * 2**20
TIMEOUT_S = (10.0, 60.0)
REFRESH_AT = 0.8

BAD_REQUEST = frozenset({"invalid_params", "invalid_param", "invalid_request"})
_RETRIED = frozenset({"rate_limit_exceeded", "internal_error", "timeout"})
_BAD_KEYS = frozenset({"invalid_client", "unauthorized_client", "invalid_request", "access_denied"})


class QuotaExhausted(Exception):
    """The organisation's requests of this UTC day are used up; asking again would only waste."""


class _Again(Transient):
    """Worth asking once more right away, after `wait_s` if the server named one."""

    def __init__(self, sentence: str, wait_s: float = 0.0):
        super().__init__(f"Research API: {sentence}")
        self.wait_s = wait_s


class RefusedByApi(Permanent):
    """The API said no, in an envelope we keep."""

    def __init__(self, code: str, message: str, body: bytes):
        super().__init__(code, f"The Research API refused the request: {message or code}")
        self.message = message
        self.body = body


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came back: the body's bytes, the object they spell, and how long to wait if told."""

    status: int
    body: bytes
    envelope: dict[str, Any]
    wait_s: float


@dataclass(slots=True)
class _Token:
    value: str
    refresh_at: float


@dataclass
class Calls:
    """Questions of one organisation, from any thread. `count` is what uses up its quota.

    Raises QuotaExhausted, RefusedByApi, Misconfigured for its keys, and Transient after ATTEMPTS.
    """

    base_url: str
    client_key: str = field(repr=False)
    client_secret: str = field(repr=False)
    sleep: Callable[[float], None]
    clock: Callable[[], float]
    session: requests.Session = field(default_factory=requests.Session)
    count: int = 0
    _token: _Token | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def ask(self, path: str, fields: str, body: Mapping[str, Any]) -> tuple[bytes, dict[str, Any]]:
        """The answer's bytes and its `data`, once `error.code` says ok."""
        url = f"{self.base_url.rstrip('/')}/v2/research/{path}/?fields={fields}"
        attempts = Retrying(
            retry=retry_if_exception_type(_Again),
            stop=stop_after_attempt(ATTEMPTS),
            wait=_wait,
            sleep=self.sleep,
            reraise=True,
        )
        return attempts(self._once, url, body)

    def _once(self, url: str, body: Mapping[str, Any]) -> tuple[bytes, dict[str, Any]]:
        token = self._valid_token()
        answer = self._post(url, token, body)
        if _error_of(answer.envelope)[0] == "access_token_invalid":
            token = self._valid_token(instead_of=token)
            answer = self._post(url, token, body)
        _check(answer)
        data = answer.envelope.get("data")
        return answer.body, data if isinstance(data, dict) else {}

    def _post(self, url: str, token: str, body: Mapping[str, Any]) -> _Answer:
        with self._lock:
            self.count += 1
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return self._exchange(url, headers, json.dumps(body).encode())

    def _valid_token(self, instead_of: str | None = None) -> str:
        with self._lock:
            held = self._token
            if held and held.value != instead_of and self.clock() < held.refresh_at:
                return held.value
            self._token = self._new_token()
            return self._token.value

    def _new_token(self) -> _Token:
        if not (self.client_key and self.client_secret):
            raise Misconfigured(
                "Environment: TIKTOK_CLIENT_KEY and TIKTOK_CLIENT_SECRET are not both set; "
                "collections of source research need them"
            )
        form = {
            "client_key": self.client_key,
            "client_secret": self.client_secret,
            "grant_type": "client_credentials",
        }
        answer = self._exchange(
            f"{self.base_url.rstrip('/')}/v2/oauth/token/",
            {"Content-Type": "application/x-www-form-urlencoded"},
            urlencode(form).encode(),
        )
        code, message = _error_of(answer.envelope)
        if code in _BAD_KEYS:
            raise Misconfigured(
                f"TikTok refused TIKTOK_CLIENT_KEY and TIKTOK_CLIENT_SECRET: {message or code}"
            )
        value, life_s = answer.envelope.get("access_token"), answer.envelope.get("expires_in")
        if not isinstance(value, str) or not value:
            _check(answer)
            raise _Again(f"HTTP {answer.status} without a token")
        if not isinstance(life_s, int | float):
            life_s = 0.0
        return _Token(value, self.clock() + REFRESH_AT * life_s)

    def _exchange(self, url: str, headers: dict[str, str], body: bytes) -> _Answer:
        try:
            with self.session.post(
                url,
                data=body,
                headers=headers,
                timeout=TIMEOUT_S,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = _read_bounded(response)
        except requests.RequestException as error:
            raise _Again(f"{type(error).__name__}: {error}") from error
        status, wait_s = response.status_code, _retry_after(response)
        try:
            return _Answer(status, content, read_json(content), wait_s)
        except ValueError as error:
            raise _Again(f"HTTP {status}, {error}", wait_s) from error


def read_json(content: bytes) -> dict[str, Any]:
    """Parse an answer. Raises ValueError for HTML, NaN, infinite numbers and what is no object."""
    try:
        value = json.loads(content.decode(), parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deep") from None
    except ValueError as error:
        raise ValueError("not JSON") from error
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(text)
    return number


def _error_of(envelope: dict[str, Any]) -> tuple[str | None, str]:
    """Code and message. OAuth answers carry a string where API answers carry an object."""
    error = envelope.get("error")
    if isinstance(error, str):
        return error, str(envelope.get("error_description", ""))[:500]
    if isinstance(error, dict):
        code, message = error.get("code"), str(error.get("message", ""))[:500]
        return (code[:100] if isinstance(code, str) else None), message
    return None, ""


def _check(answer: _Answer) -> None:
    """Sort the API's errors by what to do about them; `error.code` decides, not the status."""
    code, message = _error_of(answer.envelope)
    if code == "ok":
        return
    if code == "daily_quota_limit_exceeded":
        raise QuotaExhausted(message or code)
    if code is None or code in _RETRIED or answer.status == 429 or answer.status >= 500:
        problem = f"HTTP {answer.status}, {code or 'no error object'}: {message}"
        raise _Again(problem, answer.wait_s)
    raise RefusedByApi(code, message, answer.body)


def _read_bounded(response: requests.Response) -> bytes:
    content = bytearray()
    for part in response.iter_content(65_536):
        content += part
        if len(content) > MAX_ANSWER_BYTES:
            raise _Again(f"an answer of more than {MAX_ANSWER_BYTES} bytes")
    return bytes(content)


def _retry_after(response: requests.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return min(float(text), 120.0) if text.isascii() and text.isdigit() else 0.0


_backoff = wait_random_exponential(multiplier=1.0, min=0.5, max=60.0)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return max(_backoff(state), error.wait_s if isinstance(error, _Again) else 0.0)
