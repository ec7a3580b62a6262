"""TikTok Studio's export of an own account, "Content.csv".

The address of each video names its id and its account. "Post time" may lack the year.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from shared.inputs.formats.format import Format
from shared.inputs.formats.names import folded
from shared.inputs.formats.record import Fields, Record
from shared.inputs.tables.dates import MONTHS

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "url": ("video_link",),
    "caption": ("video_title",),
    "created_at": ("post_time", "video_publish_time"),
    "views": ("total_views",),
    "likes": ("total_likes",),
    "comments": ("total_comments",),
    "shares": ("total_shares",),
    "saves": ("add_to_favorites", "total_bookmarks", "total_saves"),
    "duration_s": ("video_duration",),
    "collected_at": ("collected_at",),
}
_ENOUGH = frozenset({"total_views", "post_time", "video_publish_time", "total_likes"})
_WORD, _DAY = r"(?P<month>[A-Za-z]{3,9})\.?", r"(?P<day>\d{1,2})"
_CLOCK = r"(?:,? (?P<clock>\d{1,2}:\d\d.*))?"
_MONTH_FIRST = re.compile(f"{_WORD} {_DAY}{_CLOCK}")
_DAY_FIRST = re.compile(rf"{_DAY}\.? {_WORD}{_CLOCK}")


def recognised(columns: Sequence[str], records: Sequence[Record]) -> Format | None:
    """Studio's export, by its column of links beside one of its counts or times."""
    by_name = {folded(column): column for column in reversed(columns)}
    if "video_link" not in by_name or not _ENOUGH & by_name.keys():
        return None
    paths = {
        ours: tuple(by_name[name] for name in names if name in by_name)
        for ours, names in _COLUMNS.items()
    }
    used = {path for candidates in paths.values() for path in candidates}
    return Format(
        "TikTok Studio's export",
        {ours: candidates for ours, candidates in paths.items() if candidates},
        has_reading_time=bool(paths["collected_at"]),
        unused=tuple(column for column in columns if column not in used),
        adapt=_adapted,
    )


def _adapted(fields: Fields, record: Record, read_at: datetime | None) -> Fields:
    fields["created_at"] = posted_on(fields.get("created_at"), read_at.date() if read_at else None)
    return fields


def posted_on(cell: Any, latest: date | None) -> Any:
    """A day without a year, as `November 3`, with its year; any other cell as it is.

    It is the latest such day that is not after `latest`, the day of the export. It stays as it is
    if that day is unknown.
    """
    written = " ".join(cell.split()) if isinstance(cell, str) else ""
    match = _MONTH_FIRST.fullmatch(written) or _DAY_FIRST.fullmatch(written)
    month = MONTHS.get(match["month"].lower()) if match else None
    if match is None or month is None or latest is None:
        return cell
    posted = _latest_such_day(month, int(match["day"]), latest)
    if posted is None:
        return cell
    return f"{posted.isoformat()} {match['clock']}" if match["clock"] else posted.isoformat()


def _latest_such_day(month: int, day: int, latest: date) -> date | None:
    # Eight years back, because February 29 may be so far away.
    candidates = (_day(year, month, day) for year in range(latest.year, latest.year - 9, -1))
    return next((posted for posted in candidates if posted and posted <= latest), None)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
