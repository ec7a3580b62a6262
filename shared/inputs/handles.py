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

_WITH_TAIL = re.compile(
    r"(?P<handle>[\w.]{2,24})"
    r"(?:[^\w.…](?:(?!\s·|·\s|\?)\W)*)?(?:(?:\s·|·\s|\?).*)?",
    re.DOTALL,
)
"""A handle, then blanks, emoji and marks without a letter or a digit, then anything behind `·` or
`?`. `mary-ann` and `Ana María` have letters behind, and `Gal·la` no blank at its dot.
`me…` is cut."""

_FULL_WIDTH = {code + 0xFEE0: code for code in range(ord("!"), ord("~") + 1)}
"""Signs of full width, and those of ASCII that they stand for."""

_VARIANTS = "\ufe0e\ufe0f\u20e3"
"""They choose how an emoji looks. Other combining marks belong to the letter before them."""

_NOBODY = frozenset(
    {
        *("nan", "none", "null", "nil", "undefined", "n/a", "#n/a", "\\n", "unknown", "deleted"),
        *("#name?", "#ref!", "#value!", "#null!", "#num!", "#div/0!"),
    }
)
"""What tools and spreadsheets write where there is no name; `\\N` is MySQL's. `@none` is an
account: a person wrote the @."""

_NOBODY_IN_THIS_CASE = frozenset({"NA", "NaT"})
"""Missing values of R and of pandas. In another case each may be a handle."""

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

    People and tools also write the address of the account's page, `@me · 3d`, `Me 😀`, `me/`, or
    letters of full width. Empty for what stands for no name, as `nan` and `[deleted]`. A name with
    letters behind a blank, and without an @, stays whole: own videos may have such creators.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain in _NOBODY_IN_THIS_CASE or plain.casefold() in _NOBODY or _BRACKETED.fullmatch(plain):
        return ""
    name = page_handle(plain) or _before_tail(text)
    if name is None:
        name = _AROUND.sub("", plain)
        if plain.lstrip(_EDGES).startswith("@"):
            name = _AFTER.sub("", name)
    name = handle(name).rstrip("/")
    return name if any(map(str.isalnum, name)) else ""


def _before_tail(text: str) -> str | None:
    """The handle that emoji, marks or `· 2d` follow; None for any other text.

    It is sought before NFKC, which makes letters of `™`.
    """
    name = _AROUND.sub("", unicodedata.normalize("NFC", text.translate(_FULL_WIDTH)))
    match = _WITH_TAIL.fullmatch(name)
    if match is None:
        return None
    first = name[match.end("handle") :][:1] or " "
    is_of_letter = unicodedata.category(first).startswith("M") and first not in _VARIANTS
    return None if is_of_letter else match["handle"]


def account_key(text: str) -> str:
    """The key of an account: a handle in its one spelling, or an id without the blanks around it.

    A text of which nothing would be left stays as it is.
    """
    plain = text.strip()
    return plain if _ID.fullmatch(plain) else handle(text) or text


def is_pseudonym(name: str) -> bool:
    """Whether a name is one of those that shared/privacy/pseudonym.py makes."""
    return bool(_PSEUDONYM.fullmatch(name))
