"""Reading a cell as a number, a count or a duration."""

import math
import re
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from shared.inputs.tables import numerals
from shared.inputs.tables.count_words import (
    BY_MARK,
    MULTIPLIERS,
    SAYS_ZERO,
    is_multiplier,
    is_noun_of,
    split_noun,
)
from shared.inputs.tables.errors import Unclear
from shared.inputs.tables.missing import YES_OR_NO, is_missing
from shared.inputs.tables.notation import Notation
from shared.inputs.tables.numerals import DecimalMark
from shared.inputs.tables.table import Cell

EXACT = 2**53
"""Above this a float loses digits, and sums of squares and cubes soon leave the range of floats. No
counter of views has come near it."""


class CountReading(NamedTuple):
    """A whole number, and whether the file rounded it, as in "541.2K" and "1E+06"."""

    value: int
    is_rounded: bool


def number(cell: Cell, notation: Notation) -> float | None:
    """A finite number within ±EXACT."""
    if is_missing(cell):
        return None
    if isinstance(cell, str):
        value = _number_in(cell, notation)
    elif isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        value = _as_float(cell)
    else:
        raise Unclear("is not a number")
    if not math.isfinite(value):
        raise Unclear("is not a finite number")
    if abs(value) >= EXACT:
        raise Unclear("is no credible number")
    return value


def measure(cell: Cell, notation: Notation) -> float | None:
    """A number as `number` reads it, and yes or no, true or false, as 1 or 0."""
    answer = YES_OR_NO.get(str(cell).strip().casefold()) if isinstance(cell, str | bool) else None
    return float(answer) if answer is not None else number(cell, notation)


def count(cell: Cell, notation: Notation, column: str | None = None) -> CountReading | None:
    """A whole number: `1,234`, `541.2K`, `1,2 Mio.`, `1.2万`, `5.0`; 0 for a button's `Like`.

    `column` is our name of the column. A noun such as `likes` behind a number must fit it.
    """
    if type(cell) is str and cell.isdigit() and cell.isascii() and len(cell) < 16:
        return CountReading(int(cell), False)
    if isinstance(cell, str) and not is_missing(cell):
        return _count_in(cell, notation, column)
    value = number(cell, notation)
    return None if value is None else CountReading(_whole(value), False)


def seconds(cell: Cell, notation: Notation) -> float | None:
    """A duration in seconds: `12.5`, `0:15`, `1:02:03`, `PT15S`, `1 min 15 s`, `0h:1m:15s`."""
    if isinstance(cell, timedelta):
        return cell.total_seconds()
    if isinstance(cell, time | datetime):
        raise Unclear("is a time of day, as a spreadsheet makes it of 0:15")
    if not isinstance(cell, str) or is_missing(cell):
        return number(cell, notation)
    for pattern in _DURATIONS:
        if match := pattern.fullmatch(cell.strip()):
            return _duration(match, notation)
    return number(cell, notation)


def part(cell: Cell, notation: Notation) -> float | None:
    """A part of a whole: `0.45`, or a percentage with its sign, as `45.2 %` and `45,2%`."""
    if isinstance(cell, str) and not is_missing(cell):
        parts = numerals.split(cell)
        if parts is not None and parts[1] == numerals.PERCENT:
            return _under(parts[0], notation) / 100
    return number(cell, notation)


def _number_in(text: str, notation: Notation) -> float:
    parts = numerals.split(text)
    if parts is None or parts[1]:
        raise Unclear("is not a number")
    return _under(parts[0], notation)


def _under(written: str, notation: Notation) -> float:
    """The value under the file's mark. Without a mark both readings must agree."""
    marks: tuple[DecimalMark, ...] = (notation.decimal,) if notation.decimal else numerals.MARKS
    values = {numerals.under(written, mark) for mark in marks}
    readings = values - {None}
    if not readings:
        other = "" if notation.decimal is None else _other_mark(written, notation.decimal)
        raise Unclear(f"is not a number{other}")
    if len(readings) > 1:
        raise Unclear("may be a fraction or thousands")
    return readings.pop()  # type: ignore[return-value]


def _other_mark(written: str, mark: DecimalMark) -> str:
    others = (other for other in numerals.MARKS if other != mark)
    fits = any(numerals.under(written, other) is not None for other in others)
    return f" with {mark!r} before its decimals" if fits else ""


def _as_float(cell: int | float | Decimal) -> float:
    try:
        return float(cell)
    except OverflowError as error:
        raise Unclear("is no credible number") from error


def _whole(value: float) -> int:
    if not value.is_integer():
        raise Unclear("is not a whole number")
    return int(value)


def _count_in(cell: str, notation: Notation, column: str | None) -> CountReading:
    written = cell.strip()
    if written.casefold() in SAYS_ZERO:
        return CountReading(0, False)
    written, noun = split_noun(written)
    if noun and column is not None and not is_noun_of(noun, column):
        raise Unclear(f"counts {noun}")
    parts = numerals.split(written)
    if parts is None or not parts[1]:
        value = _number_in(written, notation)
        if abs(value) >= EXACT:
            raise Unclear("is no credible number")
        return CountReading(_whole(value), "e" in written.lower())
    times = _multiplier(parts[1].casefold(), parts[0], notation)
    value = round(_under(parts[0], notation) * times, 0)
    if abs(value) >= EXACT:
        raise Unclear("is no credible number")
    return CountReading(int(value), True)


def _multiplier(word: str, written: str, notation: Notation) -> int:
    if word in MULTIPLIERS:
        return MULTIPLIERS[word]
    if times := BY_MARK.get((word, notation.decimal)):
        return times
    if is_multiplier(word):
        raise Unclear(f"has the word {word!r}, which has two meanings here")
    raise Unclear("is not a number")


# Durations

_CLOCK = re.compile(
    r"(?:(?P<hours>\d{1,3}):)?(?P<minutes>\d{1,3}):(?P<seconds>[0-5]\d(?:[.,]\d+)?)", re.ASCII
)
_ISO_DURATION = re.compile(
    r"P(?:0D)?T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?",
    re.ASCII,
)
_UNITS = re.compile(
    r"(?:(?P<hours>\d+) ?h(?:ours?)?[,:]? ?)?(?:(?P<minutes>\d+) ?m(?:in(?:utes?|\.)?)?[,:]? ?)?"
    r"(?P<seconds>\d+(?:[.,]\d+)?) ?s(?:ec(?:onds?|\.)?)?",
    re.ASCII | re.IGNORECASE,
)
_DURATIONS = (_CLOCK, _ISO_DURATION, _UNITS)


def _duration(match: re.Match[str], notation: Notation) -> float:
    if not any(match.groups()):
        raise Unclear("is not a duration")
    last = match["seconds"] or "0"
    fraction = float(last.replace(",", ".")) if match.re is not _UNITS else _under(last, notation)
    minutes = int(match["hours"] or 0) * 60 + int(match["minutes"] or 0)
    if match.re is _CLOCK and match["hours"]:
        if int(match["minutes"]) > 59:
            raise Unclear("is not a duration")
        if notation.has_padded_clocks:
            raise Unclear(
                f"may be {minutes} minutes, or {minutes} seconds that a spreadsheet padded; give "
                "durations in seconds"
            )
    return minutes * 60 + fraction
