"""Days of posting whose month is a word, with or without a year: `November 3`, `11月3日`."""

import re
import unicodedata
from datetime import date
from typing import Any

_MONTHS = tuple(
    names.split()
    for names in (
        "january february march april may june july august september october november december",
        "januar februar märz april mai juni juli august september oktober november dezember",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
        "dicembre",
        "januari februari maart april mei juni juli augustus september oktober november december",
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października "
        "listopada grudnia",
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
        "januari februari maret april mei juni juli agustus september oktober november desember",
    )
)
_ABBREVIATIONS = {
    "janv": 1,
    **dict.fromkeys(("févr", "февр"), 2),
    **dict.fromkeys(("mrz", "mrt"), 3),
    "juil": 7,
    **dict.fromkeys(("sept", "sett", "сент"), 9),
    "нояб": 11,
}
"""Besides the first three letters."""


def _months_by_word() -> dict[str, int]:
    """Months by their names and abbreviations. `jui` begins two months of French, and is none."""
    numbers: dict[str, set[int]] = {}
    for names in _MONTHS:
        for number, name in enumerate(names, 1):
            numbers.setdefault(name, set()).add(number)
            numbers.setdefault(name[:3], set()).add(number)
    return {word: min(months) for word, months in numbers.items() if len(months) == 1}


_BY_WORD = {**_months_by_word(), **_ABBREVIATIONS}
_WORD, _DAY = r"(?P<month>[^\W\d_]{3,12})\.?", r"(?P<day>\d{1,2})"
_YEAR = r"(?:,? (?:de )?(?P<year>\d{4}))?"
_CLOCK = r"(?:,? (?:(?:at|um|à|om) )?(?P<clock>\d{1,2}:\d\d.*))?"
_FORMS = tuple(
    re.compile(form + _CLOCK)
    for form in (
        f"{_WORD} {_DAY}{_YEAR}",
        rf"{_DAY}(?:\.|er|º)? (?:de |of )?{_WORD}{_YEAR}",
        rf"{_DAY} (?:tháng|thg) (?P<month>\d{{1,2}}){_YEAR}",
        rf"(?:(?P<year>\d{{4}})年 ?)?(?P<month>\d{{1,2}})月 ?{_DAY}日",
        rf"(?:(?P<year>\d{{4}})년 ?)?(?P<month>\d{{1,2}})월 ?{_DAY}일",
    )
)


def posted_on(cell: Any, latest: date | None) -> Any:
    """A day with a month in words as an ISO date, with its clock time; any other cell as it is.

    A day without a year is the latest such day that is not after `latest`, the day of the export in
    the zone of the times. It stays as it is if that day is unknown.
    """
    match = _match(cell)
    month = _month(match["month"]) if match else None
    if match is None or month is None or not (match["year"] or latest):
        return cell
    day = int(match["day"])
    if match["year"]:
        posted = _date(int(match["year"]), month, day)
    else:
        posted = _latest_such_day(month, day, latest) if latest else None
    if posted is None:
        return cell
    return f"{posted.isoformat()} {match['clock']}" if match["clock"] else posted.isoformat()


def is_post_day(cell: Any) -> bool:
    """Whether a cell is a day with a month in words, with or without a year."""
    match = _match(cell)
    return match is not None and _month(match["month"]) is not None


def is_without_year(cell: Any) -> bool:
    """Whether a cell is a day with a month in words, and names no year."""
    match = _match(cell)
    return match is not None and match["year"] is None and _month(match["month"]) is not None


def _match(cell: Any) -> re.Match[str] | None:
    if not isinstance(cell, str):
        return None
    written = " ".join(unicodedata.normalize("NFC", cell).split())
    return next((match for form in _FORMS if (match := form.fullmatch(written))), None)


def _month(word: str) -> int | None:
    if word.isdecimal():
        return int(word) if 1 <= int(word) <= 12 else None
    return _BY_WORD.get(word.casefold())


def _latest_such_day(month: int, day: int, latest: date) -> date | None:
    # Eight years back, because February 29 may be so far away.
    candidates = (_date(year, month, day) for year in range(latest.year, latest.year - 9, -1))
    return next((posted for posted in candidates if posted and posted <= latest), None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
