"""The app's own access token, for the Research API.

https://developers.tiktok.com/doc/client-access-token-management (read 2026-11)
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from shared.errors import Misconfigured
from shared.logs import secret as concealing
from shared.tiktok.sources.wire import Again, ApiResponse, Exchange, check, error_of

_OAUTH_PATH = "/v2/oauth/token/"
REFRESH_AT = 0.8
"""Share of its life after which a token is renewed. TikTok gives the life: 2 h as of 2026-11."""

_BAD_KEYS = frozenset({"invalid_client", "unauthorized_client", "invalid_request", "access_denied"})


@dataclass(slots=True)
class _Token:
    value: str
    refresh_at: float


@dataclass
class ClientTokens:
    """Implements Tokens. `clock` is monotonic, in seconds. Refused keys raise Misconfigured."""

    exchange: Exchange
    client_key: str = field(repr=False)
    client_secret: str = field(repr=False)
    clock: Callable[[], float]
    _token: _Token | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def valid(self, instead_of: str | None = None) -> str:
        with self._lock:
            token = self._token
            if token and token.value != instead_of and self.clock() < token.refresh_at:
                return token.value
            self._token = self._new()
            return self._token.value

    def _new(self) -> _Token:
        form = {"grant_type": "client_credentials"}
        answer = post_form(self.exchange, self.client_key, self.client_secret, form)
        value, life_s = answer.envelope.get("access_token"), answer.envelope.get("expires_in")
        if not isinstance(value, str) or not value:
            check(answer)
            raise Again(f"HTTP {answer.status} without a token")
        if not isinstance(life_s, int | float):
            life_s = 0.0
        return _Token(concealing(value), self.clock() + REFRESH_AT * life_s)


def post_form(exchange: Exchange, key: str, secret: str, form: dict[str, str]) -> ApiResponse:
    """Ask for a token. Raises Misconfigured when TikTok does not know the app."""
    if not (key and secret):
        raise Misconfigured(
            "Environment: TIKTOK_CLIENT_KEY and TIKTOK_CLIENT_SECRET are not both set; "
            "collections of the sources research and display need them"
        )
    keys = {"client_key": concealing(key), "client_secret": concealing(secret)}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = exchange("POST", _OAUTH_PATH, headers, urlencode(keys | form).encode())
    code, message = error_of(answer.envelope)
    if code in _BAD_KEYS:
        raise Misconfigured(
            f"TikTok refused TIKTOK_CLIENT_KEY and TIKTOK_CLIENT_SECRET: {message or code}"
        )
    return answer
