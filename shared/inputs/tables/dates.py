"""Times as texts write them, under each order of day, month and year."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

DateOrder = Literal["ymd", "dmy", "mdy"]
ORDERS: tuple[DateOrder, ...] = ("dmy", "mdy", "ymd")

EXCEL_EPOCH = datetime(1899, 12, 30)
"""Day 0 of spreadsheets since March 1900; Excel's own calendar has a 29 February 1900."""

_CLOCK = (
    r"(?:(?:[ T]| at |, ?)+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})"
    r"(?:[.,](?P<part>\d{1,9}))?)?(?: ?(?P<half>[ap])\.?m\.?)?)?"
    r"(?: ?(?P<zone>z|utc|gmt|[+-]\d{2}:?\d{2}))?"
)
_NUMERIC = re.compile(
    r"(?P<first>\d{1,4})(?P<mark>[./-])(?P<middle>\d{1,2})(?P=mark)(?P<last>\d{1,4})" + _CLOCK,
    re.ASCII | re.IGNORECASE,
)
_FULL_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
MONTHS = {
    **{name: number for number, name in enumerate(_FULL_MONTHS, 1)},
    **{name[:3]: number for number, name in enumerate(_FULL_MONTHS, 1)},
    "sept": 9,
}
"""Months of the year by their English names and usual abbreviations, in lower case. Words of other
languages begin alike: Finnish `marraskuu` is November."""

_MONTH = rf"(?P<name>{'|'.join(sorted(MONTHS, key=len, reverse=True))})\.?"
_WORDY = (
    # Excel writes 3-Apr-26 into CSV.
    re.compile(
        rf"(?P<day>\d{{1,2}})\.?[ -]{_MONTH},?[ -](?P<year>\d{{4}}|\d{{2}}){_CLOCK}", re.I | re.A
    ),
    re.compile(rf"{_MONTH} (?P<day>\d{{1,2}}),? (?P<year>\d{{4}}){_CLOCK}", re.I | re.A),
)
_CENTURY = 2000
_FIRST_YEAR = 2016
"""TikTok began in 2016, so 25 is 2025."""


def under(text: str, order: DateOrder) -> datetime | None:
    """The time that a text writes if its numbers stand in this order; without a zone it is naive.

    A year of four digits in front, or beside a month's name in English, needs no order.
    """
    text = text.strip()
    if match := _NUMERIC.fullmatch(text):
        parts = _year_month_day(match["first"], match["middle"], match["last"], order)
        return None if parts is None else _built(*parts, match)
    for pattern in _WORDY:
        if match := pattern.fullmatch(text):
            year, day = _year_and_day(match["year"], match["day"], order)
            return _built(year, MONTHS[match["name"].lower()], day, match)
    return None


def _year_and_day(year: str, day: str, order: DateOrder) -> tuple[int, int]:
    """The year and the day beside a month's name. Excel writes the day in front, `3-Apr-26`.

    `26-Apr-03` would be of 2003 then, before TikTok, so the year may stand in front too.
    """
    if len(year) == 4:
        return int(year), int(day)
    first, last = int(day), int(year)
    if order == "ymd" and _CENTURY + last < _FIRST_YEAR <= _CENTURY + first:
        return _CENTURY + first, last
    return _CENTURY + last, first


def _year_month_day(
    first: str, middle: str, last: str, order: DateOrder
) -> tuple[int, int, int] | None:
    if len(first) > 2:
        return (int(first), int(middle), int(last)) if len(first) == 4 and len(last) < 3 else None
    if len(last) == 4 and order != "ymd":
        day, month = (first, middle) if order == "dmy" else (middle, first)
        return int(last), int(month), int(day)
    if len(last) != 2 or (order == "ymd" and len(first) != 2):
        return None
    if order == "ymd":
        return _CENTURY + int(first), int(middle), int(last)
    day, month = (first, middle) if order == "dmy" else (middle, first)
    return _CENTURY + int(last), int(month), int(day)


def _built(year: int, month: int, day: int, match: re.Match[str]) -> datetime | None:
    hour, half = int(match["hour"] or 0), (match["half"] or "").lower()
    if half and not 1 <= hour <= 12:
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    micros = int(f"{match['part'] or '0':0<6}"[:6])
    try:
        clock = hour, int(match["minute"] or 0), int(match["second"] or 0), micros
        return datetime(year, month, day, *clock, tzinfo=_zone(match["zone"]))
    except ValueError:
        return None


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text[0] not in "+-":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
