"""What a manifest may call our fields, and what TikTok's own pages call them.

Columns are known by our own names and by what common tools call them (NAMES). What the browser
extension Zeeschuimer stores, and 4CAT exports of it, are posts in the words of TikTok's web pages:
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
"""Our fields, and the columns that mean them: the first that is there counts."""

Terms = dict[str, Any]
Columns = Mapping[str, str]


def rename_fields(record: Mapping[str, Any], columns: Columns) -> tuple[Terms, list[str]]:
    """What a record says by our names, and the keys that mean nothing to us.

    `columns` says what the file calls a field of ours, and comes before NAMES.
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
    """What a post in the words of TikTok's pages says by our names; None when it is no such post.

    Zeeschuimer wraps it in `data`, beside the time at which it was seen.
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
    """A page shows 11.4K for 11,387 and 37.4M for 37,411,202, and gives the counts like this."""
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
