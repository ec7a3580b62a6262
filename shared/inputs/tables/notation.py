"""The notation of a file: its decimal mark and its order of dates, from evidence in its cells.

Nothing is guessed. Where two readings fit every cell, or cells contradict each other, the file is
refused with both readings and the option that decides.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Literal
from zoneinfo import ZoneInfo

from shared.inputs.tables.dates import ORDERS, DateOrder
from shared.inputs.tables.dates import under as date_under
from shared.inputs.tables.errors import Ambiguous
from shared.inputs.tables.mark_evidence import Example, MarkEvidence, store
from shared.inputs.tables.numerals import DecimalMark
from shared.inputs.tables.table import Cell, Table, chunk_of

NUMBERS = ("count", "number", "part", "seconds")
"""Kinds of columns whose texts show the decimal mark; `time` shows the order of dates."""

_PLAIN_TIME = re.compile(r"\d{4}-\d\d?-\d\d?(?:$|[T ])|\d+(?:\.\d+)?$", re.ASCII)
_NO_ZONE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:?\d\d(?::?\d\d(?:[.,]\d+)?)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Notation:
    """How a file writes numbers and dates. None: nothing in it depends on that.

    `dates="excel"` reads bare numbers in a column of times as days since 1899-12-30. Times without
    a zone are in `timezone`, which is UTC unless it is stated. `notes` are sentences for people.
    `has_padded_clocks` is whether every clock of a column of durations is like `00:15:00`: Excel
    writes so what a person typed as `0:15`.
    """

    decimal: DecimalMark | None = None
    dates: DateOrder | Literal["excel"] | None = None
    timezone: ZoneInfo | None = None
    notes: tuple[str, ...] = ()
    has_padded_clocks: bool = False


Fields = Callable[[Mapping[str, Cell]], Mapping[str, Cell]]


def notation_of(
    table: Table,
    kinds: Mapping[str, str],
    stated: Notation | None = None,
    fields: Fields | None = None,
) -> Notation:
    """The notation of a table, from one pass over the columns that have a kind.

    `fields` maps the cells of a row to the columns of `kinds`, where these have other names.
    What `stated` says is not asked of the file. Raises Ambiguous.
    """
    evidence = NotationEvidence(kinds, table.unit)
    names = evidence.columns
    if fields is None:
        chunks = table.column_chunks(names)
    else:
        chunks = (chunk_of(rows, names, fields) for rows in table.chunks())
    for chunk in chunks:
        for column in names:
            evidence.add(column, chunk.columns[column], chunk.numbers)
    return evidence.notation(table.name, stated)


@dataclass
class NotationEvidence:
    """What the cells of a file show about its notation."""

    kinds: Mapping[str, str]
    unit: str = "row"
    _excluded: dict[DateOrder, Example] = field(default_factory=dict)
    _two_dates: Example | None = None
    _naive: Example | None = None
    _marks: MarkEvidence = field(init=False)

    def __post_init__(self) -> None:
        self._marks = MarkEvidence(self.kinds, self.unit)

    @property
    def columns(self) -> list[str]:
        """The columns whose cells show anything."""
        return [name for name, kind in self.kinds.items() if kind in (*NUMBERS, "time")]

    def add(self, column: str, cells: Sequence[Cell], rows: Sequence[int]) -> None:
        """Add cells of a column, with the numbers of their rows."""
        is_time = self.kinds[column] == "time"
        if is_time and self._naive is None:
            self._add_naive(column, cells, rows)
        note = self._note_date if is_time else self._marks.note
        # A thousand equal cells show as much as one of them. A dict keeps their order.
        texts = (cell for cell in cells if type(cell) is str and not cell.isdigit())
        for text in dict.fromkeys(texts):
            note(column, text, partial(_example, column, text, cells, rows))

    def notation(self, name: str, stated: Notation | None = None) -> Notation:
        """The notation that fits every cell. Raises Ambiguous; `name` is that of the file."""
        stated = stated or Notation()
        decimal = stated.decimal or self._marks.mark(name)
        dates = stated.dates or self._decided_order(name)
        notes = stated.notes
        if self._naive is not None and stated.timezone is None:
            example = self._naive
            notes = (
                *notes,
                f"{example.column} has times without a zone, e.g. {example.cell} in {self.unit} "
                f"{example.row:,}: they are read as UTC. --timezone states another.",
            )
        is_padded = self._marks.has_padded_clocks
        return replace(
            stated, decimal=decimal, dates=dates, notes=notes, has_padded_clocks=is_padded
        )

    def _note_date(self, column: str, text: str, example: Callable[[], Example]) -> None:
        if _PLAIN_TIME.match(text.strip()):
            return
        dates = {order: date_under(text, order) for order in ORDERS}
        readings = {order: value for order, value in dates.items() if value is not None}
        if self._naive is None and any(value.tzinfo is None for value in readings.values()):
            self._naive = example()
        if self._two_dates is None and len(set(readings.values())) > 1:
            self._two_dates = example()
        for order in ORDERS if readings else ():
            if order not in readings:
                store(self._excluded, order, example)

    def _add_naive(self, column: str, cells: Sequence[Cell], rows: Sequence[int]) -> None:
        for cell, row in zip(cells, rows, strict=True):
            if _is_naive(cell):
                self._naive = Example(column, row, str(cell))
                return

    def _decided_order(self, name: str) -> DateOrder | None:
        if not self._excluded and self._two_dates is None:
            return None
        orders = [order for order in ORDERS if order not in self._excluded]
        if not orders:
            first, second = self._excluded["dmy"], self._excluded["mdy"]
            raise Ambiguous(
                f"{name} contradicts itself: {first.where(self.unit)} is no date with the day "
                f"first, and {second.where(self.unit)} none with the month first. State the order "
                "of the file, --dates dmy, mdy or ymd; cells that do not fit it count as "
                "unreadable."
            )
        if self._two_dates is not None and self._is_open(self._two_dates, orders):
            raise Ambiguous(self._two_orders(name, self._two_dates, orders))
        return orders[0]

    @staticmethod
    def _is_open(example: Example, orders: list[DateOrder]) -> bool:
        return len({date_under(example.cell, order) for order in orders}) > 1

    def _two_orders(self, name: str, example: Example, orders: list[DateOrder]) -> str:
        readings = {order: date_under(example.cell, order) for order in orders}
        shown = {order: f"{value:%Y-%m-%d}" for order, value in readings.items() if value}
        options = " or ".join(f"--dates {order} ({date})" for order, date in shown.items())
        dates = " or ".join(dict.fromkeys(shown.values()))
        return f"{name}: {example.where(self.unit)} may be {dates}. State the order: {options}."


def _example(column: str, text: str, cells: Sequence[Cell], rows: Sequence[int]) -> Example:
    return Example(column, rows[cells.index(text)], text)


def _is_naive(cell: Cell) -> bool:
    if isinstance(cell, datetime):
        return cell.tzinfo is None
    return (
        isinstance(cell, str)
        and cell[-1:] not in ("Z", "z", "")
        and _NO_ZONE.fullmatch(cell.strip()) is not None
    )
