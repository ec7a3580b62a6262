"""A creator's own tokens, for the Display API and the Business API.

`tokens/{account}` and `tokens/business/{account}` hold both tokens of an account, encrypted with a
key derived from the app's client secret; without that secret the refresh token is useless anyway.
A refresh returns a new refresh token, and the old one stops working. So one process refreshes at a
time, under a lease, and stores the new pair before it uses it.

https://developers.tiktok.com/doc/oauth-user-access-token-management (read 2026-11). For the
Business API see business_wire.py.
"""

import base64
import threading
import time
import uuid
from collections.abc import Callable, Mapping
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
    open_id: Word | None = None


@dataclass(frozen=True, slots=True)
class TokenService:
    """The part of an API that gives an app tokens for an account.

    `grant` sends a form with `grant_type` as the app of a key and a secret, and raises
    Misconfigured when TikTok does not know the app. `granted` is the part of the answer with the
    tokens. `folder` is where the lake keeps them, `secret_name` the setting with the app's secret,
    and `login` what follows the account in `tta collections login`.
    """

    folder: str
    secret_name: str
    login: str
    refresh_life: str
    grant: Callable[[Exchange, str, str, dict[str, str]], ApiResponse]
    granted: Callable[[ApiResponse], Mapping[str, Any]]
    is_refresh_refused: Callable[[ApiResponse], bool]
    check: Callable[[ApiResponse], None]


DISPLAY = TokenService(
    folder=TOKENS,
    secret_name="TIKTOK_CLIENT_SECRET",  # nosec B106 # the name of a setting
    login="",
    refresh_life="refresh_expires_in",
    grant=post_form,
    granted=lambda answer: answer.envelope,
    is_refresh_refused=lambda answer: error_of(answer.envelope)[0] == "invalid_grant",
    check=check,
)


def token_pair(answer: ApiResponse, now: datetime, service: TokenService = DISPLAY) -> TokenPair:
    """The tokens in TikTok's answer, with the lives that it states."""
    envelope = service.granted(answer)
    try:
        life = timedelta(seconds=float(envelope["expires_in"]))
        refresh_life = timedelta(seconds=float(envelope[service.refresh_life]))
        return TokenPair(
            access_token=secret(envelope["access_token"]),
            access_until=now + life,
            refresh_at=now + REFRESH_AT * life,
            refresh_token=secret(envelope["refresh_token"]),
            refresh_until=now + refresh_life,
            scopes=tuple(scope for scope in str(envelope.get("scope", "")).split(",") if scope),
            open_id=envelope.get("open_id"),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        service.check(answer)
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
    service: TokenService = DISPLAY
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

    @property
    def open_id(self) -> str:
        """The account's id for this app. Raises Misconfigured when TikTok did not give one."""
        self.valid()
        if self._pair is None or self._pair.open_id is None:
            raise Misconfigured(f"The tokens of {self.account} have no open_id: {self._advice}")
        return self._pair.open_id

    def keep(self, pair: TokenPair, generation: int | None = None) -> None:
        """Store tokens, over that generation or, without one, over the current object.

        Raises Superseded when another process was first.
        """
        content = self._cipher().encrypt(pair.model_dump_json().encode())
        if generation is None:
            _, generation = self.lake.read_with_generation(self._name)
        self.lake.replace(self._name, content, generation, "application/octet-stream")

    @cached_property
    def _name(self) -> str:
        """The object of this account. An older version stored it under the account as written."""
        account = account_key(self.account)
        folder = self.service.folder
        stored = [name for name in self.lake.names(folder) if not name.endswith(".claim")]
        own = f"{folder}{quote(account, safe='')}"
        others = (name for name in stored if account_key(unquote(name[len(folder) :])) == account)
        return own if own in stored else next(others, own)

    def _is_good(self, pair: TokenPair, instead_of: str | None) -> bool:
        return pair.access_token != instead_of and self.clock() < pair.refresh_at

    def _read(self) -> tuple[TokenPair, int]:
        content, generation = self.lake.read_with_generation(self._name)
        if content is None:
            raise Misconfigured(f"Nobody has logged in as {self.account}: {self._advice}")
        try:
            plain = self._cipher().decrypt(content)
            pair = parse(TokenPair, plain, self._name)
        except (_unreadable(), Malformed) as error:
            raise Misconfigured(
                f"{self._name} cannot be read with this {self.service.secret_name}: {self._advice}"
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
        answer = self.service.grant(self.exchange, self.client_key, self.client_secret, form)
        if self.service.is_refresh_refused(answer):
            raise Misconfigured(
                f"TikTok does not take the refresh token of {self.account} any more: {self._advice}"
            )
        renewed = token_pair(answer, self.clock(), self.service)
        if renewed.open_id is None:
            renewed = renewed.model_copy(update={"open_id": current.open_id})
        try:
            self.keep(renewed, generation)
        except Superseded as error:
            raise Transient(f"somebody logged in as {self.account} just now") from error
        return renewed

    @property
    def _advice(self) -> str:
        return f"run tta collections login {self.account}{self.service.login}"

    def _cipher(self) -> Any:
        """Fernet (AES and HMAC) with a key derived from the client secret by HKDF."""
        from cryptography.fernet import Fernet
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        if not self.client_secret:
            raise Misconfigured(f"Environment: {self.service.secret_name} is not set")
        derived = HKDF(SHA256(), 32, salt=None, info=b"tta display tokens").derive(
            self.client_secret.encode()
        )
        return Fernet(base64.urlsafe_b64encode(derived))


def _unreadable() -> type[Exception]:
    from cryptography.fernet import InvalidToken

    return InvalidToken
