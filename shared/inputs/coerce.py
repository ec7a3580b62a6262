"""Read a cell as a number, count, id, moment, or yes and no. Refuse an unclear cell.

Nothing is guessed and nothing is evaluated: a formula in a cell is ordinary text.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

EXACT = 2**53
"""Above this a float loses digits, and sums of squares and cubes soon leave the range of floats. No
counter of views has come near it."""

_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_SHORT = re.compile(r"(\d{1,4}(?:\.\d{1,3})?) ?([KkMmBb])", re.ASCII)
_TIMES = {"k": 1_000, "m": 1_000_000, "b": 1_000_000_000}
_EXPONENT = re.compile(r"\d(\.\d+)?[eE]\+?\d{2}", re.ASCII)
_LONG_DECIMAL = re.compile(r"\d{15,}\.\d*", re.ASCII)
_SINCE_1970 = re.compile(r"\d{9,10}|\d{13}", re.ASCII)
_YES = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class Unclear(ValueError):
    """The cell cannot be read as this kind; the text says what it is not."""


def number(thousands_by_comma: bool = True) -> Callable[[Any], float]:
    """Reads a finite number within ±EXACT, and "1,234" where a comma can only group digits."""

    def read(cell: Any) -> float:
        value = _number(cell, thousands_by_comma)
        if not math.isfinite(value):
            raise Unclear("is not a finite number")
        if abs(value) >= EXACT:
            raise Unclear("is no credible number")
        return value

    return read


def measure(thousands_by_comma: bool = True) -> Callable[[Any], float]:
    """Reads a number as `number` does, and yes or no, or true or false, as 1 or 0."""
    plain = number(thousands_by_comma)

    def read(cell: Any) -> float:
        word = str(cell).strip().casefold()
        return float(_YES[word]) if word in _YES else plain(cell)

    return read


def count(thousands_by_comma: bool = True) -> Callable[[Any], tuple[float, bool]]:
    """Reads a whole number, and whether it was rounded, as in "541.2K"."""
    plain = number(thousands_by_comma)

    def read(cell: Any) -> tuple[float, bool]:
        short = _SHORT.fullmatch(cell.strip()) if isinstance(cell, str) else None
        if short:
            return round(float(short[1]) * _TIMES[short[2].lower()], 0), True
        value = plain(cell)
        if not value.is_integer():
            raise Unclear("is not a whole number")
        return value, False

    return read


def text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, int):
        return str(cell)
    raise Unclear("is not text")


def identifier(cell: Any) -> str:
    """Reads an id as text. Refuses one that went through a float."""
    if isinstance(cell, bool) or not isinstance(cell, str | int):
        raise Unclear("is a number with decimals; ids are read as text, and yours lost digits")
    written = str(cell).strip()
    if _EXPONENT.fullmatch(written) or _LONG_DECIMAL.fullmatch(written):
        raise Unclear(
            "is what a spreadsheet or a float makes of an id; ids are read as text, and yours lost "
            "digits: export the column as text"
        )
    return written


def moment(cell: Any) -> datetime:
    """Reads ISO 8601, or seconds (13 digits: milliseconds) since 1970. Without a zone it is UTC."""
    try:
        if isinstance(cell, datetime):
            return _in_utc(cell)
        if isinstance(cell, date):
            return datetime(cell.year, cell.month, cell.day, tzinfo=UTC)
        written = str(cell).strip()
        if isinstance(cell, bool | float) and not (type(cell) is float and cell.is_integer()):
            raise ValueError
        written = written.removesuffix(".0") if isinstance(cell, float) else written
        if _SINCE_1970.fullmatch(written):
            since = int(written) / (1_000 if len(written) == 13 else 1)
            return datetime.fromtimestamp(since, UTC)
        if not isinstance(cell, str) or written.isdigit():
            raise ValueError
        return _in_utc(datetime.fromisoformat(written.removesuffix(" UTC")))
    except (ValueError, OverflowError) as error:
        raise Unclear("is not a time such as 2026-01-31T12:00:00Z") from error


def yes_or_no(cell: Any) -> bool:
    answer = _YES.get(str(cell).strip().casefold())
    if answer is None:
        raise Unclear("is neither true nor false")
    return answer


def _in_utc(value: datetime) -> datetime:
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _number(cell: Any, thousands_by_comma: bool) -> float:
    if isinstance(cell, bool):
        raise Unclear("is not a number")
    if isinstance(cell, int | float | Decimal):
        try:
            return float(cell)
        except OverflowError as error:
            raise Unclear("is no credible number") from error
    written = cell.strip() if isinstance(cell, str) else ""
    if _PLAIN.fullmatch(written):
        return float(written)
    if _GROUPED.fullmatch(written):
        if thousands_by_comma:
            return float(written.replace(",", ""))
        raise Unclear("may be a fraction or a thousand in a table separated by semicolons")
    raise Unclear("is not a number")
