"""The OIDC tokens of push requests, in the form in which Google signs them."""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt

ISSUER = "https://accounts.google.com"
TOKEN_LIFE_S = 3600
# Signing costs about a millisecond, so a token is used again for half its life.
TOKEN_REUSE_S = TOKEN_LIFE_S // 2


class Identity:
    """Signs tokens with one RSA key. `clock` tells seconds since the epoch."""

    def __init__(self, private_key: rsa.RSAPrivateKey, key_id: str, clock: Callable[[], float]):
        self._signer = crypt.RSASigner(private_key, key_id=key_id)
        self._public = private_key.public_key()
        self._clock = clock
        self._signed: dict[tuple[str, str], tuple[float, str]] = {}

    @classmethod
    def from_file(cls, path: Path, clock: Callable[[], float]) -> "Identity":
        """Use the key of a service-account JSON file. Raises ValueError when it has none."""
        try:
            info = json.loads(path.read_text())
            pem, key_id = info["private_key"], info["private_key_id"]
            key = serialization.load_pem_private_key(pem.encode(), password=None)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"{path} is not a service-account key: {error!r}") from error
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError(f"{path} does not hold an RSA key")
        return cls(key, key_id, clock)

    @classmethod
    def generated(cls, clock: Callable[[], float]) -> "Identity":
        # To find one of 2048 bits takes 60 ms of CPU. It signs for this machine alone.
        key = rsa.generate_private_key(65537, 1024)  # nosec B505 # see above
        return cls(key, secrets.token_hex(20), clock)

    def certs(self) -> Mapping[str, str]:
        """Key id to public key (PEM), in the form google.auth verifies with."""
        pem = self._public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return {self._signer.key_id: pem.decode()}

    def token(self, email: str, audience: str) -> str:
        """A JWT from `email` for `audience`, valid for half an hour or more."""
        now = self._clock()
        signed_at, token = self._signed.get((email, audience), (0.0, ""))
        if not 0 <= now - signed_at < TOKEN_REUSE_S:
            token = jwt.encode(self._signer, _claims(email, audience, int(now))).decode()
            self._signed[email, audience] = (now, token)
        return token


def _claims(email: str, audience: str, now: int) -> dict[str, Any]:
    # Google's subject is a number of 21 digits that belongs to the account.
    subject = str(int(hashlib.sha256(email.encode()).hexdigest(), 16))[:21]
    return {
        "iss": ISSUER,
        "aud": audience,
        "azp": subject,
        "sub": subject,
        "email": email,
        "email_verified": True,
        "iat": now,
        "exp": now + TOKEN_LIFE_S,
    }
