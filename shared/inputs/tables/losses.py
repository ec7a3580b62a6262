"""What of a table could not be read: cells by column, and rows by reason, each with an example."""

from dataclasses import dataclass, field
from typing import Any

MOST_SHOWN_CHARS = 60
MOST_REASONS = 20
OTHER_REASONS = "other reasons"


@dataclass(slots=True)
class CellLoss:
    """The unreadable cells of a column, and the first of them."""

    count: int
    row: int
    example: str
    problem: str


@dataclass(slots=True)
class RowLoss:
    """The rows lost for one reason, and the first of them."""

    count: int
    row: int
    example: str


@dataclass
class Losses:
    """Filled by every consumer of a table.

    `rows` counts those that the file has, taken or lost. `filled` counts the cells of a column that
    hold anything. `unit` is what the numbers of rows count: lines or rows. `notes` are sentences
    about how the table was read.
    """

    unit: str = "row"
    rows: int = 0
    filled: dict[str, int] = field(default_factory=dict)
    cells: dict[str, CellLoss] = field(default_factory=dict)
    lost_rows: dict[str, RowLoss] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def count_filled(self, column: str, cells: int = 1) -> None:
        """Count cells that hold anything, readable or not."""
        self.filled[column] = self.filled.get(column, 0) + cells

    def lose_cell(self, column: str, row: int, cell: object, problem: str) -> None:
        """Count a cell that could not be read. `problem` says what it is not."""
        if column in self.cells:
            self.cells[column].count += 1
        else:
            self.cells[column] = CellLoss(1, row, shown(cell), problem)

    def lose_row(self, reason: str, row: int, example: object = "") -> None:
        """Count a row that is not taken. `reason` is the same for rows alike."""
        if reason not in self.lost_rows and len(self.lost_rows) >= MOST_REASONS:
            reason = OTHER_REASONS
        if reason in self.lost_rows:
            self.lost_rows[reason].count += 1
        else:
            self.lost_rows[reason] = RowLoss(1, row, shown(example) if example != "" else "")

    @property
    def lost(self) -> int:
        """The number of rows that are not taken."""
        return sum(loss.count for loss in self.lost_rows.values())

    def sentences(self) -> list[str]:
        """What a person should know; nothing where everything was read."""
        rows = [
            f"Left out: {loss.count:,} of {self.rows:,} rows: {reason}"
            f"{_example(loss.example)} in {self.unit} {loss.row:,}."
            for reason, loss in self.lost_rows.items()
        ]
        cells = [
            f"{column}: {loss.count:,} of {self.filled.get(column, loss.count):,} could not be "
            f"read{_example(loss.example)} in {self.unit} {loss.row:,} {loss.problem}."
            for column, loss in self.cells.items()
        ]
        return [*rows, *cells, *self.notes]

    def document(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "rows": self.rows,
            "rows_lost": self.lost,
            "lost_rows": {
                reason: {"count": loss.count, self.unit: loss.row, "example": loss.example}
                for reason, loss in self.lost_rows.items()
            },
            "unreadable_cells": {
                column: {
                    "count": loss.count,
                    "of": self.filled.get(column, loss.count),
                    self.unit: loss.row,
                    "example": loss.example,
                    "problem": loss.problem,
                }
                for column, loss in self.cells.items()
            },
            "notes": list(self.notes),
        }


def shown(cell: object) -> str:
    """A cell for people: quoted if it is a text, and cut if it is long."""
    written = repr(cell) if isinstance(cell, str) else str(cell)
    return written if len(written) <= MOST_SHOWN_CHARS else f"{written[: MOST_SHOWN_CHARS - 1]}…"


def _example(example: str) -> str:
    return f", e.g. {example}" if example else ", first"
