"""Handles of accounts: one spelling, so that one account is one creator.

TikTok's handles are case-insensitive and are written without the @. People and tools bring `@me`,
`ME` and `me `. An id of an account is another thing: its case counts.
"""

import re
import unicodedata

_EDGES = "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
"""Marks of writing direction and of no width. Apps copy them along with a name."""

_AROUND = re.compile(rf"^[\s{_EDGES}@＠]+|[\s{_EDGES}]+$")

_ID = re.compile(r"[A-Za-z0-9_=-]{31,}")
"""An open_id has 36 characters or more, a secUid 70 or more. A handle has 30 at most."""

PSEUDONYM_PREFIX = "p_"
PSEUDONYM_DIGITS = 20
_PSEUDONYM = re.compile(rf"{PSEUDONYM_PREFIX}[0-9a-f]{{{PSEUDONYM_DIGITS}}}")


def handle(name: str) -> str:
    """The handle in its one spelling: case-folded, in NFC, without @, blanks and invisible marks.

    Empty when the text holds nothing else.
    """
    plain = unicodedata.normalize("NFC", _AROUND.sub("", name))
    return unicodedata.normalize("NFC", plain.casefold())


def account_key(text: str) -> str:
    """The key of an account: a handle in its one spelling, or an id without the blanks around it.

    A text of which nothing would be left stays as it is.
    """
    plain = text.strip()
    return plain if _ID.fullmatch(plain) else handle(text) or text


def is_pseudonym(name: str) -> bool:
    """Whether a name is one of those that shared/privacy/pseudonym.py makes."""
    return bool(_PSEUDONYM.fullmatch(name))
