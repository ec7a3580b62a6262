"""The key of tombstones and pseudonyms, and the check that it is still the same.

Another key would not match any tombstone, and would give every creator another pseudonym, both
without an error. So the first use writes a fingerprint of the key to the lake, and each later use
compares it.
"""

import hashlib
import hmac
from collections.abc import Callable

from shared.concurrency import once
from shared.errors import Misconfigured
from shared.storage.lake import Lake

FINGERPRINT = "tombstones/key"


def fingerprint(key: str) -> str:
    """HMAC-SHA256 of a fixed text, 32 hex digits. It reveals nothing about a random key."""
    return hmac.new(key.encode(), b"fingerprint", hashlib.sha256).hexdigest()[:32]


def verified_key(key: Callable[[], str], lake: Lake) -> Callable[[], str]:
    """The key, compared with the lake's fingerprint at its first use.

    Raises Misconfigured when it is another key. The first use of a lake writes the fingerprint. An
    empty key is returned unchecked: the caller's error says what the key is needed for.
    """

    def checked_key() -> str:
        value = key()
        if value:
            _compare(value, lake)
        return value

    return once(checked_key)


def _compare(key: str, lake: Lake) -> None:
    own = fingerprint(key).encode()
    lake.write_once(FINGERPRINT, own, "text/plain")
    if lake.read(FINGERPRINT) != own:
        raise Misconfigured(
            "Environment: HASH_KEY is not the key under which this lake's tombstones and "
            "pseudonyms were made; bring the old key back (version of the secret tta-hash-key, or "
            "hash.key in TTA_HOME)"
        )
