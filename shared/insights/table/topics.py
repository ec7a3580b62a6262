"""The topic of a video: the hashtag that places it among others, rather than asks for reach."""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

NO_TOPIC = "none"

REACH_TAGS = frozenset(
    {
        *("fy", "4u", "4you", "parati", "pourtoi", "perte", "fürdich", "prati", "untukmu"),
        *(
            "keşfet",
            "kesfet",
            "рек",
            "рекомендации",
            "おすすめ",
            "おすすめにのりたい",
            "추천",
            "推荐",
        ),
        *("trend", "trends", "trending", "trendingvideo", "explore", "explorepage", "discover"),
        *("tiktok", "tiktoker", "tiktokers", "tiktokviral", "goviral", "blowthisup", "blowup"),
        *("follow", "followme", "like", "likes", "share", "duet", "video", "new", "algorithm"),
    }
)
"""Hashtags that ask for reach and say nothing of the content. They are casefolded."""

_REACH = re.compile(r"fyp|foryou|viral|xyzbca|xyzcba")
"""The beginnings of such tags: there are `fypage`, `foryoupage`, `viralvideos` and many more."""

_TAG = re.compile(r"#(\w+)")
_BETWEEN = re.compile(r"[\s,;|]+")


class FoldedTags(tuple[str, ...]):
    """Hashtags as `hashtags` gives them, in a quarter of the memory of a set."""

    __slots__ = ()


def topics(cells: Iterable[Any], creators: Sequence[Any] | None = None) -> list[str]:
    """The topic of each video: of its hashtags, the one that most creators of the table use.

    Without creators it is the one that most videos have. Ties go to the more frequent tag, then to
    the first by name. A tag that asks for reach is never a topic; a video without another tag has
    the topic `none`. Counting creators keeps one creator's own tag from being a topic.
    """
    of_cell: dict[FoldedTags, list[str]] = {}
    tags_of = [_content_tags(cell, of_cell) for cell in cells]
    videos = Counter(tag for tags in tags_of for tag in tags)
    users: dict[str, set[Any]] = defaultdict(set)
    for creator, tags in zip(creators if creators is not None else (), tags_of, strict=False):
        for tag in tags:
            users[tag].add(creator)

    def rank(tag: str) -> tuple[int, int, str]:
        return -len(users[tag]), -videos[tag], tag

    return [min(tags, key=rank, default=NO_TOPIC) for tags in tags_of]


def hashtags(cell: Any) -> frozenset[str]:
    """The hashtags of a cell, casefolded: a list, its JSON, `#a #b`, `a, b`, or text with #."""
    if isinstance(cell, list | tuple):
        return frozenset(filter(None, map(_folded, cell)))
    if not isinstance(cell, str):
        return frozenset()
    if "#" in cell:
        return frozenset(map(_folded, _TAG.findall(cell)))
    if cell.lstrip().startswith("["):
        return hashtags(_json_list(cell))
    return frozenset(filter(None, map(_folded, _BETWEEN.split(cell))))


def caption_hashtags(caption: Any) -> frozenset[str]:
    """The hashtags of a caption; its other words are not hashtags."""
    return hashtags(caption) if isinstance(caption, str) and "#" in caption else frozenset()


def _content_tags(cell: Any, of_cell: dict[FoldedTags, list[str]]) -> list[str]:
    """The tags of a cell that say something of the content. Equal cells have one list."""
    tags = cell if isinstance(cell, FoldedTags) else FoldedTags(sorted(hashtags(cell)))
    if tags not in of_cell:
        of_cell[tags] = [tag for tag in tags if tag not in REACH_TAGS and not _REACH.match(tag)]
    return of_cell[tags]


def _folded(tag: Any) -> str:
    # TikTok's 𝓯𝔂𝓹 and fyp are one tag to a reader.
    return unicodedata.normalize("NFKC", str(tag)).casefold().strip().lstrip("#")


def _json_list(cell: str) -> list[Any] | None:
    try:
        values = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, list) else None
