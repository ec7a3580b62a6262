"""A video query as the Research API reads it: what is valid, and which posts it finds."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

VIDEO_FIELDS = frozenset(
    {
        "_",
        "id",
        "video_description",
        "create_time",
        "region_code",
        "share_count",
        "view_count",
        "like_count",
        "comment_count",
        "music_id",
        "hashtag_names",
        "username",
        "effect_ids",
        "playlist_id",
        "voice_to_text",
        "is_stem_verified",
        "favorites_count",
        "video_duration",
        "hashtag_info_list",
        "sticker_info_list",
        "effect_info_list",
        "video_mention_list",
        "video_label",
        "video_tag",
    }
)
MAX_COUNT, DEFAULT_COUNT, MAX_DAYS = 100, 20, 30
_MAX_CONDITIONS, _MAX_VALUES = 100, 1000
_ORDERED = frozenset({"create_date", "view_count", "comment_count"})
_OPERATIONS = frozenset({"EQ", "IN", "GT", "GTE", "LT", "LTE"})
_LENGTHS = (("SHORT", 15), ("MID", 60), ("LONG", 300))  # seconds, upper bounds
_BODY_KEYS = frozenset(
    {"query", "start_date", "end_date", "max_count", "cursor", "search_id", "is_random"}
)
Post = Mapping[str, Any]  # wire format


class InvalidParams(Exception):
    """The request is malformed: 400 invalid_params, with this message."""


@dataclass(frozen=True, slots=True)
class QueryCondition:
    """One comparison: the field, the operation, and the values as sent."""

    operation: str
    field: str
    values: tuple[str, ...]

    def holds(self, post: Post) -> bool:
        """Whether any of the post's values for the field compares. An absent value never does."""
        operands = _operands(self.field, self.values)
        if self.field != "keyword" and self.operation in ("EQ", "IN"):
            return any(have in operands for have in _FACTS[self.field](post))
        compare = _CONTAINS if self.field == "keyword" else _COMPARE[self.operation]
        return any(compare(have, value) for have in _FACTS[self.field](post) for value in operands)


@dataclass(frozen=True, slots=True)
class VideoQuery:
    """A validated request for one page of a search."""

    all_of: tuple[QueryCondition, ...]
    any_of: tuple[QueryCondition, ...]
    none_of: tuple[QueryCondition, ...]
    start: date
    end: date
    is_random: bool
    max_count: int
    cursor: int
    search_id: str | None

    @property
    def search(self) -> tuple[object, ...]:
        """What must not change between the pages of one search."""
        return (self.all_of, self.any_of, self.none_of, self.start, self.end, self.is_random)

    def finds(self, post: Post, *, end_inclusive: bool = True) -> bool:
        """Whether the post lies in the window and meets the conditions."""
        day = _day(post)
        if not (self.start <= day < self.end or (end_inclusive and day == self.end)):
            return False
        return (
            all(c.holds(post) for c in self.all_of)
            and (not self.any_of or any(c.holds(post) for c in self.any_of))
            and not any(c.holds(post) for c in self.none_of)
        )


def parse_query(body: object) -> VideoQuery:
    """Read a request body. Raises InvalidParams with a sentence about the first problem."""
    if not isinstance(body, dict):
        raise InvalidParams("the request body must be a JSON object")
    if unknown := sorted(set(body) - _BODY_KEYS):
        raise InvalidParams(f"unknown parameter: {unknown[0]}")
    all_of, any_of, none_of = _conditions(body.get("query"))
    start, end = _date(body, "start_date"), _date(body, "end_date")
    if end < start:
        raise InvalidParams("end_date must not be before start_date")
    if end - start > timedelta(days=MAX_DAYS):
        raise InvalidParams(f"end_date must be no more than {MAX_DAYS} days after start_date")
    return VideoQuery(
        all_of,
        any_of,
        none_of,
        start,
        end,
        is_random=_flag(body, "is_random"),
        max_count=_whole(body, "max_count", DEFAULT_COUNT, 1, MAX_COUNT),
        cursor=_whole(body, "cursor", 0, 0, 2**53),
        search_id=_search_id(body),
    )


def parse_fields(text: str | None, supported: frozenset[str]) -> tuple[str, ...]:
    """Read the `fields` query parameter. Raises InvalidParams when empty or unknown."""
    fields = tuple(field.strip() for field in (text or "").split(",") if field.strip())
    if not fields:
        raise InvalidParams("fields is required")
    if unknown := [field for field in fields if field not in supported]:
        raise InvalidParams(f"Field {unknown[0]} is not supported")
    return fields


def _conditions(query: object) -> tuple[tuple[QueryCondition, ...], ...]:
    if not isinstance(query, dict):
        raise InvalidParams("query must be an object")
    if unknown := sorted(set(query) - {"and", "or", "not"}):
        raise InvalidParams(f"unknown clause in query: {unknown[0]}")
    clauses = []
    for clause in ("and", "or", "not"):
        listed = query.get(clause) or []
        if not isinstance(listed, list) or len(listed) > _MAX_CONDITIONS:
            raise InvalidParams(f"query.{clause} must be a list of at most {_MAX_CONDITIONS}")
        clauses.append(tuple(_condition(item) for item in listed))
    if not any(clauses):
        raise InvalidParams("query needs at least one condition in and, or, not")
    return tuple(clauses)


def _condition(item: object) -> QueryCondition:
    if not isinstance(item, dict) or set(item) != {"operation", "field_name", "field_values"}:
        raise InvalidParams("a condition has operation, field_name and field_values")
    operation, field, values = item["operation"], item["field_name"], item["field_values"]
    if not isinstance(field, str) or field not in _FACTS:
        raise InvalidParams(f"field_name {field!r} is not supported")
    if not isinstance(operation, str) or operation not in _OPERATIONS:
        raise InvalidParams(f"operation {operation!r} is not supported")
    if operation not in ("EQ", "IN") and field not in _ORDERED:
        raise InvalidParams(f"operation {operation} is not supported for {field}")
    _check_values(operation, field, values)
    return QueryCondition(operation, field, tuple(values))


def _check_values(operation: str, field: str, values: object) -> None:
    if not isinstance(values, list) or not 1 <= len(values) <= _MAX_VALUES:
        raise InvalidParams(f"field_values of {field} must be a list of 1 to {_MAX_VALUES}")
    if not all(isinstance(value, str) for value in values):
        raise InvalidParams(f"field_values of {field} must be strings")
    if operation != "IN" and len(values) != 1:
        raise InvalidParams(f"operation {operation} takes one value")
    for value in values:
        if not _VALID[field](value):
            raise InvalidParams(f"{value[:80]!r} is not a value of {field}")


def _date(body: Mapping[str, Any], key: str) -> date:
    value = body.get(key)
    if not isinstance(value, str) or not _is_day(value):
        raise InvalidParams(f"{key} must be a date written YYYYMMDD")
    return datetime.strptime(value, "%Y%m%d").date()


def _whole(body: Mapping[str, Any], key: str, default: int, low: int, high: int) -> int:
    value = body.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise InvalidParams(f"Invalid count or cursor: {key} must be {low} to {high}")
    return value


def _flag(body: Mapping[str, Any], key: str) -> bool:
    value = body.get(key, False)
    if not isinstance(value, bool):
        raise InvalidParams(f"{key} must be true or false")
    return value


def _search_id(body: Mapping[str, Any]) -> str | None:
    value = body.get("search_id")
    if value is not None and not isinstance(value, str):
        raise InvalidParams("search_id must be a string")
    return value or None


def _day(post: Post) -> date:
    return datetime.fromtimestamp(post["create_time"], UTC).date()


@lru_cache(maxsize=64)
def _operands(field: str, values: tuple[str, ...]) -> frozenset[str | int]:
    """The values to compare with. A large library asks for the same ones many times."""
    return frozenset(_comparable(field, value) for value in values)


def _comparable(field: str, value: str) -> str | int:
    if field in ("view_count", "comment_count", "video_id", "music_id"):
        return int(value)
    return value.casefold() if field in ("keyword", "hashtag_name", "username") else value


def _value(key: str) -> Callable[[Post], Sequence[Any]]:
    return lambda post: [post[key]] if key in post else []


def _keywords(post: Post) -> Sequence[Any]:
    return [post.get("video_description", "").casefold()]


def _length(post: Post) -> Sequence[str]:
    if "video_duration" not in post:
        return []
    return [next((n for n, top in _LENGTHS if post["video_duration"] < top), "EXTRA_LONG")]


_FACTS: Mapping[str, Callable[[Post], Sequence[Any]]] = {
    "create_date": lambda post: [f"{_day(post):%Y%m%d}"],
    "username": lambda post: [post["username"].casefold()],
    "region_code": _value("region_code"),
    "video_id": _value("id"),
    "hashtag_name": lambda post: [tag.casefold() for tag in post.get("hashtag_names", [])],
    "keyword": _keywords,
    "music_id": _value("music_id"),
    "effect_id": lambda post: post.get("effect_ids", []),
    "video_length": _length,
    "view_count": _value("view_count"),
    "comment_count": _value("comment_count"),
}


def _is_day(value: str) -> bool:
    try:
        return bool(re.fullmatch(r"[0-9]{8}", value)) and bool(datetime.strptime(value, "%Y%m%d"))
    except ValueError:
        return False


def _is_number(value: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,19}", value))


_VALID: Mapping[str, Callable[[str], bool]] = {
    "create_date": _is_day,
    "username": bool,
    "region_code": lambda value: bool(re.fullmatch(r"[A-Z]{2}", value)),
    "video_id": _is_number,
    "hashtag_name": bool,
    "keyword": bool,
    "music_id": _is_number,
    "effect_id": _is_number,
    "video_length": {"SHORT", "MID", "LONG", "EXTRA_LONG"}.__contains__,
    "view_count": _is_number,
    "comment_count": _is_number,
}
_CONTAINS = operator.contains  # keyword: the caption holds the word
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "EQ": operator.eq,
    "IN": operator.eq,
    "GT": operator.gt,
    "GTE": operator.ge,
    "LT": operator.lt,
    "LTE": operator.le,
}
