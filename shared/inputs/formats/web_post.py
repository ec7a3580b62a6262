"""Posts as TikTok's web pages hold them: what Zeeschuimer stores, and 4CAT exports of it.

Zeeschuimer wraps a post in `data`. `timestamp_collected` stays when the post is seen again, and
`last_updated` moves with the new counts. 4CAT adds `__import_meta` to the post.
https://github.com/digitalmethodsinitiative/zeeschuimer (js/zs-background.js, modules/tiktok.js),
https://github.com/digitalmethodsinitiative/4cat (datasources/tiktok), read 2026-11.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.inputs.formats.format import Format, NotAPost, Paths
from shared.inputs.formats.record import Fields, Record, cell_at, is_empty

_READ_AT = "read_at"
_PATHS: Paths = {
    "video_id": ("id",),
    "username": ("author.uniqueId",),
    "display_name": ("author.nickname", "nickname"),
    "bio": ("author.signature",),
    "verified": ("author.verified",),
    "caption": ("desc",),
    "region_code": ("locationCreated",),
    "language": ("textLanguage",),
    "created_at": ("createTime",),
    "duration_s": ("video.duration",),
    "music_id": ("music.id",),
    "views": ("stats.playCount", "statsV2.playCount"),
    "likes": ("stats.diggCount", "statsV2.diggCount"),
    "comments": ("stats.commentCount", "statsV2.commentCount"),
    "shares": ("stats.shareCount", "statsV2.shareCount"),
    "saves": ("stats.collectCount", "statsV2.collectCount"),
    "followers": ("authorStats.followerCount", "authorStatsV2.followerCount"),
    "collected_at": (_READ_AT,),
}


def recognised(columns: Sequence[str], records: Sequence[Record]) -> Format | None:
    """Zeeschuimer's or 4CAT's lines of JSON, by their first records."""
    if any(map(_is_wrapped, records)):
        title = "Zeeschuimer's posts"
    elif any("__import_meta" in record for record in records):
        title = "4CAT's posts"
    elif any(map(_is_post, records)):
        title = "posts of TikTok's web pages"
    else:
        return None
    has_time = any(not is_empty(_read_at(record)) for record in records)
    return Format(
        title,
        _PATHS,
        has_reading_time=has_time,
        dates="ymd",
        is_rounded_by_pages=True,
        unwrap=_post_in,
        adapt=_adapted,
    )


def _is_wrapped(record: Record) -> bool:
    return "item_id" in record and isinstance(record.get("data"), Mapping)


def _is_post(record: Record) -> bool:
    stats = record.get("stats") or record.get("statsV2")
    return isinstance(stats, Mapping) and "createTime" in record


def _post_in(record: Record) -> Record:
    post = record["data"] if _is_wrapped(record) else record
    platform = str(record.get("source_platform") or "tiktok.com")
    if platform != "tiktok.com":
        raise NotAPost(f"is an item of {platform[:60]}, not a post of tiktok.com")
    if not _is_post(post):
        raise NotAPost("is not a post: it has no counts or no time of posting")
    return {**post, _READ_AT: _read_at(record)}


def _read_at(record: Record) -> Any:
    """The later of the two times at which Zeeschuimer saw the post."""
    meta = record.get("__import_meta")
    source = meta if isinstance(meta, Mapping) else record
    times = [source.get(name) for name in ("timestamp_collected", "last_updated")]
    numbers = [time for time in times if isinstance(time, int | float) and time > 0]
    return max(numbers, default=next((time for time in times if not is_empty(time)), None))


def _adapted(fields: Fields, post: Record, read_at: datetime | None) -> Fields:
    author = post.get("author")
    if isinstance(author, str):  # in the state that a page embeds, the author is a name
        fields["username"] = author
    fields["hashtags"] = _hashtags(post)
    fields["duration_s"] = fields["duration_s"] or None  # 0 for a photo post
    return fields


def _hashtags(post: Record) -> list[str]:
    challenges = [cell_at(entry, "title") for entry in _objects(post, "challenges")]
    marks = [cell_at(entry, "hashtagName") for entry in _objects(post, "textExtra")]
    names = [name for name in challenges if name] or [name for name in marks if name]
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))


def _objects(post: Record, name: str) -> list[Record]:
    part = post.get(name)
    return [entry for entry in part if isinstance(entry, Mapping)] if isinstance(part, list) else []
