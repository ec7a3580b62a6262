"""Checking one entry of a manifest: types, ids, addresses, no formulas."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from shared.inputs import coerce as cell
from shared.inputs.coerce import Unclear
from shared.inputs.field_types import Checked, Instant, Integer, Language, Seconds, Text, Word
from shared.inputs.handles import handle
from shared.model import Handle, Malformed, VideoId
from shared.tiktok.sources.fields import clean_text

VIDEO_FIELDS = (
    "url",
    "caption",
    "hashtags",
    "region_code",
    "language",
    "created_at",
    "duration_s",
    "music_id",
)
CREATOR_FIELDS = ("username", "display_name", "bio", "verified", "followers")
COUNTS = ("views", "likes", "comments", "shares", "saves", "followers")

_Read = Callable[[Any], tuple[Any, bool]]
"""Reads a value; the second result is whether it was rounded."""

_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-"})
_FORMULA = re.compile(r"\s*(=|[+\-]+[\w.]+([+\-*/][\w.]+)*[(|!]|@[A-Z]+\()", re.ASCII)
"""Beginnings of cells that a spreadsheet computes: `=…`, `+cmd|…`, `@SUM(…`."""


class Line(Checked):
    """The fields of one video. A missing count is unknown. `is_rounded` marks counts as 541.2K."""

    file: Word | None = None
    video_id: VideoId | None = None
    url: Text | None = None
    media_url: Text | None = None
    caption: Text | None = None
    hashtags: tuple[Word, ...] | None = Field(default=None, max_length=500)
    region_code: Word | None = None
    language: Language | None = None
    created_at: Instant | None = None
    duration_s: Seconds | None = None
    music_id: Word | None = None
    username: Handle | None = None
    display_name: Text | None = None
    bio: Text | None = None
    verified: bool | None = None
    views: Integer | None = None
    likes: Integer | None = None
    comments: Integer | None = None
    shares: Integer | None = None
    saves: Integer | None = None
    followers: Integer | None = None
    collected_at: Instant | None = None
    is_rounded: bool = False

    @model_validator(mode="after")
    def _is_about_one_thing(self) -> Self:
        if (self.file is None) == (self.video_id is None):
            raise ValueError("needs either file or video_id")
        if self.username is None and self.present("display_name", "bio", "verified"):
            raise ValueError("display_name, bio and verified need a username")
        return self

    def present(self, *names: str) -> dict[str, object]:
        """The named fields that have a value."""
        values = ((name, getattr(self, name)) for name in names)
        return {name: value for name, value in values if value is not None}


def creator_fields(line: Line) -> dict[str, object]:
    """The account's fields. A negative count of followers is left out."""
    fields = line.present(*CREATOR_FIELDS)
    if (line.followers or 0) < 0:
        del fields["followers"]
    return fields


def line_of(fields: Mapping[str, Any], where: str) -> Line:
    """Check an entry's fields. Raises Malformed, which names the field and the problem."""
    values: dict[str, Any] = {}
    is_rounded = fields.get("is_rounded") is True
    for name, value in fields.items():
        if name == "is_rounded" or _is_missing(name, value):
            continue
        read: _Read = _READ.get(name, _text)
        try:
            values[name], rounded = read(value)
        except (Unclear, TypeError) as error:
            why = error if isinstance(error, Unclear) else "is not a single value"
            raise Malformed(f"{where}, {name}: {_quoted(value)} {why}") from error
        is_rounded = is_rounded or rounded
    try:
        return Line.model_validate(values | {"is_rounded": is_rounded})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"])) or "as a whole"
        why = str(first["msg"]).removeprefix("Value error, ")
        raise Malformed(f"{where}, {field}: {why}") from error


_count = cell.count()


def _whole(value: Any) -> tuple[int, bool]:
    number, is_rounded = _count(value)
    return int(number), is_rounded


def _text(value: Any) -> tuple[str, bool]:
    written = clean_text(cell.text(value))
    if _FORMULA.match(written):
        raise Unclear("is a formula, which a spreadsheet would carry out")
    return written, False


def _handle(value: Any) -> tuple[str | None, bool]:
    """The handle in its one spelling; None for an @ alone."""
    written, is_rounded = _text(value)
    return handle(written) or None, is_rounded


def _tags(value: Any) -> tuple[tuple[str, ...], bool]:
    """A list, or words separated by commas or blanks, each with or without a number sign."""
    parts = value if isinstance(value, list) else re.split(r"[,\s]+", cell.text(value))
    tags = (_text(part)[0].removeprefix("#") for part in parts)
    return tuple(name for name in tags if name), False


def _plain(read: Callable[[Any], Any]) -> _Read:
    return lambda value: (read(value), False)


_READ: Mapping[str, _Read] = {
    "video_id": _plain(cell.identifier),
    "music_id": _plain(cell.identifier),
    "created_at": _plain(cell.moment),
    "collected_at": _plain(cell.moment),
    "verified": _plain(cell.yes_or_no),
    "duration_s": _plain(cell.number()),
    "hashtags": _tags,
    "username": _handle,
    **dict.fromkeys(COUNTS, _whole),
}


def _is_missing(name: str, value: Any) -> bool:
    """Whether a cell is empty. `null` is a word in a text field, and empty in a count."""
    if isinstance(value, str):
        has_words = name not in _READ or name == "username"
        return value.strip().casefold() in ({""} if has_words else _MISSING)
    return value is None or (isinstance(value, float) and math.isnan(value))


def _quoted(value: Any) -> str:
    written = repr(value)
    return written if len(written) <= 60 else f"{written[:59]}…"
