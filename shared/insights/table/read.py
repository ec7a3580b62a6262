"""Columns of a file by name, without conversion, and the errors of absent columns."""

import hashlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.inputs.suggestions import MOST_LISTED, listed, nearest
from shared.inputs.tables.container import open_table
from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.losses import Losses
from shared.inputs.tables.notation import Notation, NotationEvidence
from shared.inputs.tables.table import Cell, RawRow, Table

MAX_ROWS = 5_000_000
ADVICE = "Mend `columns` in the plan, or take the name out of the plan."
Cells = list[Any]


class AbsentColumns(BadTable):
    """The table lacks columns of the plan. `problem` names them, and those that look like them."""

    def __init__(self, problem: str, names: Sequence[str]):
        super().__init__(f"{problem} {ADVICE}")
        self.problem, self.names = problem, tuple(names)


@dataclass(frozen=True, slots=True)
class RawTable:
    """Columns by their names in the file, and the SHA-256 of all its bytes.

    `numbers` are the lines or rows of the cells. `notation` is that of the file, and `losses` has
    the rows that could not be split.
    """

    columns: Mapping[str, Cells]
    sha256: str
    notation: Notation = field(default_factory=Notation)
    losses: Losses = field(default_factory=Losses)
    numbers: Sequence[int] = field(default_factory=lambda: range(1, MAX_ROWS))


@dataclass(frozen=True, slots=True)
class StatedTable:
    """What a person states about a file: our names of its columns, and its notation."""

    columns: Mapping[str, str] = field(default_factory=dict)
    notation: Notation | None = None


def read_raw(
    path: Path,
    names: Iterable[str],
    optional: Iterable[str] = (),
    kinds: Mapping[str, str] | None = None,
    stated: StatedTable | None = None,
) -> RawTable:
    """Read these columns of a file, and the optional ones it has. Raises BadTable.

    The columns of `kinds` show the notation of the file, unless `stated` says it. The columns that
    `stated` names are those of the file, as it spells them.
    """
    stated = stated or StatedTable()
    table = open_table(path).renamed({theirs: ours for ours, theirs in stated.columns.items()})
    required = sorted(set(names))
    for name in required:
        table.refuse_twins(name)
    try:
        reading = _Reading(table, [*required, *sorted(set(optional))], kinds or {})
        seen = reading.read()
        refuse_absent(required, seen, table.name)
        columns = {name: cells for name, cells in reading.columns.items() if name in seen}
        notation = reading.evidence.notation(table.name, stated.notation)
        reading.losses.notes += (*table.notes, *notation.notes)
        return RawTable(columns, file_sha256(path), notation, reading.losses, reading.numbers)
    except OSError as error:
        raise BadTable(f"{path.name}: {error.strerror or error}.") from error


class _Reading:
    """One pass over a table that keeps some columns. Equal texts are stored once."""

    def __init__(self, table: Table, names: list[str], kinds: Mapping[str, str]):
        self._table = table
        self.columns: dict[str, Cells] = {name: [] for name in names}
        self.evidence = NotationEvidence(kinds, table.unit)
        self.losses = Losses(table.unit)
        self.numbers = array("q")
        self._texts: dict[Cell, Cell] = {}

    def read(self) -> list[str]:
        """Read the table, and return the columns that its rows have. Raises BadTable."""
        seen = dict.fromkeys(self._table.columns or ())
        for chunk in self._table.chunks():
            self.losses.rows += len(chunk)
            if self.losses.rows > MAX_ROWS:
                raise BadTable(f"{self._table.name} has more than {MAX_ROWS:,} rows; use a part.")
            rows = [row for row in chunk if not row.problem]
            lose_unsplit(chunk, self.losses)
            if self._table.columns is None:
                for row in rows:
                    seen.update(dict.fromkeys(row.cells))
            self._add(rows)
        if not self.losses.rows:
            header = "no" if self._table.columns is None else "a header and no"
            raise BadTable(f"{self._table.name} has {header} rows; export it again.")
        return list(seen)

    def _add(self, rows: list[RawRow]) -> None:
        numbers = [row.number for row in rows]
        self.numbers.extend(numbers)
        for name, column in self.columns.items():
            cells = [row.cells.get(name) for row in rows]
            if name in self.evidence.kinds:
                self.evidence.add(name, cells, numbers)
            share = self._texts.setdefault
            column += [share(cell, cell) if type(cell) is str else cell for cell in cells]


def lose_unsplit(chunk: Iterable[RawRow], losses: Losses) -> None:
    """Count the rows of a chunk that could not be split into cells."""
    for row in chunk:
        if row.problem:
            losses.lose_row(row.problem, row.number)


def columns_of(
    records: Iterable[Mapping[str, Any]],
    names: Iterable[str],
    what: str,
    optional: Iterable[str] = (),
) -> dict[str, Cells]:
    """Columns of rows that are mappings; a row may lack keys, a column must be in some row."""
    required = sorted(set(names))
    columns: dict[str, Cells] = {name: [] for name in (*required, *sorted(set(optional)))}
    seen: dict[str, None] = {}
    for record in records:
        seen.update(dict.fromkeys(record))
        for name, column in columns.items():
            column.append(record.get(name))
    if not seen:
        raise BadTable(f"{what} has no rows.")
    refuse_absent(required, list(seen), what)
    return {name: column for name, column in columns.items() if name in seen}


def refuse_absent(names: Iterable[str], columns: list[str], what: str) -> None:
    """Raises AbsentColumns for names that are not among the columns of `what`."""
    existing = set(columns)
    if absent := [name for name in sorted(names) if name not in existing]:
        raise absent_columns(absent, columns, what)


def absent_columns(absent: Sequence[str], columns: list[str], what: str) -> BadTable:
    """The error of a table that lacks columns; each has the nearest name beside it."""
    if len(columns) == 1 and (mark := _mark_in(columns[0])):
        return BadTable(
            f"{what} has one column, {columns[0]!r}: {mark!r} does not part cells. Save the table "
            "with commas, semicolons or tabs between them."
        )
    first = ", ".join(f"{name}{nearest(name, columns)}" for name in absent[:MOST_LISTED])
    more = f" and {len(absent) - MOST_LISTED} more" if len(absent) > MOST_LISTED else ""
    return AbsentColumns(f"{what} has no column {first}{more}; {listed(columns)}.", absent)


def _mark_in(header: str) -> str | None:
    """What seems to part the cells of a header that was read as one cell."""
    return next((mark for mark in ":|/~^" if header.count(mark) > 1), None)


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
