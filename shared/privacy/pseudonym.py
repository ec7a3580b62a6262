"""Pseudonyms of creators: keyed hashes, so a name always gives the same one."""

import hashlib
import hmac

from shared.errors import Misconfigured
from shared.inputs.handles import PSEUDONYM_DIGITS, PSEUDONYM_PREFIX, handle, is_pseudonym


def pseudonym(key: str, name: str) -> str:
    """`p_` and 20 hex digits of HMAC-SHA256(key, handle). A pseudonym is returned unchanged.

    Raises Misconfigured without a key.
    """
    if is_pseudonym(name):
        return name
    if not key:
        raise Misconfigured("Environment: HASH_KEY is not set, and pseudonyms are made with it")
    message = f"pseudonym:{handle(name)}"
    digest = hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()
    return PSEUDONYM_PREFIX + digest[:PSEUDONYM_DIGITS]
