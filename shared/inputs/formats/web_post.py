"""Posts as TikTok's web pages hold them: what Zeeschuimer stores, and 4CAT exports of it.

pandas writes such posts as tables, with `stats.playCount` or `stats_playCount`: TikTokApi's users
do so. Of Zeeschuimer's lines it makes `data.stats.playCount`. Zeeschuimer wraps a post in `data`.
`timestamp_collected` stays when the post is seen again, and `last_updated` moves with the new
counts. 4CAT adds `__import_meta` to the post.
https://github.com/digitalmethodsinitiative/zeeschuimer (js/zs-background.js, modules/tiktok.js),
https://github.com/digitalmethodsinitiative/4cat (datasources/tiktok),
https://github.com/davidteather/TikTok-Api (`Video.as_dict`), read 2026-11.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
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
_TIMES = ("timestamp_collected", "last_updated")
_PATHS: Paths = {
    "video_id": ("id", "video.id"),
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
_COUNTS = ("playCount", "diggCount", "commentCount", "shareCount")
_IDS = ("id", "video.id", "video/id", "video_id")
_SIGNS = "./_"
_BESIDE_A_POST = ("item_id", "source_platform", *_TIMES)
_WRAPPERS = tuple(f"data{sign}" for sign in _SIGNS)
"""What `pandas.json_normalize` puts before the names of a post that Zeeschuimer wrapped."""


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
    if "item_id" not in record:
        return False
    return isinstance(record.get("data"), Mapping) or bool(_wrapper(record))


def _wrapper(names: Iterable[str]) -> str:
    """What stands before the names of a post in a table, as `data.`; empty if nothing does."""
    before = tuple(f"{wrapper}{stats}" for wrapper in _WRAPPERS for stats in _STATS)
    name = next((name for name in names if name.startswith(before)), "")
    return next((wrapper for wrapper in _WRAPPERS if name.startswith(wrapper)), "")


def _is_post(record: Record) -> bool:
    """Whether a record has counts, and the time of posting or, in a table, the post's id."""
    if _is_flattened(record):
        return "createTime" in record or any(name in record for name in _IDS)
    return "createTime" in record and any(as_object(record.get(name)) for name in _STATS)


def _is_flattened(record: Record) -> bool:
    wrapper = _wrapper(record)
    return any(
        f"{wrapper}{name}{sign}{count}" in record
        for name in _STATS
        for sign in _SIGNS
        for count in _COUNTS
    )


def _spelled_as(columns: Sequence[str]) -> Paths:
    """The paths as a flattened table spells them; cell_at reads all others."""
    wrapper = _wrapper(columns)

    def spelled(path: str) -> str:
        names = (wrapper + path.replace(".", sign) for sign in _SIGNS)
        return next((name for name in names if name in columns), path)

    return {ours: tuple(map(spelled, paths)) for ours, paths in _PATHS.items()}


def _unused(columns: Sequence[str]) -> tuple[str, ...]:
    used = {path for paths in _spelled_as(columns).values() for path in paths}
    used |= {top_level(path) for path in used}
    wrapper = _wrapper(columns)
    used |= {f"{wrapper}{name}" for name in _HASHTAGS} | {*(_BESIDE_A_POST if wrapper else ())}
    return tuple(name for name in columns if name not in used)


def _has_reading_time(record: Record) -> bool:
    return not (is_empty(_read_at(record)) and is_empty(record.get("collected_at")))


def _post_in(record: Record) -> Record:
    post = _unwrapped(record)
    platform = str(record.get("source_platform") or "tiktok.com")
    if platform != "tiktok.com":
        raise NotAPost(f"is an item of {platform[:60]}, not a post of tiktok.com")
    if not _is_post(post) or (_wrapper(record) and not _says_anything(post)):
        raise NotAPost("is not a post: it has no counts or no time of posting")
    return {**post, _READ_AT: _read_at(record)}


def _says_anything(post: Record) -> bool:
    """Whether a row has a count or a time of posting. pandas writes empty cells for other items."""
    paths = (
        "createTime",
        *(f"{name}{sign}{count}" for name in _STATS for sign in _SIGNS for count in _COUNTS),
    )
    return any(not is_empty(post.get(path)) for path in paths)


def _unwrapped(record: Record) -> Record:
    """The post in a line of Zeeschuimer, or in such a line as a row of a table."""
    if not _is_wrapped(record):
        return record
    if isinstance(record.get("data"), Mapping):
        return dict(record["data"])
    wrapper = _wrapper(record)
    post = {
        name.removeprefix(wrapper): cell
        for name, cell in record.items()
        if name.startswith(wrapper)
    }
    return {**record, **post}


def _read_at(record: Record) -> Any:
    """The later of the two times at which Zeeschuimer saw the post."""
    meta = record.get("__import_meta")
    source = meta if isinstance(meta, Mapping) else record
    times = [time for name in _TIMES if not is_empty(time := source.get(name))]
    numbers = [time for time in times if (_number(time) or 0) > 0]
    return max(numbers, key=lambda time: _number(time) or 0, default=next(iter(times), None))


def _number(cell: Any) -> float | None:
    """A number, or a text of digits, as a table has it."""
    with suppress(ValueError, TypeError, OverflowError):
        return float(cell)
    return None


def _adapted(fields: Fields, post: Record, read_at: datetime | None) -> Fields:
    author = post.get("author")
    is_name = isinstance(author, str) and not is_empty(author) and as_object(author) is None
    if is_name:  # in the state that a page embeds, the author is a name
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
