"""Names of our fields in manifests and in TikTok's own pages.

Columns are recognised by our names and by those of common tools (NAMES). The browser extension
Zeeschuimer, and 4CAT exports of it, store posts with the field names of TikTok's web pages:
https://github.com/digitalmethodsinitiative/zeeschuimer,
https://github.com/digitalmethodsinitiative/4cat (read 2026-11).
"""

from collections.abc import Iterator, Mapping
from typing import Any

NAMES: Mapping[str, tuple[str, ...]] = {
    "file": ("file",),
    "video_id": ("video_id", "id", "aweme_id", "item_id"),
    "username": ("username", "author", "author_name", "unique_id", "creator"),
    "display_name": ("display_name", "author_full", "nickname"),
    "bio": ("bio", "bio_description", "signature"),
    "verified": ("verified", "is_verified"),
    "caption": ("caption", "desc", "description", "video_description", "body", "text"),
    "hashtags": ("hashtags", "hashtag_names"),
    "url": ("url", "tiktok_url", "share_url", "web_url"),
    "media_url": ("media_url",),
    "region_code": ("region_code", "location_created"),
    "language": ("language",),
    "created_at": ("created_at", "unix_timestamp", "create_time", "createtime", "timestamp"),
    "duration_s": ("duration_s", "duration", "video_duration"),
    "music_id": ("music_id",),
    "views": ("views", "plays", "view_count", "play_count", "playcount"),
    "likes": ("likes", "like_count", "digg_count", "diggcount"),
    "comments": ("comments", "comment_count", "commentcount"),
    "shares": ("shares", "share_count", "sharecount"),
    "saves": ("saves", "favorites_count", "favourites_count", "collect_count", "collectcount"),
    "followers": ("followers", "follower_count", "author_followers"),
    "collected_at": ("collected_at", "timestamp_collected"),
}
"""Our fields, and the columns that mean them. The first column present counts."""

Terms = dict[str, Any]
Columns = Mapping[str, str]


def rename_fields(record: Mapping[str, Any], columns: Columns) -> tuple[Terms, list[str]]:
    """A record's fields by our names, and its unknown keys.

    `columns` maps our fields to the file's columns, and takes precedence over NAMES.
    """
    keys = {str(key).strip().lower(): key for key in record}
    own = {theirs.strip().lower(): ours for ours, theirs in columns.items()}
    fields = {ours: record[keys[theirs]] for theirs, ours in own.items() if theirs in keys}
    used = set(own)
    for ours, names in NAMES.items():
        matches = [name for name in names if name in keys and name not in own]
        used.update(matches)
        if matches and ours not in fields:
            fields[ours] = record[keys[matches[0]]]
    return fields, [str(key) for name, key in keys.items() if name not in used]


def page_fields(record: Mapping[str, Any]) -> Terms | None:
    """The fields of a post from TikTok's pages by our names; None for other records.

    Zeeschuimer wraps the post in `data`, next to the time at which it was seen.
    """
    post, seen_at = record, record.get("timestamp_collected")
    if isinstance(record.get("data"), dict) and "item_id" in record:
        post = record["data"]
    elif isinstance(about := record.get("__import_meta"), dict):
        seen_at = about.get("timestamp_collected")
    if not (isinstance(post.get("stats"), dict) and "createTime" in post):
        return None
    return {name: value for name, value in _terms(post, seen_at) if value not in (None, "")}


def _terms(post: Mapping[str, Any], seen_at: Any) -> Iterator[tuple[str, Any]]:
    author = post.get("author")
    account = author if isinstance(author, dict) else {"uniqueId": author}
    yield "video_id", post.get("id")
    yield "username", account.get("uniqueId")
    yield "display_name", account.get("nickname") or post.get("nickname")
    yield "bio", account.get("signature")
    yield "verified", account.get("verified")
    yield "caption", post.get("desc")
    yield "hashtags", _hashtags(post)
    yield "region_code", post.get("locationCreated")
    yield "created_at", post.get("createTime")
    yield "duration_s", _part(post, "video").get("duration") or None  # 0 for a photo post
    yield "music_id", _part(post, "music").get("id")
    yield "followers", _part(post, "authorStats").get("followerCount")
    stats = _part(post, "stats")
    for ours, theirs in _STATS.items():
        yield ours, stats.get(theirs)
    yield "is_rounded", any(_looks_rounded(count) for count in stats.values())
    yield "collected_at", seen_at


_STATS = {
    "views": "playCount",
    "likes": "diggCount",
    "comments": "commentCount",
    "shares": "shareCount",
    "saves": "collectCount",
}


def _hashtags(post: Mapping[str, Any]) -> list[str]:
    challenges = [_text(entry, "title") for entry in _list(post, "challenges")]
    marks = [_text(entry, "hashtagName") for entry in _list(post, "textExtra")]
    return list(dict.fromkeys(name for name in challenges or marks if name))


def _looks_rounded(count: Any) -> bool:
    """Whether a count looks rounded: pages give 11,400 for 11,387 and 37,400,000 for 37,411,202."""
    if type(count) is not int or count < 10_000:
        return False
    return count % (100 if count < 1_000_000 else 100_000) == 0


def _part(post: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = post.get(name)
    return part if isinstance(part, dict) else {}


def _list(post: Mapping[str, Any], name: str) -> list[Any]:
    part = post.get(name)
    return part if isinstance(part, list) else []


def _text(entry: Any, name: str) -> str:
    value = entry.get(name) if isinstance(entry, dict) else None
    return value if isinstance(value, str) else ""
