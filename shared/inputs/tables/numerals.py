"""Numbers as texts write them, under each of the two decimal marks."""

import re
from typing import Literal

DecimalMark = Literal[".", ","]
MARKS: tuple[DecimalMark, DecimalMark] = (".", ",")

PERCENT = "%"

_BLANKS = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "’": "'", "\u2212": "-"})
_WORDY = re.compile(r"(?P<number>[+-]?[\d.,' ]*\d) ?(?P<word>[^\d\s.,'+-][^\d\s,'+-]*)")


def _grouped(thousands: str) -> str:
    """Digits in groups of three, with one mark throughout; no number begins with a zero group."""
    marks = rf"[{re.escape(thousands)} ']"
    return rf"[1-9]\d{{0,2}}(?P<mark>{marks})\d{{3}}(?:(?P=mark)\d{{3}})*"


_INDIAN = r"[1-9]\d?(?:,\d{2})+,\d{3}"
"""Lakhs and crores: 12,34,567."""

_UNDER = {
    ".": re.compile(
        rf"(?P<whole>\d+|{_grouped(',')}|{_INDIAN}|(?=\.\d))(?:\.(?P<part>\d+))?", re.ASCII
    ),
    ",": re.compile(rf"(?P<whole>\d+|{_grouped('.')}|(?=,\d))(?:,(?P<part>\d+))?", re.ASCII),
}
_NO_DIGITS = re.compile(r"\D", re.ASCII)
_EXPONENT = re.compile(r"[+-]?\d{1,3}", re.ASCII)


def split(text: str) -> tuple[str, str] | None:
    """A text as number and word: `1,2 Mio.` → `1,2` and `Mio.`; None where it does not begin so."""
    cleaned = text.translate(_BLANKS).strip()
    if cleaned[-1:].isdigit():
        return cleaned, ""
    match = _WORDY.fullmatch(cleaned)
    return (match["number"], match["word"]) if match else None


def under(number: str, decimal: DecimalMark) -> float | None:
    """The value of a number under this decimal mark; None where it cannot be written so."""
    sign, unsigned = (number[0], number[1:]) if number[:1] in ("+", "-") else ("", number)
    mantissa, mark, exponent = unsigned.lstrip().replace("E", "e").partition("e")
    match = _UNDER[decimal].fullmatch(mantissa)
    if match is None or (mark and not _EXPONENT.fullmatch(exponent)):
        return None
    whole = _NO_DIGITS.sub("", match["whole"]) or "0"
    return float(f"{sign}{whole}.{match['part'] or '0'}e{exponent or '0'}")
