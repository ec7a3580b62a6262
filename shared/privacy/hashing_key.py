"""The key of tombstones and pseudonyms, and proof that it is still the same.

Under another key nobody erased would be known again, and every creator would get another
pseudonym, without an error. So a fingerprint of the key lies in the lake from the first use on, and
whoever uses the key compares it first.
"""

import hashlib
import hmac
from collections.abc import Callable

from shared.concurrency import once
from shared.errors import Misconfigured
from shared.storage.lake import Lake

FINGERPRINT = "tombstones/key"


def fingerprint(key: str) -> str:
    """HMAC-SHA256 of a fixed text, 32 hex digits: it tells nothing of a random key."""
    return hmac.new(key.encode(), b"fingerprint", hashlib.sha256).hexdigest()[:32]


def verified_key(key: Callable[[], str], lake: Lake) -> Callable[[], str]:
    """The key, compared with the lake's fingerprint when it is first used.

    Raises Misconfigured when it is another one. The first user of a lake leaves the fingerprint.
    An empty key is handed on: who needs it says what for.
    """

    def compared() -> str:
        value = key()
        if value:
            _compare(value, lake)
        return value

    return once(compared)


def _compare(key: str, lake: Lake) -> None:
    own = fingerprint(key).encode()
    lake.write_once(FINGERPRINT, own, "text/plain")
    if lake.read(FINGERPRINT) != own:
        raise Misconfigured(
            "Environment: HASH_KEY is not the key under which this lake's tombstones and "
            "pseudonyms were made; bring the old key back (version of the secret tta-hash-key, or "
            "hash.key in TTA_HOME)"
        )
