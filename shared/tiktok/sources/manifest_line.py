"""One row of a list of videos: its cells read, and those that cannot be read counted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import partial
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from shared.inputs.field_types import (
    Checked,
    Instant,
    Integer,
    Language,
    Number,
    Seconds,
    Text,
    Word,
)
from shared.inputs.formats.format import Format
from shared.inputs.formats.page_url import TIKTOK_ID
from shared.inputs.formats.record import Record
from shared.inputs.handles import written_handle
from shared.inputs.tables import cells
from shared.inputs.tables.cells import CountReading
from shared.inputs.tables.errors import Unclear
from shared.inputs.tables.losses import Losses
from shared.inputs.tables.notation import Notation
from shared.inputs.tables.table import Cell
from shared.model import Handle, VideoId
from shared.quality import COUNTS, RATES, READINGS, WATCH_TIMES
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
KINDS: Mapping[str, str] = {
    **dict.fromkeys(COUNTS, "count"),
    **dict.fromkeys(WATCH_TIMES, "seconds"),
    **dict.fromkeys(RATES, "part"),
    "duration_s": "seconds",
    "created_at": "time",
    "collected_at": "time",
}
"""Our fields whose cells show the notation of a file."""

_ESSENTIAL = frozenset({"video_id", "file", "collected_at"})
"""Without these a row says nothing: neither about which post it is, nor when."""


class Line(Checked):
    """The fields of one video. A missing count is unknown. `is_rounded` marks counts as 541.2K.
    `is_day` marks a `created_at` that is a day without a clock.

    A line with `file` describes an own file. With `video_id` too, the file is that post's.
    """

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
    reach: Integer | None = None
    total_watch_s: Number | None = None
    average_watch_s: Number | None = None
    completion_rate: Number | None = None
    hook_rate_3s: Number | None = None
    collected_at: Instant | None = None
    is_rounded: bool = False
    is_day: bool = False

    @model_validator(mode="after")
    def _is_about_something(self) -> Self:
        if self.file is None and self.video_id is None:
            raise ValueError("has no id")
        return self

    def present(self, *names: str) -> dict[str, object]:
        """The named fields that have a value."""
        values = ((name, getattr(self, name)) for name in names)
        return {name: value for name, value in values if value is not None}

    @property
    def coarse(self) -> tuple[str, ...]:
        """Fields whose value gives way to any other (shared/listings.py)."""
        return ("created_at",) if self.is_day else ()

    def without_counts(self) -> "Line":
        """The line without its counts."""
        return self.model_copy(update=dict.fromkeys(READINGS) | {"is_rounded": False})


class LostRow(ValueError):
    """The row has no usable id, or no usable time. The text is a clause about "it"."""

    def __init__(self, why: str, example: object = ""):
        super().__init__(why)
        self.example = example


def creator_fields(line: Line) -> dict[str, object]:
    """The account's fields. A negative count of followers is left out."""
    fields = line.present(*CREATOR_FIELDS)
    if (line.followers or 0) < 0:
        del fields["followers"]
    return fields


class LineReader:
    """Reads the fields of rows of one file. `losses` counts what cannot be read, by column."""

    def __init__(self, format_: Format, notation: Notation, losses: Losses):
        self._format = format_
        self._notation = notation
        self._losses = losses

    def read(self, fields: Mapping[str, Any], number: int, record: Record | None = None) -> Line:
        """One row. A cell that cannot be read is unknown. Raises LostRow.

        `record` is the row as the file has it: it shows which of several columns holds a field.
        """
        row = _Row(fields, number, record)
        values: dict[str, Any] = {}
        is_rounded = fields.get("is_rounded") is True
        for ours in fields:
            if ours == "is_rounded":
                continue
            value = self._value(ours, row)
            if isinstance(value, CountReading):
                is_rounded = is_rounded or value.is_rounded
                value = value.value
            if value is not None:
                values[ours] = value
        marks = {"is_rounded": is_rounded, "is_day": self._is_day(values.get("created_at"))}
        return self._checked(values | marks, row)

    def _is_day(self, created_at: datetime | None) -> bool:
        """Whether a time is a midnight: then the cell was a day, 86,399 times of 86,400."""
        zone = self._notation.timezone or UTC
        return created_at is not None and created_at.astimezone(zone).time() == time.min

    def _value(self, ours: str, row: "_Row") -> Any:
        column = self._format.column(ours, row.record)
        try:
            value = _READERS.get(ours, _text)(row.fields[ours], self._notation)
        except Unclear as error:
            self._losses.count_filled(column)
            self._lose(ours, row, str(error))
            return None
        if value is not None:
            self._losses.count_filled(column)
        return value

    def _checked(self, values: dict[str, Any], row: "_Row") -> Line:
        try:
            return Line.model_validate(values)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False)
            for problem in problems:
                why = str(problem["msg"]).removeprefix("Value error, ")
                if not problem["loc"]:
                    raise LostRow(why) from error
                ours = str(problem["loc"][0])
                if values.pop(ours, None) is not None:
                    self._lose(ours, row, f"is refused: {why}")
        return self._checked(values, row)

    def _lose(self, ours: str, row: "_Row", why: str) -> None:
        column, cell = self._format.column(ours, row.record), row.fields[ours]
        has_other_id = ours == "video_id" and "file" in row.fields
        if ours in _ESSENTIAL and not has_other_id:
            raise LostRow(f"has a cell in {column} that {why}", cell)
        self._losses.lose_cell(column, row.number, cell, why)


@dataclass(frozen=True, slots=True)
class _Row:
    fields: Mapping[str, Any]
    number: int
    record: Record | None


def _text(cell: Cell, notation: Notation) -> str | None:
    written = cells.text(cell, notation)
    return None if written is None else clean_text(written)


def _handle(cell: Cell, notation: Notation) -> str | None:
    written = _text(cell, notation)
    return None if written is None else written_handle(written) or None


def read_video_id(cell: Cell, notation: Notation) -> str | None:
    """An id of TikTok, or of an own file. Raises Unclear."""
    written = cells.identifier(cell, notation)
    if written is not None and written.isdecimal() and not TIKTOK_ID.fullmatch(written):
        raise Unclear(f"is not an id of TikTok, which {ABOUT_IDS}")
    return written


def _tags(cell: Cell, notation: Notation) -> tuple[str, ...] | None:
    names = cells.hashtags(cell, notation)
    return None if names is None else tuple(map(clean_text, names))


ABOUT_IDS = "has 15 to 20 digits and does not begin with 0, as 7300000000000000001"

_READERS: Mapping[str, Callable[[Cell, Notation], Any]] = {
    "video_id": read_video_id,
    "music_id": cells.identifier,
    "username": _handle,
    "created_at": cells.moment,
    "collected_at": cells.moment,
    "verified": cells.yes_or_no,
    "duration_s": cells.seconds,
    "hashtags": _tags,
    **{ours: partial(cells.count, column=ours) for ours in COUNTS},
    **dict.fromkeys(WATCH_TIMES, cells.seconds),
    **dict.fromkeys(RATES, cells.part),
}
