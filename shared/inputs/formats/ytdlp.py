"""yt-dlp's `.info.json`, which stands beside the video that it describes.

`uploader` is the account's name, `uploader_id` its number, and `epoch` the time of the reading.
https://github.com/yt-dlp/yt-dlp (extractor/tiktok.py, YoutubeDL.py), read 2026-11.
"""

from collections.abc import Sequence
from datetime import datetime

from shared.inputs.formats.format import Format, Paths
from shared.inputs.formats.page_url import profile_handle
from shared.inputs.formats.record import Fields, Record, is_empty

_PATHS: Paths = {
    "video_id": ("id",),
    "username": ("uploader",),
    "display_name": ("channel", "creator"),
    "caption": ("description", "title"),
    "hashtags": ("tags",),
    "url": ("webpage_url", "original_url"),
    "language": ("language",),
    "created_at": ("timestamp",),
    "duration_s": ("duration",),
    "views": ("view_count",),
    "likes": ("like_count",),
    "comments": ("comment_count",),
    "shares": ("repost_count",),
    "saves": ("save_count",),
    "followers": ("channel_follower_count",),
    "collected_at": ("epoch",),
}
_TIKTOK = "tiktok"


def recognised(columns: Sequence[str], records: Sequence[Record]) -> Format | None:
    """yt-dlp's information, by the keys that it writes for every site."""
    if not any("extractor_key" in record and "webpage_url" in record for record in records):
        return None
    return Format(
        "yt-dlp's information about videos",
        _PATHS,
        has_reading_time=any(not is_empty(record.get("epoch")) for record in records),
        dates="ymd",
        adapt=_adapted,
    )


def _adapted(fields: Fields, record: Record, read_at: datetime | None) -> Fields:
    if _TIKTOK not in str(record.get("extractor_key", "")).casefold():
        fields["video_id"] = None  # the id of another site is not TikTok's
        return fields
    handle = profile_handle(record.get("uploader_url")) or profile_handle(fields["url"])
    if handle and handle.lstrip("@").isascii() and not handle.startswith("MS4wLjAB"):
        fields["username"] = handle  # yt-dlp may put an account's key in its address
    fields["duration_s"] = fields["duration_s"] or None
    return fields
