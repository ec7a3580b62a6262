"""A table: rows of raw cells that can be read again and again."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, BinaryIO, Literal

from shared.inputs.tables.errors import BadTable

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
    | None
)
"""What a container holds. Only a text can be ambiguous: JSON, Parquet and Excel type numbers."""

Opener = Callable[[], BinaryIO]
"""Opens the file anew, at its first byte."""

CHUNK = 10_000
"""Rows that are converted at once: enough to spread the cost of a call, and a few megabytes."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it stands in the file.

    `number` is the line, or the row, that an editor or a spreadsheet shows. A row that cannot be
    split into cells has no cells and a `problem`.
    """

    number: int
    cells: Mapping[str, Cell]
    problem: str = ""


@dataclass(frozen=True)
class Table:
    """A file as rows of raw cells.

    `container` describes the file to a person. `columns` are the names of the header, or None where
    each row names its own (JSON). `unit` is what `RawRow.number` counts. `read_rows` starts anew at
    each call.
    """

    name: str
    container: str
    columns: tuple[str, ...] | None
    read_rows: Callable[[], Iterator[RawRow]]
    unit: Literal["line", "row"] = "row"

    def rows(self) -> Iterator[RawRow]:
        """The rows in the order of the file. Raises BadTable where the file breaks."""
        return self.read_rows()

    def chunks(self, size: int = CHUNK) -> Iterator[list[RawRow]]:
        """The rows in lists of `size`; the last list may be shorter."""
        rows = self.rows()
        while chunk := list(islice(rows, size)):
            yield chunk

    def refuse_twins(self, column: str) -> None:
        """Raises BadTable if two columns of the header have this name."""
        places = [at for at, name in enumerate(self.columns or (), 1) if name == column]
        if len(places) > 1:
            raise BadTable(
                f"{self.name} has {len(places)} columns named {column} (number {places[0]:,} and "
                f"{places[1]:,}); rename all but one."
            )
