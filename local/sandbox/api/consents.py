"""What users granted to one app: authorization codes, rotating tokens and their scopes."""

import hashlib
import hmac
import secrets
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from local.sandbox.api.errors import OAuthError

CODE_LIFE_S = 300


@dataclass
class Consent:
    """The scopes that a user has granted, and the valid tokens for them."""

    username: str
    scopes: tuple[str, ...]
    refresh: str = ""
    refresh_until: float = 0.0
    access: dict[str, float] = field(default_factory=dict)
    requests: dict[str, deque[float]] = field(default_factory=dict)

    @property
    def open_id(self) -> str:
        return f"-000{hashlib.sha256(self.username.encode()).hexdigest()[:32]}"


@dataclass(frozen=True)
class _Code:
    consent: Consent
    redirect_uri: str
    challenge: str
    until: float


class Consents:
    """The consents that one app has. Safe to use from many threads. `now` gives epoch seconds."""

    def __init__(
        self,
        client: tuple[str, str],
        scopes: tuple[str, ...],
        access_life_s: float,
        refresh_life_s: float,
        now: Callable[[], float],
    ):
        self._client = client
        self.scopes = scopes
        self.access_life_s = access_life_s
        self.refresh_life_s = refresh_life_s
        self._now = now
        self._lock = threading.Lock()
        self._codes: dict[str, _Code] = {}
        self._consents: dict[str, Consent] = {}

    def is_client(self, key: str, secret: str) -> bool:
        sent = (key, secret)
        return all(_same(a, b) for a, b in zip(sent, self._client, strict=True))

    def is_key(self, key: str) -> bool:
        """Whether this is the app's public key."""
        return _same(key, self._client[0])

    def give(
        self, username: str, scopes: tuple[str, ...], redirect_uri: str, challenge: str
    ) -> str:
        """Record a user's consent; returns an authorization code for one exchange."""
        granted = tuple(scope for scope in self.scopes if scope in scopes)
        code = secrets.token_urlsafe(24)
        with self._lock:
            until = self._now() + CODE_LIFE_S
            self._codes[code] = _Code(Consent(username, granted), redirect_uri, challenge, until)
        return code

    def exchanged(self, code: str, redirect_uri: str, verifier: str) -> tuple[Consent, str]:
        """The consent behind a code, with a new access token. Raises OAuthError."""
        with self._lock:
            entry = self._codes.pop(code, None)
            if entry is None or entry.until < self._now():
                raise OAuthError(400, "invalid_grant", "Authorization code is invalid or expired.")
            if redirect_uri != entry.redirect_uri:
                raise OAuthError(400, "invalid_request", "Redirect_uri is not matched.")
            is_verified = hashlib.sha256(verifier.encode()).hexdigest() == entry.challenge
            if entry.challenge and not is_verified:
                raise OAuthError(400, "invalid_request", "Code verifier is invalid.")
            return entry.consent, self._new_tokens(entry.consent)

    def renewed(self, refresh: str) -> tuple[Consent, str]:
        """The consent behind a refresh token, with a new access token. Raises OAuthError."""
        with self._lock:
            consent = self._consents.get(refresh)
            if consent is None or consent.refresh_until < self._now():
                raise OAuthError(400, "invalid_grant", "Refresh token is invalid or expired.")
            return consent, self._new_tokens(consent)

    def _new_tokens(self, consent: Consent) -> str:
        """A new pair of tokens. The previous refresh token stops working at once."""
        self._consents.pop(consent.refresh, None)
        access, consent.refresh = f"act.{secrets.token_hex(20)}", f"rft.{secrets.token_hex(20)}"
        consent.refresh_until = self._now() + self.refresh_life_s
        consent.access[access] = self._now() + self.access_life_s
        self._consents[consent.refresh] = consent
        return access

    def of_access(self, token: str) -> Consent | None:
        """The consent of a valid access token."""
        with self._lock:
            for consent in self._consents.values():
                if consent.access.get(token, 0.0) > self._now():
                    return consent
        return None

    def takes(self, consent: Consent, endpoint: str, per_minute: int) -> bool:
        """Count a request, unless the endpoint had so many in the last minute."""
        with self._lock:
            times = consent.requests.setdefault(endpoint, deque())
            while times and times[0] <= self._now() - 60:
                times.popleft()
            if len(times) >= per_minute:
                return False
            times.append(self._now())
            return True

    def revoke(self) -> None:
        """Invalidate every access token. Refresh tokens stay valid."""
        with self._lock:
            for consent in self._consents.values():
                consent.access.clear()


def _same(a: str, b: str) -> bool:
    return hmac.compare_digest(a.encode(), b.encode())
