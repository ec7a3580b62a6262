"""A table: rows of raw cells that can be read again and again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, BinaryIO, Literal

from shared.inputs.tables.errors import BadTable


@dataclass(frozen=True, slots=True)
class FaultyCell:
    """A cell of a spreadsheet without a value: `text` is its error or its formula."""

    text: str

    def __str__(self) -> str:
        return self.text


Cell = (
    str
    | int
    | float
    | bool
    | datetime
    | date
    | time
    | timedelta
    | list[Any]
    | dict[str, Any]
    | bytes
    | FaultyCell
    | None
)
"""What a container holds. Only a text can be ambiguous: JSON, Parquet and Excel type numbers."""

Opener = Callable[[], BinaryIO]
"""Opens the file anew, at its first byte."""

CHUNK = 10_000
"""Rows that are converted at once: enough to spread the cost of a call, and a few megabytes."""

MOST_NAMING_ROWS = 100


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it stands in the file.

    `number` is the line, or the row, that an editor or a spreadsheet shows. A row that cannot be
    split into cells has no cells and a `problem`.
    """

    number: int
    cells: Mapping[str, Cell]
    problem: str = ""


FieldRow = tuple[int, Sequence[str], str]
"""Number, fields in the order of the header, and problem: a RawRow that costs less."""


@dataclass(frozen=True, slots=True)
class ColumnChunk:
    """Some columns of consecutive rows, the numbers of these rows, and the rows with a problem."""

    numbers: Sequence[int]
    columns: Mapping[str, Sequence[Cell]]
    problems: Sequence[RawRow]

    @property
    def rows(self) -> int:
        """How many rows of the file these are, with those that have a problem."""
        return len(self.numbers) + len(self.problems)


@dataclass(frozen=True)
class Table:
    """A file as rows of raw cells.

    `container` describes the file to a person. `columns` are the names of the header, or None where
    each row names its own (JSON). `unit` is what `RawRow.number` counts. `read_rows` starts anew at
    each call. `notes` are sentences for people about what was not read, or not as it stands.
    """

    name: str
    container: str
    columns: tuple[str, ...] | None
    read_rows: Callable[[], Iterator[RawRow]]
    unit: Literal["line", "row"] = "row"
    read_fields: Callable[[], Iterator[FieldRow]] | None = None
    notes: tuple[str, ...] = ()

    def rows(self) -> Iterator[RawRow]:
        """The rows in the order of the file. Raises BadTable where the file breaks."""
        return self.read_rows()

    def chunks(self, size: int = CHUNK) -> Iterator[list[RawRow]]:
        """The rows in lists of `size`; the last list may be shorter."""
        rows = self.rows()
        while chunk := list(islice(rows, size)):
            yield chunk

    def column_chunks(self, names: Sequence[str], size: int = CHUNK) -> Iterator[ColumnChunk]:
        """The rows as columns, which is several times as fast. An absent cell is None."""
        if self.read_fields is None:
            for chunk in self.chunks(size):
                yield chunk_of(chunk, names)
            return
        # A million small dictionaries take longer than the file takes to read.
        rows = self.read_fields()
        header = list(self.columns or ())
        while batch := list(islice(rows, size)):
            whole = [row for row in batch if not row[2]]
            fields = list(zip(*(row[1] for row in whole), strict=True))
            columns: dict[str, Sequence[Cell]] = {
                name: fields[header.index(name)]
                if fields and name in header
                else [None] * len(whole)
                for name in names
            }
            problems = [RawRow(row[0], {}, row[2]) for row in batch if row[2]]
            yield ColumnChunk([row[0] for row in whole], columns, problems)

    def column_names(self) -> list[str]:
        """The names of the header; those in the first rows, where each row names its own."""
        if self.columns is not None:
            return list(self.columns)
        names: dict[str, None] = {}
        for row in islice(self.rows(), MOST_NAMING_ROWS):
            names.update(dict.fromkeys(row.cells))
        return list(names)

    def renamed(self, names: Mapping[str, str]) -> "Table":
        """The table with some columns under other names, by their names in the file.

        Another column that has such a name already loses it: it is called "".
        """
        if not names:
            return self
        taken = {*names.values()}

        def name_of(column: str) -> str:
            return names.get(column, "" if column in taken else column)

        def rows() -> Iterator[RawRow]:
            for row in self.read_rows():
                cells = {name_of(column): cell for column, cell in row.cells.items()}
                yield RawRow(row.number, cells, row.problem)

        columns = None if self.columns is None else tuple(map(name_of, self.columns))
        return replace(self, columns=columns, read_rows=rows)

    def refuse_twins(self, column: str) -> None:
        """Raises BadTable if two columns of the header have this name."""
        places = [at for at, name in enumerate(self.columns or (), 1) if name == column]
        if len(places) > 1:
            raise BadTable(
                f"{self.name} has {len(places)} columns named {column} (number {places[0]:,} and "
                f"{places[1]:,}); rename all but one."
            )


def chunk_of(
    rows: Sequence[RawRow],
    names: Sequence[str],
    fields: Callable[[Mapping[str, Cell]], Mapping[str, Cell]] | None = None,
) -> ColumnChunk:
    """Rows as columns; `fields` gives the cells of a row by these names."""
    whole = [row for row in rows if not row.problem]
    records = [row.cells if fields is None else fields(row.cells) for row in whole]
    columns = {name: [record.get(name) for record in records] for name in names}
    numbers = [row.number for row in whole]
    return ColumnChunk(numbers, columns, [row for row in rows if row.problem])
