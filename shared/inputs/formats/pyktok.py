"""The table of the program pyktok: one column for each field, with its part of the page in front.

`author_name` is what the page shows; `author_username` is the account. `video_timestamp` is in the
zone of the machine that ran pyktok, and no column says when the counts were read.
https://github.com/dfreelon/pyktok (`generate_data_row`), read 2026-11.
"""

from collections.abc import Sequence

from shared.inputs.formats.format import Format, Paths
from shared.inputs.formats.record import Record

_PATHS: Paths = {
    "video_id": ("video_id",),
    "username": ("author_username",),
    "display_name": ("author_name",),
    "verified": ("author_verified",),
    "caption": ("video_description",),
    "region_code": ("video_locationcreated",),
    "created_at": ("video_timestamp",),
    "duration_s": ("video_duration",),
    "views": ("video_playcount",),
    "likes": ("video_diggcount",),
    "comments": ("video_commentcount",),
    "shares": ("video_sharecount",),
    "saves": ("video_collectcount",),
    "followers": ("author_followercount",),
    "collected_at": ("collected_at",),
}
_SIGNATURE = frozenset({"video_id", "author_username", "video_playcount", "video_diggcount"})


def recognised(columns: Sequence[str], records: Sequence[Record]) -> Format | None:
    """pyktok's table, by its columns."""
    if not _SIGNATURE.issubset(columns):
        return None
    paths = {ours: path for ours, path in _PATHS.items() if path[0] in columns}
    used = {column for path in paths.values() for column in path}
    return Format(
        "pyktok's table",
        paths,
        has_reading_time="collected_at" in paths,
        unused=tuple(name for name in columns if name not in used),
        is_rounded_by_pages=True,
    )
