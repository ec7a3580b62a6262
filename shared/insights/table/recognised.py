"""A table of videos under any names: the export of a known tool, or columns that a person names.

The plan's column comes first where the file has it. Else a stated column counts, then what the
recognised format calls the same field.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from shared.inputs.formats.format import Format, NotAPost
from shared.inputs.formats.names import NAMES, folded
from shared.inputs.formats.recognise import FIRST_RECORDS, UnknownFormat, recognise
from shared.inputs.formats.record import Record, cell_at, has_path, is_empty
from shared.inputs.formats.stated_columns import (
    UnknownColumn,
    refuse_unknown,
    resolved_columns,
)
from shared.inputs.tables.container import open_table
from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.notation import Notation
from shared.inputs.tables.table import RawRow, Table
from shared.insights.table.read import AbsentColumns, StatedTable, absent_columns
from shared.insights.table.schema import TableSchema
from shared.insights.table.table import Scores, VideoTable, read_table

_FIELDS = {
    "user_key": "username",
    "creator_id": "username",
    "lang_key": "language",
    **{name: ours for ours, names in NAMES.items() for name in (*names, ours)},
}
"""Our fields by the names of columns that mean them, and by those of the star schema."""

IS_ROUNDED = "is_rounded"
VIDEO = "video_id"


def read_videos(
    path: Path,
    schema: TableSchema,
    stated: StatedTable | None = None,
    scores: Scores | None = None,
) -> VideoTable:
    """Read the schema's columns of a file of any known format. Raises BadTable.

    `scores` are ratings by the schema's names and by video. They stand in for columns that the file
    lacks. `losses.notes` says how the file was read. Raises AbsentColumns, as `read_table` does.
    """
    stated = stated or StatedTable()
    table = open_table(path)
    source = _Source.of(table, schema, stated.columns)
    joined = {name: (scores or {})[name] for name in source.absent if name in (scores or {})}
    if joined and VIDEO not in schema.kinds:
        raise BadTable(f"Ratings are joined by {VIDEO}: name it among the columns of the plan.")
    try:
        videos = read_table(
            path,
            source.schema(joined),
            source.notation(stated.notation),
            source.table,
            joined,
        )
    except AbsentColumns as error:
        raise source.explained(error) from error
    videos.losses.notes[:0] = source.notes
    return replace(videos, joined=tuple(joined))


@dataclass(frozen=True)
class _Source:
    """Where each name of the schema stands in a file.

    `columns` are those of the file that have a name, `fields` the format's fields that have one,
    and `absent` the names that have neither.
    """

    file: Table
    plan_schema: TableSchema
    format: Format | None
    columns: Mapping[str, str]
    fields: Mapping[str, str]
    absent: tuple[str, ...]
    file_columns: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, table: Table, schema: TableSchema, stated: Mapping[str, str]) -> "_Source":
        """Find the columns. Raises BadTable for a stated name that is unknown."""
        first = (row.cells for row in table.rows() if not row.problem)
        records = list(islice(first, FIRST_RECORDS))
        names = table.columns or tuple(dict.fromkeys(key for row in records for key in row))
        try:
            refuse_unknown(stated, [*dict.fromkeys((*schema.sources, *NAMES))])
            own = resolved_columns(stated, names, records)
        except UnknownColumn as error:
            raise BadTable(f"{table.name}: {error}") from error
        match = _format(table, records, own)
        columns, fields = {}, {}
        available = _fields_in(match, records, schema)
        for name, source in schema.sources.items():
            ours = _FIELDS.get(folded(source))
            if name in own or ours in own:
                columns[name] = own.get(name) or own[str(ours)]
            elif source in names:
                columns[name] = source
            elif ours in available:
                fields[name] = str(ours)
        absent = tuple(n for n in schema.sources if n not in columns and n not in fields)
        return cls(table, schema, match, columns, fields, absent, names)

    @property
    def is_of_tool(self) -> bool:
        return self.format is not None and bool(self.format.paths) and not self.format.is_by_names

    @property
    def is_mapped(self) -> bool:
        """Whether rows have to be read one by one, which takes longer than reading columns."""
        is_nested = any(column not in self.file_columns for column in self.columns.values())
        return self.is_of_tool or bool(self.fields) or is_nested

    def schema(self, joined: Iterable[str] = ()) -> TableSchema:
        """The schema with the columns of this file, without names that are joined from ratings."""
        sources = {**self.plan_schema.sources, **self.columns, **self._labels()}
        of_file = {name: source for name, source in sources.items() if name not in {*joined}}
        kinds = {name: kind for name, kind in self.plan_schema.kinds.items() if name in of_file}
        rounded = IS_ROUNDED if self.is_of_tool else None
        return replace(self.plan_schema, sources=of_file, kinds=kinds, rounded=rounded)

    @property
    def table(self) -> Table:
        """The file's rows by the sources of `schema`."""
        if not self.is_mapped:
            return self.file
        for column in self.columns.values():
            self.file.refuse_twins(column)
        file = self.file
        return Table(file.name, file.container, None, self._rows, file.unit, notes=file.notes)

    def notation(self, stated: Notation | None) -> Notation | None:
        return self.format.notation(stated) if self.is_of_tool and self.format else stated

    @property
    def notes(self) -> list[str]:
        """How the file was read; nothing for a table whose columns the plan names."""
        pairs = [
            f"{name} from {column}"
            for name, column in {**self.columns, **self._labels()}.items()
            if name in self.fields or column != self.plan_schema.sources[name]
        ]
        title = self.format.title if self.format and self.is_mapped else None
        if self.is_of_tool and title:
            return [f"read as {title}."]
        return [f"columns by their names: {', '.join(pairs)}."] if pairs else []

    def explained(self, error: AbsentColumns) -> BadTable:
        """The error with the columns of the file itself."""
        title = f", read as {self.format.title}," if self.is_of_tool and self.format else ""
        what = f"{self.file.name}{title}"
        return absent_columns(error.names, list(self.file_columns), what)

    def _labels(self) -> dict[str, str]:
        """What the file calls the fields, for people; our name where it does not call them."""
        labels: dict[str, str] = {}
        for name, ours in self.fields.items():
            column = self.format.column(ours) if self.format else ours
            is_in_file = column in self.file_columns or "." in column
            is_free = column not in labels.values() and column not in self.columns.values()
            # A handle is folded unless its column is called an id, as TikTok's author.uniqueId is.
            is_id_of_handle = ours == "username" and folded(column).endswith("id")
            labels[name] = column if is_in_file and is_free and not is_id_of_handle else ours
        return labels

    def _rows(self) -> Iterator[RawRow]:
        labels = self._labels()
        for row in self.file.rows():
            if row.problem:
                yield row
                continue
            try:
                cells = self._cells(row.cells, labels)
            except NotAPost as error:
                yield RawRow(row.number, {}, f"it {error}")
                continue
            # Studio's line of totals names no video.
            is_nameless = VIDEO in labels and is_empty(cells[labels[VIDEO]])
            yield RawRow(row.number, cells, "it names no video" if is_nameless else "")

    def _cells(self, record: Record, labels: Mapping[str, str]) -> dict[str, Any]:
        fields: Mapping[str, Any] = {}
        if self.format is not None and (self.fields or self.is_of_tool):
            fields = self.format.fields(record, self.plan_schema.as_of)
        cells = {labels[name]: fields.get(ours) for name, ours in self.fields.items()}
        for name, source in self.plan_schema.sources.items():
            column = self.columns.get(name, source)
            if name not in self.fields and (column in record or name in self.columns):
                cells[column] = cell_at(record, column)
        return {**cells, IS_ROUNDED: fields.get(IS_ROUNDED)}


def _format(table: Table, records: Sequence[Record], own: Mapping[str, str]) -> Format | None:
    """The format; None for a table in which nothing names a video."""
    stated = {name: column for name, column in own.items() if name in NAMES}
    try:
        return recognise(table.columns, records, stated)
    except UnknownFormat:
        return None


def _fields_in(
    match: Format | None, records: Sequence[Record], schema: TableSchema
) -> frozenset[str]:
    """The fields that the first records have, some of them perhaps empty."""
    if match is None:
        return frozenset()
    present = {
        ours
        for ours, paths in match.paths.items()
        if any(has_path(record, path) for path in paths for record in records)
    }
    for record in records:
        try:
            present |= match.fields(record, schema.as_of).keys()
        except NotAPost:
            continue
    return frozenset(present)
