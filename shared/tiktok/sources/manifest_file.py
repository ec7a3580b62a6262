"""A list of videos that a person brings: its format recognised, and its rows read as lines."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any, Literal

from shared.inputs.formats.format import Format, NotAPost
from shared.inputs.formats.names import folded
from shared.inputs.formats.page_url import TIKTOK_ID
from shared.inputs.formats.recognise import (
    FIRST_RECORDS,
    UnknownFormat,
    is_without_header,
    recognise,
)
from shared.inputs.formats.stated_columns import columns_option
from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.losses import Losses
from shared.inputs.tables.notation import Notation, notation_of
from shared.inputs.tables.table import Cell, RawRow, Table
from shared.quality import CLOCK_MARGIN, READINGS
from shared.tiktok.sources.manifest_line import (
    ABOUT_IDS,
    KINDS,
    Line,
    LineReader,
    LostRow,
)

TEXT_CHARS = 20_000
MOST_NAMED = 30
"""So many unused columns are named."""


class UndatedCounts(BadTable):
    """No column says when the counts were read, and no person does.

    The sentence is for the user of a command, `for_collection` for the author of a collection.
    """

    def __init__(self, name: str, title: str, written_at: datetime):
        problem = f"{name} was read as {title}, and no column says when its counts were read."
        file_time = f"the time at which the file was written, {_minute(written_at)}"
        super().__init__(
            f"{problem} State the day, --collected-at 2026-01-31, or take {file_time}: "
            "--collected-at file."
        )
        self.for_collection = (
            f"{problem} State the day in the collection, collected_at: 2026-01-31, or take "
            f"{file_time}: collected_at: file."
        )


@dataclass(frozen=True, slots=True)
class ManifestOptions:
    """What a person states about a file.

    `columns` maps our fields to its columns. `collected_at` is when the counts were read where a
    row does not say it; "file" means when the file was written.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    notation: Notation = field(default_factory=Notation)
    collected_at: Literal["file"] | datetime | None = None


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One row: its line, or None and the `problem`. `text` is the beginning of its cells."""

    number: int
    text: str
    line: Line | None
    problem: str = ""


class Manifest:
    """The rows of a file, and what became of them.

    Every iteration reads the file anew and counts anew. `losses` and `notes` are complete when it
    has ended. `written_at` is when the file was written, `now` the present. Raises BadTable for a
    file whose format is unknown or ambiguous, and UndatedCounts.
    """

    def __init__(
        self, table: Table, written_at: datetime, options: ManifestOptions, now: datetime
    ) -> None:
        self._table = table
        self._now = now
        self.format = _recognised(table, options)
        self.read_at = written_at if options.collected_at == "file" else options.collected_at
        if self.read_at is None and self._is_undated():
            raise UndatedCounts(table.name, self.format.title, written_at)
        stated = self.format.notation(options.notation)
        # The day of an export is a day in the zone of its times.
        self._local_read_at = self.read_at and self.read_at.astimezone(stated.timezone or UTC)
        self.notation = notation_of(table, self._kinds(), stated, self._by_column)
        self.losses = Losses(unit=table.unit)
        self._counter: Counter[str] = Counter()

    def __iter__(self) -> Iterator[ManifestEntry]:
        notes = [*self._table.notes, *self.notation.notes]
        self.losses = Losses(unit=self._table.unit, notes=notes)
        self._counter = Counter()
        reader = LineReader(self.format, self.notation, self.losses)
        for row in _rows(self._table):
            self.losses.rows += 1
            yield self._entry(row, reader)

    def sentences(self) -> list[str]:
        """How the file was read, which columns are not used, and what was lost."""
        rows = self.losses.rows
        taken = f"{rows - self.losses.lost:,} of {rows:,} rows taken"
        sentences = [f"{self._table.name} was read as {self.format.title}: {taken}."]
        renamed = [
            f"{ours} from {theirs}"
            for ours, theirs in self._columns().items()
            if folded(theirs) != ours
        ]
        if self.format.is_by_names and renamed:
            sentences.append(f"Columns by their names: {', '.join(renamed)}.")
        if self.format.unused:
            more = len(self.format.unused) - MOST_NAMED
            names = ", ".join(name[:60] for name in self.format.unused[:MOST_NAMED])
            extra = f" and {more} more" if more > 0 else ""
            sentences.append(f"Columns that are not used: {names}{extra}.")
        sentences += _about_doubtful(self.format)
        return [*sentences, *self.losses.sentences(), *self.notes()]

    def notes(self) -> list[str]:
        """What a person should know of the rows that were taken."""
        clauses = {
            "stated": f"have counts of {_minute(self.read_at)}, the stated time",
            "undated": "have counts and no time of reading: their counts are left out",
            "rounded": "have rounded counts",
            "nameless": "name no creator",
            "future": "are dated in the future",
        }
        return [
            f"{self._counter[key]:,} of {self.losses.rows:,} rows {clause}."
            for key, clause in clauses.items()
            if self._counter[key]
        ]

    def document(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "format": self.format.title,
            "container": self._table.container,
            "columns": self._columns(),
            "unused_columns": list(self.format.unused),
            **self.losses.document(),
            "rows_by_note": dict(sorted(self._counter.items())),
        }

    def _columns(self) -> dict[str, str]:
        names = {*self.format.paths, *self.format.stated}
        return {ours: self.format.column(ours) for ours in sorted(names)}

    def _is_undated(self) -> bool:
        has_counts = any(name in self._columns() for name in READINGS)
        return has_counts and not self.format.has_reading_time

    def _kinds(self) -> dict[str, str]:
        columns = self._columns()
        return {columns[ours]: kind for ours, kind in KINDS.items() if ours in columns}

    def _by_column(self, cells: Mapping[str, Cell]) -> Mapping[str, Cell]:
        try:
            fields = self.format.fields(cells, self._local_read_at)
        except NotAPost:
            return {}
        return {self.format.column(ours): cell for ours, cell in fields.items()}

    def _entry(self, row: RawRow, reader: LineReader) -> ManifestEntry:
        if row.problem:
            self.losses.lose_row(f"the {self._table.unit} holds {row.problem}", row.number)
            return ManifestEntry(row.number, "", None, row.problem)
        text = _text_of(row.cells)
        try:
            line = self._read(row, reader)
        except (LostRow, NotAPost) as error:
            self.losses.lose_row(f"it {error}", row.number, error.example)
            return ManifestEntry(row.number, text, None, str(error))
        return ManifestEntry(row.number, text, self._dated(line))

    def _read(self, row: RawRow, reader: LineReader) -> Line:
        fields = self.format.fields(row.cells, self._local_read_at)
        return reader.read(fields, row.number, row.cells)

    def _dated(self, line: Line) -> Line:
        """The line with the stated time, or without counts that have no time."""
        if line.collected_at is None and line.present(*READINGS):
            self._counter["stated" if self.read_at else "undated"] += 1
            line = (
                line.model_copy(update={"collected_at": self.read_at})
                if self.read_at
                else line.without_counts()
            )
        latest = self._now + CLOCK_MARGIN
        self._counter["rounded"] += line.is_rounded
        self._counter["nameless"] += line.username is None
        self._counter["future"] += any(
            at is not None and at > latest for at in (line.created_at, line.collected_at)
        )
        return line


def _recognised(table: Table, options: ManifestOptions) -> Format:
    first = islice((row for row in _rows(table) if not row.problem), FIRST_RECORDS)
    records = [row.cells for row in first]
    if not records:
        raise BadTable(f"{table.name} has no rows that can be read.")
    try:
        match = recognise(table.columns, records, options.columns)
    except UnknownFormat as error:
        raise BadTable(f"{table.name}: {error}") from error
    for paths in (*match.paths.values(), tuple(match.stated.values())):
        for path in paths:
            table.refuse_twins(path)
    _refuse_row_numbers(table.name, match, records)
    return match


def _refuse_row_numbers(name: str, match: Format, records: list[Mapping[str, Cell]]) -> None:
    """Raises BadTable where the column of ids only numbers the rows, and no address names a post.

    A column that a person stated is not judged as a whole: its rows are refused by themselves.
    """
    posts = [fields for record in records if (fields := _fields_of(match, record))]
    ids = [str(fields["video_id"]).strip() for fields in posts if "video_id" in fields]
    is_numbers = all(id_.isdecimal() and not TIKTOK_ID.fullmatch(id_) for id_ in ids)
    if "video_id" in match.stated or not ids or not is_numbers:
        return
    if any("file" in fields for fields in posts):
        return
    raise BadTable(
        f"{name}: {match.column('video_id')} holds no ids of TikTok, e.g. {ids[0][:60]}. An id "
        f"{ABOUT_IDS}. Name the column that holds ids: --columns video_id=NAME."
    )


def _fields_of(match: Format, record: Mapping[str, Cell]) -> Mapping[str, Cell]:
    try:
        return match.fields(record)
    except NotAPost:
        return {}


def _about_doubtful(format_: Format) -> list[str]:
    """Columns that speak of a count and may mean another, each field with its first column."""
    by_field = dict(reversed(format_.doubtful))
    return [
        f"{column[:60]} may not be the {ours} of the video, and is not used. If it is, state "
        f"{columns_option(ours, column)}."
        for ours, column in by_field.items()
    ]


def _rows(table: Table) -> Iterator[RawRow]:
    """All rows; of a list of addresses without a header, its first line too."""
    columns = table.columns or ()
    if not is_without_header(columns):
        return table.rows()
    header = RawRow(1, {name: name for name in columns})
    return chain([header], table.rows())


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def _text_of(cells: Mapping[str, Cell]) -> str:
    return json.dumps(dict(cells), ensure_ascii=False, default=str)[:TEXT_CHARS]
