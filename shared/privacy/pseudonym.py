"""Pseudonyms of creators: keyed hashes, so a name always gives the same one."""

import hashlib
import hmac
import re

from shared.errors import Misconfigured
from shared.inputs.handles import handle

PREFIX = "p_"
DIGITS = 20
_PSEUDONYM = re.compile(rf"{PREFIX}[0-9a-f]{{{DIGITS}}}")


def pseudonym(key: str, name: str) -> str:
    """`p_` and 20 hex digits of HMAC-SHA256(key, handle). A pseudonym is returned unchanged.

    Raises Misconfigured without a key.
    """
    if is_pseudonym(name):
        return name
    if not key:
        raise Misconfigured("Environment: HASH_KEY is not set, and pseudonyms are made with it")
    message = f"pseudonym:{handle(name)}"
    return PREFIX + hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()[:DIGITS]


def is_pseudonym(name: str) -> bool:
    return bool(_PSEUDONYM.fullmatch(name))
