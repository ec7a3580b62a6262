"""The shape of the program tiktok-scraper, which Apify's Clockworks and other actors keep.

JSON holds nested objects. CSV flattens them: tiktok-scraper with dots, Apify with slashes.
https://github.com/drawrowfly/tiktok-scraper, https://apify.com/clockworks, read 2026-11.
"""

from collections.abc import Sequence
from datetime import datetime

from shared.inputs.formats.format import Format, NotAPost, Paths
from shared.inputs.formats.record import Fields, Record, has_path, tag_names, top_level

_PATHS: Paths = {
    "video_id": ("id",),
    "username": ("authorMeta.name",),
    "display_name": ("authorMeta.nickName",),
    "bio": ("authorMeta.signature",),
    "verified": ("authorMeta.verified",),
    "caption": ("text",),
    "hashtags": ("hashtags",),
    "url": ("webVideoUrl",),
    "region_code": ("locationCreated",),
    "language": ("textLanguage",),
    "created_at": ("createTime", "createTimeISO"),
    "duration_s": ("videoMeta.duration",),
    "music_id": ("musicMeta.musicId",),
    "views": ("playCount",),
    "likes": ("diggCount",),
    "comments": ("commentCount",),
    "shares": ("shareCount",),
    "saves": ("collectCount",),
    "followers": ("authorMeta.fans",),
    "collected_at": ("scrapedAt", "collectedAt", "collected_at"),
}
_UNDETERMINED = "un"
"""TikTok's code for a text whose language it cannot tell."""


def recognised(columns: Sequence[str], records: Sequence[Record]) -> Format | None:
    """tiktok-scraper's shape, by the account's columns, or by two of its counts."""
    if not any(_names_an_account(name) for name in columns) and not (
        {"diggCount", "playCount", "webVideoUrl"} <= {*columns}
    ):
        return None
    tops = {top_level(path) for paths in _PATHS.values() for path in paths}
    return Format(
        "posts of tiktok-scraper or Clockworks",
        _PATHS,
        has_reading_time=any(
            has_path(record, path) for record in records for path in _PATHS["collected_at"]
        ),
        unused=tuple(name for name in columns if top_level(name) not in tops),
        dates="ymd",
        is_rounded_by_pages=True,
        adapt=_adapted,
    )


def _names_an_account(column: str) -> bool:
    return column == "authorMeta" or column.startswith(("authorMeta.", "authorMeta/"))


def _adapted(fields: Fields, record: Record, read_at: datetime | None) -> Fields:
    why = record.get("error") or record.get("errorCode")
    if fields["video_id"] is None and why:  # Apify lists what it could not fetch among the posts
        raise NotAPost("is a failure that the scraper lists, not a post", str(why))
    fields["hashtags"] = tag_names(record, "hashtags")
    fields["duration_s"] = fields["duration_s"] if str(fields["duration_s"]) != "0" else None
    if fields["language"] == _UNDETERMINED:
        fields["language"] = None
    return fields
