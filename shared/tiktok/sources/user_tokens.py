"""A creator's own tokens, for the Display API. They rotate, so a new pair is stored before its use.

`tokens/{account}` holds both tokens of an account, encrypted with a key derived from the app's
client secret; without that secret the refresh token is useless anyway. A refresh returns a new
refresh token, and the old one stops working. So one process refreshes at a time, under a lease, and
stores the new pair before it uses it.

https://developers.tiktok.com/doc/oauth-user-access-token-management (read 2026-11)
"""

import base64
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote

from shared.errors import Misconfigured, Transient
from shared.inputs.field_types import Checked, Instant, Word
from shared.inputs.handles import account_key
from shared.logs import secret
from shared.model import Malformed, parse
from shared.storage.lake import Lake, Superseded
from shared.storage.layout import TOKENS
from shared.storage.lease import Lease, LeaseHeld
from shared.tiktok.sources.client_tokens import REFRESH_AT, post_form
from shared.tiktok.sources.wire import Again, ApiResponse, Exchange, check, error_of

CLAIM_LEASE_S = 180.0
WAITS_FOR_ANOTHER = 30


class TokenPair(Checked):
    """Both tokens of one account. Times are when each expires, or is due for a refresh."""

    access_token: Word
    access_until: Instant
    refresh_at: Instant
    refresh_token: Word
    refresh_until: Instant
    scopes: tuple[Word, ...] = ()


def token_pair(answer: ApiResponse, now: datetime) -> TokenPair:
    """The tokens in TikTok's answer, with the lives that it states."""
    envelope = answer.envelope
    try:
        life = timedelta(seconds=float(envelope["expires_in"]))
        refresh_life = timedelta(seconds=float(envelope["refresh_expires_in"]))
        return TokenPair(
            access_token=secret(envelope["access_token"]),
            access_until=now + life,
            refresh_at=now + REFRESH_AT * life,
            refresh_token=secret(envelope["refresh_token"]),
            refresh_until=now + refresh_life,
            scopes=tuple(scope for scope in str(envelope.get("scope", "")).split(",") if scope),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        check(answer)
        raise Again(f"HTTP {answer.status} without tokens") from error


@dataclass
class UserTokens:
    """Implements Tokens for one account. Raises Misconfigured when its owner must log in again."""

    lake: Lake
    account: str
    exchange: Exchange
    client_key: str = field(repr=False)
    client_secret: str = field(repr=False)
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    _pair: TokenPair | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def valid(self, instead_of: str | None = None) -> str:
        with self._lock:
            pair = self._pair or self._read()[0]
            if not self._is_good(pair, instead_of):
                pair = self._refreshed(instead_of)
            self._pair = pair
            return pair.access_token

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that the owner granted."""
        self.valid()
        return self._pair.scopes if self._pair else ()

    def keep(self, pair: TokenPair, generation: int | None = None) -> None:
        """Store tokens, over that generation or, without one, over the current object.

        Raises Superseded when another process was first.
        """
        content = _cipher(self.client_secret).encrypt(pair.model_dump_json().encode())
        if generation is None:
            _, generation = self.lake.read_with_generation(self._name)
        self.lake.replace(self._name, content, generation, "application/octet-stream")

    @cached_property
    def _name(self) -> str:
        """The object of this account. An older version stored it under the account as written."""
        account = account_key(self.account)
        stored = [name for name in self.lake.names(TOKENS) if not name.endswith(".claim")]
        own = f"{TOKENS}{quote(account, safe='')}"
        others = (name for name in stored if account_key(unquote(name[len(TOKENS) :])) == account)
        return own if own in stored else next(others, own)

    def _is_good(self, pair: TokenPair, instead_of: str | None) -> bool:
        return pair.access_token != instead_of and self.clock() < pair.refresh_at

    def _read(self) -> tuple[TokenPair, int]:
        content, generation = self.lake.read_with_generation(self._name)
        if content is None:
            raise Misconfigured(f"Nobody has logged in as {self.account}: {self._advice}")
        try:
            plain = _cipher(self.client_secret).decrypt(content)
            pair = parse(TokenPair, plain, self._name)
        except (_unreadable(), Malformed) as error:
            raise Misconfigured(
                f"{self._name} cannot be read with this TIKTOK_CLIENT_SECRET: {self._advice}"
            ) from error
        secret(pair.access_token)
        secret(pair.refresh_token)
        return pair, generation

    def _refreshed(self, instead_of: str | None) -> TokenPair:
        lease, owner = Lease(self.lake, CLAIM_LEASE_S), uuid.uuid4().hex
        for _ in range(WAITS_FOR_ANOTHER):
            try:
                with lease.acquire(f"{self._name}.claim", owner):
                    return self._refreshed_alone(instead_of)
            except LeaseHeld:
                self.sleep(1.0)
        raise Transient(f"another process is still renewing the tokens of {self.account}")

    def _refreshed_alone(self, instead_of: str | None) -> TokenPair:
        current, generation = self._read()
        if self._is_good(current, instead_of):
            return current  # another process renewed them while we waited
        form = {"grant_type": "refresh_token", "refresh_token": current.refresh_token}
        answer = post_form(self.exchange, self.client_key, self.client_secret, form)
        if error_of(answer.envelope)[0] == "invalid_grant":
            raise Misconfigured(
                f"TikTok does not take the refresh token of {self.account} any more: {self._advice}"
            )
        renewed = token_pair(answer, self.clock())
        try:
            self.keep(renewed, generation)
        except Superseded as error:
            raise Transient(f"somebody logged in as {self.account} just now") from error
        return renewed

    @property
    def _advice(self) -> str:
        return f"run tta collections login {self.account}"


def _cipher(client_secret: str) -> Any:
    """Fernet (AES and HMAC) with a key derived from the client secret by HKDF."""
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    if not client_secret:
        raise Misconfigured("Environment: TIKTOK_CLIENT_SECRET is not set")
    derived = HKDF(SHA256(), 32, salt=None, info=b"tta display tokens").derive(
        client_secret.encode()
    )
    return Fernet(base64.urlsafe_b64encode(derived))


def _unreadable() -> type[Exception]:
    from cryptography.fernet import InvalidToken

    return InvalidToken
