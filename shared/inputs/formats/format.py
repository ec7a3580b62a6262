"""A format: how the records of one tool become our fields."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from shared.inputs.formats.page_url import (
    TIKTOK_ID,
    PostAddress,
    is_short_link,
    post_address,
)
from shared.inputs.formats.post_days import posted_on
from shared.inputs.formats.record import Fields, Record, cell_at, is_empty
from shared.inputs.tables.errors import Unclear
from shared.inputs.tables.notation import Notation
from shared.inputs.tables.time_cells import moment

Paths = Mapping[str, tuple[str, ...]]
"""Our fields, each with paths of cells that mean it. The first cell that is not empty counts."""

_WHOLE = re.compile(r"\s*(\d{1,15})(?:\.0+)?\s*", re.ASCII)
_HANDLE = re.compile(r"\s*@?[\w.]{1,50}\s*", re.ASCII)
_COUNTS = ("views", "likes", "comments", "shares", "saves")
_EXACT_DIGITS = 15
"""A float keeps so many digits of an id, and a spreadsheet shows zeros for the others."""


class NotAPost(ValueError):
    """The record is not about one post of TikTok.

    The text is a clause about "it", the same for records alike. `example` is what shows it.
    """

    def __init__(self, why: str, example: str = ""):
        super().__init__(why)
        self.example = example


@dataclass(frozen=True, slots=True)
class Format:
    """One recognised format, bound to the columns of one file.

    `title` completes "read as …". `paths` say where our fields stand in a record. `unused` are the
    columns that mean nothing to us, and `doubtful` pairs of a count and an unused column that may
    be it. `has_days_without_year` is whether times of posting may lack the year. `is_by_names` is
    whether names of columns alone decided, so that a person should check them. `dates` is the order
    of dates of a tool, whose times are in UTC; None if the cells must show it. A tool proves no
    decimal mark: a spreadsheet may have saved its table anew. `has_reading_time` is whether a
    record says when its counts were read.
    """

    title: str
    paths: Paths
    has_reading_time: bool
    unused: tuple[str, ...] = ()
    doubtful: tuple[tuple[str, str], ...] = ()
    dates: Literal["ymd", "dmy", "mdy"] | None = None
    is_rounded_by_pages: bool = False
    is_by_names: bool = False
    has_days_without_year: bool = False
    unwrap: Callable[[Record], Record] | None = None
    adapt: Callable[[Fields, Record, datetime | None], Fields] | None = None
    stated: Mapping[str, str] = field(default_factory=dict)

    def fields(self, record: Record, read_at: datetime | None = None) -> Fields:
        """A record's cells by our names; an absent name is unknown.

        `read_at` is when the counts were read, if that is stated outside of the file; it is in the
        zone of the file's times, because it completes days without a year. `is_rounded` is true for
        counts that look as TikTok's pages round them. Raises NotAPost.
        """
        source = self.unwrap(record) if self.unwrap else record
        fields = {ours: _first(source, paths) for ours, paths in self.paths.items()}
        if len(self.paths.get("created_at", ())) > 1:
            fields["created_at"] = _first_time(source, self.paths["created_at"])
        if self.adapt:
            fields = self.adapt(fields, source, read_at)
        fields |= {ours: cell_at(record, theirs) for ours, theirs in self.stated.items()}
        if self.has_days_without_year:
            day = read_at.date() if read_at else None
            fields["created_at"] = posted_on(fields.get("created_at"), day)
        fields = {ours: value for ours, value in fields.items() if not is_empty(value)}
        fields = _completed(fields, self._address(fields, source))
        if self.is_rounded_by_pages and any(looks_rounded(fields.get(name)) for name in _COUNTS):
            fields["is_rounded"] = True
        return fields

    def column(self, ours: str, record: Record | None = None) -> str:
        """What the file calls one of our fields.

        Where several columns mean it, the one that `record` fills; without it, the first.
        """
        if ours in self.stated:
            return self.stated[ours]
        paths = self.paths.get(ours, ())
        if record is not None and len(paths) > 1:
            source = self.unwrap(record) if self.unwrap else record
            paths = tuple(path for path in paths if not is_empty(cell_at(source, path))) or paths
        return next(iter(paths), ours)

    def notation(self, stated: Notation | None) -> Notation:
        """The notation that a person states, completed by the dates of the tool."""
        stated = stated or Notation()
        zone = ZoneInfo("UTC") if self.dates else None
        return Notation(stated.decimal, stated.dates or self.dates, stated.timezone or zone)

    def with_columns(self, stated: Mapping[str, str], columns: tuple[str, ...]) -> "Format":
        """The format with columns that a person stated. They come before all others."""
        theirs = set(stated.values())
        return replace(
            self,
            stated=dict(stated),
            has_reading_time=self.has_reading_time or "collected_at" in stated,
            unused=tuple(name for name in self.unused if name in columns and name not in theirs),
            doubtful=tuple(
                (ours, name)
                for ours, name in self.doubtful
                if ours not in stated and name not in theirs
            ),
        )

    def _address(self, fields: Fields, source: Record) -> PostAddress | None:
        """The post that the row's own addresses name. Raises NotAPost for only a short link."""
        cells = [fields.get("video_id"), fields.get("url")]
        if is_short_link(cells[1]) and "url" not in self.stated:
            cells += [cell_at(source, path) for path in self.paths.get("url", ())]
        for cell in cells:
            address = post_address(cell)
            if address is not None:
                if post_address(fields.get("url")) is None:
                    fields["url"] = str(cell).strip()
                return address
        has_id = TIKTOK_ID.fullmatch(str(fields.get("video_id", "")).strip())
        short = next(filter(is_short_link, cells), None)
        if short is not None and not has_id and "file" not in fields:
            raise NotAPost(
                "has only a short link; open it, and bring the full address with /video/ in it",
                str(short).strip(),
            )
        return None


def looks_rounded(count: Any) -> bool:
    """Whether a count looks rounded: pages give 11,400 for 11,387 and 37,400,000 for 37,411,202."""
    if isinstance(count, str):
        count = int(match[1]) if (match := _WHOLE.fullmatch(count)) else None
    if isinstance(count, bool) or not isinstance(count, int | float) or count < 10_000:
        return False
    return count % (100 if count < 1_000_000 else 100_000) == 0


def _first(record: Record, paths: tuple[str, ...]) -> Any:
    cells = (cell_at(record, path) for path in paths)
    return next((cell for cell in cells if not is_empty(cell)), None)


def _first_time(record: Record, paths: tuple[str, ...]) -> Any:
    """The first cell that can be read as a time; else the first that is not empty."""
    cells = [cell for path in paths if not is_empty(cell := cell_at(record, path))]
    if len(cells) < 2:
        return next(iter(cells), None)
    return next(filter(_is_time, cells), cells[0])


def _is_time(cell: Any) -> bool:
    try:
        return moment(cell, Notation(dates="ymd")) is not None
    except Unclear:
        return False


def _completed(fields: Fields, address: PostAddress | None) -> Fields:
    """The fields with what the address of the page says better than its neighbours."""
    if address is None:
        return fields
    fields = fields | {"video_id": _trusted_id(fields.get("video_id"), address.video_id)}
    if address.handle is None:
        return fields
    username = fields.get("username")
    if username is None:
        return fields | {"username": address.handle}
    if not _HANDLE.fullmatch(str(username)):  # a name with blanks is what the page shows
        return {"display_name": username} | fields | {"username": address.handle}
    return fields


def _trusted_id(cell: Any, of_address: str) -> str:
    """The id of the address, unless the cell is a whole and different id. Raises NotAPost.

    Other cells are empty, the number of a row, or what a spreadsheet makes of an id.
    """
    digits = str(cell).strip() if isinstance(cell, str | int) else ""
    if not TIKTOK_ID.fullmatch(digits) or digits == of_address:
        return of_address
    is_cut = len(digits) == len(of_address) and digits[:_EXACT_DIGITS] == of_address[:_EXACT_DIGITS]
    if is_cut:
        return of_address
    raise NotAPost("has an id and an address of two different posts", f"{digits} and {of_address}")
