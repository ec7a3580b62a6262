"""TikTok Studio's export of an own account, "Content.csv".

The address of each video names its id and its account. "Post time" may lack the year. The headers
are in the language of the interface, so other languages are recognised by the cells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from shared.inputs.formats import table
from shared.inputs.formats.format import Format
from shared.inputs.formats.names import folded
from shared.inputs.formats.own_addresses import address_columns
from shared.inputs.formats.post_days import is_post_day, is_without_year
from shared.inputs.formats.record import Record, is_empty
from shared.inputs.tables.dates import ORDERS
from shared.inputs.tables.dates import under as date_under
from shared.inputs.tables.table import Cell

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "url": ("video_link",),
    "caption": ("video_title",),
    "created_at": ("post_time", "video_publish_time"),
    "views": ("total_views",),
    "likes": ("total_likes",),
    "comments": ("total_comments",),
    "shares": ("total_shares",),
    "saves": ("add_to_favorites", "total_bookmarks", "total_saves"),
    "reach": ("reached_audience", "reach"),
    "total_watch_s": ("total_play_time", "total_watch_time"),
    "average_watch_s": ("average_watch_time",),
    "completion_rate": ("watched_full_video",),
    "duration_s": ("video_duration",),
    "collected_at": ("collected_at",),
}
_TITLE = "TikTok Studio's export"
_ENOUGH = frozenset({"total_views", "post_time", "video_publish_time", "total_likes"})
_CAPTIONS = (
    *("video_title", "videotitel", "titre_de_la_vidéo", "título_del_video", "título_del_vídeo"),
    *("título_do_vídeo", "titolo_del_video", "tytuł_filmu", "название_видео", "video_başlığı"),
    *("judul_video", "tiêu_đề_video", "视频标题", "影片標題", "動画のタイトル", "동영상_제목"),
)
_COUNTS = ("views", "likes", "comments", "shares")


def recognised(columns: Sequence[str], records: Sequence[Record]) -> Format | None:
    """Studio's export, by its column of links beside one of its counts or times."""
    by_name = {folded(column): column for column in reversed(columns)}
    if "video_link" not in by_name or not _ENOUGH & by_name.keys():
        return _in_another_language(columns, records)
    paths = {
        ours: tuple(by_name[name] for name in names if name in by_name)
        for ours, names in _COLUMNS.items()
    }
    used = {path for candidates in paths.values() for path in candidates}
    return Format(
        _TITLE,
        {ours: candidates for ours, candidates in paths.items() if candidates},
        has_reading_time=bool(paths["collected_at"]),
        unused=tuple(column for column in columns if column not in used),
        has_days_without_year=True,
    )


def _in_another_language(columns: Sequence[str], records: Sequence[Record]) -> Format | None:
    """One column of addresses, a count, and one column whose cells are days of posting.

    One of the days lacks the year, which only Studio writes, or a column of titles has Studio's
    name. The rest is as in any table.
    """
    base = table.recognised(columns, records)
    if base is None or len(address_columns(columns, records)) != 1:
        return None
    titles = tuple(column for column in columns if folded(column) in _CAPTIONS)
    days = _day_columns(base, columns, records, has_title=bool(titles))
    if len(days) != 1 or not any(name in base.paths for name in _COUNTS):
        return None
    if base.paths.get("created_at", days) != days:
        return None
    own = {"created_at": days} | ({"caption": titles[:1]} if titles else {})
    used = {column for candidates in own.values() for column in candidates}
    return replace(
        base,
        title=_TITLE,
        paths={**own, **base.paths},
        unused=tuple(column for column in base.unused if column not in used),
        has_days_without_year=True,
    )


def _day_columns(
    base: Format, columns: Sequence[str], records: Sequence[Record], has_title: bool
) -> tuple[str, ...]:
    """The columns of days, one of which lacks the year; beside a title, those of other days too."""
    used = {path for ours, paths in base.paths.items() if ours != "created_at" for path in paths}
    days = [column for column in columns if column not in used and _holds_days(column, records)]
    yearless = [column for column in days if _lacks_year(column, records)]
    return tuple(yearless or (days if has_title else ()))


def _holds_days(column: str, records: Sequence[Record]) -> bool:
    cells = [cell for record in records if not is_empty(cell := record.get(column))]
    return bool(cells) and all(map(_is_day, cells))


def _is_day(cell: Cell) -> bool:
    """Whether a cell is a day, with or without a clock. A spreadsheet may have saved it anew."""
    if isinstance(cell, date):
        return True
    return is_post_day(cell) or (
        isinstance(cell, str) and any(date_under(cell, order) for order in ORDERS)
    )


def _lacks_year(column: str, records: Sequence[Record]) -> bool:
    return any(is_without_year(record.get(column)) for record in records)
