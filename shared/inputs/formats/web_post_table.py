"""The table that 4CAT and Zeeschuimer make of posts: one column for each field.

Both programs write the same columns; Zeeschuimer separates them by semicolons. No column says when
the counts were read. https://github.com/digitalmethodsinitiative/zeeschuimer (modules/tiktok.js,
`map_item`, made from 4CAT's), read 2026-11.
"""

from collections.abc import Sequence
from datetime import datetime

from shared.inputs.formats.format import Format, Paths
from shared.inputs.formats.record import Fields, Record

_PATHS: Paths = {
    "video_id": ("id",),
    "username": ("author",),
    "display_name": ("author_full",),
    "caption": ("body",),
    "hashtags": ("hashtags", "challenges"),
    "url": ("tiktok_url",),
    "region_code": ("location_created",),
    "created_at": ("unix_timestamp", "timestamp"),
    "music_id": ("music_id",),
    "views": ("plays",),
    "likes": ("likes",),
    "comments": ("comments",),
    "shares": ("shares",),
    "followers": ("author_followers",),
    "collected_at": ("timestamp_collected", "collected_at"),
}
_SIGNATURE = frozenset({"thread_id", "author", "body", "plays"})


def recognised(columns: Sequence[str], records: Sequence[Record]) -> Format | None:
    """The table of 4CAT or Zeeschuimer, by its columns."""
    if not _SIGNATURE.issubset(columns):
        return None
    used = {path for paths in _PATHS.values() for path in paths}
    return Format(
        "a table of 4CAT or Zeeschuimer",
        _PATHS,
        has_reading_time=bool({*_PATHS["collected_at"]} & {*columns}),
        unused=tuple(name for name in columns if name not in used),
        dates="ymd",
        is_rounded_by_pages=True,
        adapt=_adapted,
    )


def _adapted(fields: Fields, record: Record, read_at: datetime | None) -> Fields:
    url = fields.get("url")
    if isinstance(url, str) and "/@/" in url:  # 4CAT writes it where the account is unknown
        fields["url"] = None
    return fields
