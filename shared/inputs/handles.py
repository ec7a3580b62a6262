"""Handles of accounts: one spelling, so that one account is one creator.

TikTok's handles are case-insensitive and are written without the @. People and tools bring `@me`,
`ME` and `me `. An id of an account is another thing: its case counts.
"""

import re
import unicodedata
from urllib.parse import unquote

_EDGES = "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
"""Marks of writing direction and of no width. Apps copy them along with a name."""

_AROUND = re.compile(rf"^[\s{_EDGES}@＠]+|[\s{_EDGES}]+$")

_PAGE = re.compile(
    r"(?:https?://)?(?:[a-z]+\.)?tiktok\.com/@(?P<handle>[^/?#\s]+)\S*", re.ASCII | re.IGNORECASE
)

_AFTER = re.compile(r"[\s/?#].*", re.DOTALL)
"""What pages and apps write after an @handle: a blank and an age, or the end of an address."""

_NOBODY = frozenset({"nan", "none", "null", "undefined", "n/a", "#n/a", "unknown"})
"""What tools write where there is no name. `@none` is an account: a person wrote the @."""

_NA = "NA"
"""R's missing value. In lower case it may be a handle."""

_BRACKETED = re.compile(r"\[.*\]|<.*>|\(.*\)", re.DOTALL)
"""No handle has brackets: `[deleted]`, `<NA>`."""

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


def page_handle(text: str) -> str | None:
    """The account whose page, or whose post's page, an address is, in the address's spelling."""
    match = _PAGE.fullmatch(text.strip())
    return unquote(match["handle"]) if match else None


def written_handle(text: str) -> str:
    """The handle that a cell of a list writes, in its one spelling.

    People and tools also write the address of the account's page, `@me · 3d`, `me/`, or letters of
    full width. Empty for what stands for no name, as `nan` and `[deleted]`. A name with blanks and
    without an @ stays whole: own videos may have such creators.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain == _NA or plain.casefold() in _NOBODY or _BRACKETED.fullmatch(plain):
        return ""
    name = page_handle(plain)
    if name is None:
        name = _AROUND.sub("", plain)
        if plain.lstrip(_EDGES).startswith("@"):
            name = _AFTER.sub("", name)
    name = handle(name).rstrip("/")
    return name if any(map(str.isalnum, name)) else ""


def account_key(text: str) -> str:
    """The key of an account: a handle in its one spelling, or an id without the blanks around it.

    A text of which nothing would be left stays as it is.
    """
    plain = text.strip()
    return plain if _ID.fullmatch(plain) else handle(text) or text


def is_pseudonym(name: str) -> bool:
    """Whether a name is one of those that shared/privacy/pseudonym.py makes."""
    return bool(_PSEUDONYM.fullmatch(name))
