"""The notation of a file: its decimal mark and its order of dates, from evidence in its cells.

Nothing is guessed. Where two readings fit every cell, or cells contradict each other, the file is
refused with both readings and the option that decides.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from shared.inputs.tables.dates import ORDERS, DateOrder
from shared.inputs.tables.dates import under as date_under
from shared.inputs.tables.errors import Ambiguous
from shared.inputs.tables.numerals import MARKS, DecimalMark, split
from shared.inputs.tables.numerals import under as number_under
from shared.inputs.tables.table import Cell, Table, chunk_of

NUMBERS = ("count", "number", "seconds")
"""Kinds of columns whose texts show the decimal mark; `time` shows the order of dates."""

_PLAIN_TIME = re.compile(r"\d{4}-\d\d?-\d\d?(?:$|[T ])|\d+(?:\.\d+)?$", re.ASCII)
_NO_ZONE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:?\d\d(?::?\d\d(?:[.,]\d+)?)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Notation:
    """How a file writes numbers and dates. None: nothing in it depends on that.

    `dates="excel"` reads bare numbers in a column of times as days since 1899-12-30. Times without
    a zone are in `timezone`, which is UTC unless it is stated. `notes` are sentences for people.
    """

    decimal: DecimalMark | None = None
    dates: DateOrder | Literal["excel"] | None = None
    timezone: ZoneInfo | None = None
    notes: tuple[str, ...] = ()


class Example(NamedTuple):
    """A cell that shows something, and where it stands."""

    column: str
    row: int
    cell: str


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
    _decimal: dict[tuple[str, DecimalMark, bool], Example] = field(default_factory=dict)
    """By column, the mark that a cell proves, and whether that mark stands in the cell itself."""
    _either: dict[tuple[str, DecimalMark], Example] = field(default_factory=dict)
    """By column and the mark in it, a number with two readings."""
    _excluded: dict[DateOrder, Example] = field(default_factory=dict)
    _two_dates: Example | None = None
    _naive: Example | None = None

    @property
    def columns(self) -> list[str]:
        """The columns whose cells show anything."""
        return [name for name, kind in self.kinds.items() if kind in (*NUMBERS, "time")]

    def add(self, column: str, cells: Sequence[Cell], rows: Sequence[int]) -> None:
        """Add cells of a column, with the numbers of their rows."""
        is_time = self.kinds[column] == "time"
        if is_time and self._naive is None:
            self._add_naive(column, cells, rows)
        note = self._note_date if is_time else self._note_number
        # A thousand equal cells show as much as one of them. A dict keeps their order.
        texts = (cell for cell in cells if type(cell) is str and not cell.isdigit())
        for text in dict.fromkeys(texts):
            note(column, text, partial(_example, column, text, cells, rows))

    def notation(self, name: str, stated: Notation | None = None) -> Notation:
        """The notation that fits every cell. Raises Ambiguous; `name` is that of the file."""
        stated = stated or Notation()
        decimal = stated.decimal or self._decided_mark(name)
        dates = stated.dates or self._decided_order(name)
        notes = stated.notes
        if self._naive is not None and stated.timezone is None:
            example = self._naive
            notes = (
                *notes,
                f"{example.column} has times without a zone, e.g. {example.cell} in {self.unit} "
                f"{example.row:,}: they are read as UTC. --timezone states another.",
            )
        return replace(stated, decimal=decimal, dates=dates, notes=notes)

    def _note_number(self, column: str, text: str, example: Callable[[], Example]) -> None:
        kind = self.kinds[column]
        parts = split(text.rsplit(":", 1)[-1] if kind == "seconds" else text)
        if parts is None:
            return
        number, word = parts
        values = {mark: number_under(number, mark) for mark in MARKS}
        readings = {mark: value for mark, value in values.items() if value is not None}
        if kind == "count" and not word:
            readings = {mark: value for mark, value in readings.items() if value.is_integer()}
        if ":" in text:
            readings = {mark: value for mark, value in readings.items() if value < 60}
        if len(readings) == 1:
            (mark,) = readings
            _store(self._decimal, (column, mark, mark in text), example)
        elif len(set(readings.values())) > 1:
            _store(self._either, (column, _mark_in(text)), example)

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
                _store(self._excluded, order, example)

    def _add_naive(self, column: str, cells: Sequence[Cell], rows: Sequence[int]) -> None:
        for cell, row in zip(cells, rows, strict=True):
            if _is_naive(cell):
                self._naive = Example(column, row, str(cell))
                return

    # The decimal mark

    def _decided_mark(self, name: str) -> DecimalMark | None:
        proofs = {mark: self._proof(mark) for mark in MARKS}
        point, comma = proofs["."], proofs[","]
        if point and comma:
            raise Ambiguous(
                f"{name} contradicts itself: {self._where(point)} shows a point as decimal mark, "
                f"and {self._where(comma)} a comma. State the mark of the file, --decimal . or "
                "--decimal ,; cells that do not fit it count as unreadable."
            )
        mark: DecimalMark | None = "." if point else "," if comma else None
        for (column, in_cell), example in self._either.items():
            if mark is None or not self._is_proven(column, in_cell, mark):
                raise Ambiguous(self._two_numbers(name, example))
        return mark

    def _proof(self, mark: DecimalMark) -> Example | None:
        return next((example for key, example in self._decimal.items() if key[1] == mark), None)

    def _is_proven(self, column: str, in_cell: DecimalMark, mark: DecimalMark) -> bool:
        """Whether `mark` decides for numbers of this column that have the mark `in_cell`.

        Tables are joined from several tools, so a rating of `37.5` proves nothing about `12.345` in
        another column. A count has no decimals: where the comma is the decimal mark anywhere,
        `5.000` is 5,000. That it is the count 5 takes another such count, as `5.0`.
        """
        if self.kinds[column] == "count":
            return in_cell != mark or (column, mark, True) in self._decimal
        return any(key[:2] == (column, mark) for key in self._decimal)

    def _two_numbers(self, name: str, example: Example) -> str:
        number, word = split(example.cell.rsplit(":", 1)[-1]) or (example.cell, "")
        readings = {mark: number_under(number, mark) or 0.0 for mark in MARKS}
        shown = {mark: f"{value:.15g} {word}".strip() for mark, value in readings.items()}
        return (
            f"{name}: {self._where(example)} may be {shown['.']} or {shown[',']}. "
            f"State the mark before decimals: --decimal . ({shown['.']}) or "
            f"--decimal , ({shown[',']})."
        )

    # The order of dates

    def _decided_order(self, name: str) -> DateOrder | None:
        if not self._excluded and self._two_dates is None:
            return None
        orders = [order for order in ORDERS if order not in self._excluded]
        if not orders:
            first, second = self._excluded["dmy"], self._excluded["mdy"]
            raise Ambiguous(
                f"{name} contradicts itself: {self._where(first)} is no date with the day first, "
                f"and {self._where(second)} none with the month first. State the order of the "
                "file, --dates dmy, mdy or ymd; cells that do not fit it count as unreadable."
            )
        if len(orders) > 1 and self._two_dates is not None:
            raise Ambiguous(self._two_orders(name, self._two_dates, orders))
        return orders[0]

    def _two_orders(self, name: str, example: Example, orders: list[DateOrder]) -> str:
        readings = {order: date_under(example.cell, order) for order in orders}
        shown = {order: f"{value:%Y-%m-%d}" for order, value in readings.items() if value}
        options = " or ".join(f"--dates {order} ({date})" for order, date in shown.items())
        return (
            f"{name}: {self._where(example)} may be {' or '.join(shown.values())}. "
            f"State the order: {options}."
        )

    def _where(self, example: Example) -> str:
        return f"{example.cell!r} in {self.unit} {example.row:,} of {example.column}"


def _example(column: str, text: str, cells: Sequence[Cell], rows: Sequence[int]) -> Example:
    return Example(column, rows[cells.index(text)], text)


def _store(examples: dict[Any, Example], key: Any, example: Callable[[], Example]) -> None:
    """Keep the first example. To find its row takes time, so it is found only then."""
    if key not in examples:
        examples[key] = example()


def _mark_in(cell: str) -> DecimalMark:
    return "." if "." in cell else ","


def _is_naive(cell: Cell) -> bool:
    if isinstance(cell, datetime):
        return cell.tzinfo is None
    return (
        isinstance(cell, str)
        and cell[-1:] not in ("Z", "z", "")
        and _NO_ZONE.fullmatch(cell.strip()) is not None
    )
