"""Posts as TikTok's web pages hold them: what Zeeschuimer stores, and 4CAT exports of it.

pandas writes such posts as tables, with `stats.playCount` or `stats_playCount`: TikTokApi's users
do so. Zeeschuimer wraps a post in `data`. `timestamp_collected` stays when the post is seen again,
and `last_updated` moves with the new counts. 4CAT adds `__import_meta` to the post.
https://github.com/digitalmethodsinitiative/zeeschuimer (js/zs-background.js, modules/tiktok.js),
https://github.com/digitalmethodsinitiative/4cat (datasources/tiktok),
https://github.com/davidteather/TikTok-Api (`Video.as_dict`), read 2026-11.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.inputs.formats.format import Format, NotAPost, Paths
from shared.inputs.formats.record import (
    Fields,
    Record,
    as_list,
    as_object,
    cell_at,
    is_empty,
    top_level,
)

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
    "views": ("statsV2.playCount", "stats.playCount"),
    "likes": ("statsV2.diggCount", "stats.diggCount"),
    "comments": ("statsV2.commentCount", "stats.commentCount"),
    "shares": ("statsV2.shareCount", "stats.shareCount"),
    "saves": ("statsV2.collectCount", "stats.collectCount"),
    "followers": ("authorStatsV2.followerCount", "authorStats.followerCount"),
    "collected_at": (_READ_AT, "collected_at"),
}
"""`statsV2` comes first: it is exact where `stats` is rounded."""
_HASHTAGS = ("challenges", "textExtra")
_STATS = ("stats", "statsV2")
_SIGNS = "./_"


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
    is_flat = any(map(_is_flattened, records))
    return Format(
        title,
        _spelled_as(columns) if is_flat else _PATHS,
        has_reading_time=any(map(_has_reading_time, records)),
        unused=_unused(columns) if is_flat else (),
        dates="ymd",
        is_rounded_by_pages=True,
        unwrap=_post_in,
        adapt=_adapted,
    )


def _is_wrapped(record: Record) -> bool:
    return "item_id" in record and isinstance(record.get("data"), Mapping)


def _is_post(record: Record) -> bool:
    if "createTime" not in record:
        return False
    return any(as_object(record.get(name)) for name in _STATS) or _is_flattened(record)


def _is_flattened(record: Record) -> bool:
    return any(f"{name}{sign}playCount" in record for name in _STATS for sign in _SIGNS)


def _spelled_as(columns: Sequence[str]) -> Paths:
    """The paths as a flattened table spells them; cell_at reads all others."""

    def spelled(path: str) -> str:
        names = (path.replace(".", sign) for sign in _SIGNS)
        return next((name for name in names if name in columns), path)

    return {ours: tuple(map(spelled, paths)) for ours, paths in _PATHS.items()}


def _unused(columns: Sequence[str]) -> tuple[str, ...]:
    used = {path for paths in _spelled_as(columns).values() for path in paths}
    used |= {top_level(path) for path in used} | {*_HASHTAGS}
    return tuple(name for name in columns if name not in used)


def _has_reading_time(record: Record) -> bool:
    return not (is_empty(_read_at(record)) and is_empty(record.get("collected_at")))


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
    if (
        isinstance(author, str) and as_object(author) is None
    ):  # in the state that a page embeds, the author is a name
        fields["username"] = author
    if any(name in post for name in _HASHTAGS) or not _is_flattened(post):
        fields["hashtags"] = _hashtags(post)
    if fields["duration_s"] in (0, "0"):  # a photo post
        fields["duration_s"] = None
    return fields


def _hashtags(post: Record) -> list[str]:
    challenges = [cell_at(entry, "title") for entry in _objects(post, "challenges")]
    marks = [cell_at(entry, "hashtagName") for entry in _objects(post, "textExtra")]
    names = [name for name in challenges if name] or [name for name in marks if name]
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))


def _objects(post: Record, name: str) -> list[Record]:
    return [entry for entry in as_list(post.get(name)) or () if isinstance(entry, Mapping)]
