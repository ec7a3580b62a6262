"""What the cells of a file show about its decimal mark, and about its clocks."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shared.inputs.tables.count_words import is_multiplier, split_noun
from shared.inputs.tables.errors import Ambiguous
from shared.inputs.tables.numerals import MARKS, PERCENT, DecimalMark, split, under

_CLOCK = re.compile(r"\d{1,3}(?::\d\d){1,2}(?:[.,]\d+)?", re.ASCII)
_PADDED_CLOCK = re.compile(r"\d{1,3}:\d\d:00", re.ASCII)
_STATE_MARK = "State the mark of the file, --decimal . or --decimal ,"
_SECONDS_WORD = re.compile(r"s(?:ec(?:onds?|\.)?)?", re.IGNORECASE)


class Example(NamedTuple):
    """A cell that shows something, and where it stands."""

    column: str
    row: int
    cell: str

    def where(self, unit: str) -> str:
        """The cell and its place; `unit` is what the row counts: a line or a row."""
        return f"{self.cell!r} in {unit} {self.row:,} of {self.column}"


@dataclass
class MarkEvidence:
    """Cells that show the decimal mark. `kinds` are those of all columns."""

    kinds: Mapping[str, str]
    unit: str
    _decimal: dict[tuple[str, DecimalMark, bool], Example] = field(default_factory=dict)
    """By column, the mark that a cell proves, and whether that mark stands in the cell itself."""
    _either: dict[tuple[str, DecimalMark], Example] = field(default_factory=dict)
    """By column and the mark in it, a number with two readings."""
    _fractions: dict[tuple[str, DecimalMark], Example] = field(default_factory=dict)
    """By column and mark, a number with decimals where a count should be."""
    _is_padded: dict[str, bool] = field(default_factory=dict)
    """By column of durations, whether all of its clocks are padded."""

    def note(self, column: str, text: str, example: Callable[[], Example]) -> None:
        """Add a text of a column of numbers."""
        kind = self.kinds[column]
        if kind == "seconds" and _CLOCK.fullmatch(text.strip()):
            is_padded = _PADDED_CLOCK.fullmatch(text.strip()) is not None
            self._is_padded[column] = self._is_padded.get(column, True) and is_padded
        parts = _number_and_word(kind, text)
        if parts is None:
            return
        number, word = parts
        values = {mark: under(number, mark) for mark in MARKS}
        readings = {mark: value for mark, value in values.items() if value is not None}
        if kind == "count" and not word:
            whole = {mark: value for mark, value in readings.items() if value.is_integer()}
            for mark in readings if not whole else ():
                store(self._fractions, (column, mark), example)
            readings = whole
        if ":" in text:
            readings = {mark: value for mark, value in readings.items() if value < 60}
        if len(readings) == 1:
            (mark,) = readings
            store(self._decimal, (column, mark, mark in text), example)
        elif len(set(readings.values())) > 1:
            store(self._either, (column, _mark_in(text)), example)

    @property
    def has_padded_clocks(self) -> bool:
        """Whether every clock of a column of durations is like `00:15:00`."""
        return any(self._is_padded.values())

    def mark(self, name: str) -> DecimalMark | None:
        """The mark that fits every cell; None if no cell depends on it. Raises Ambiguous."""
        point, comma = self._proof("."), self._proof(",")
        for first, second in ((point, comma), *self._fraction_pairs()):
            if first and second:
                raise Ambiguous(self._two_marks(name, first, second))
        for column in self.kinds:
            first, second = (self._either.get((column, mark)) for mark in MARKS)
            if first and second and self.kinds[column] == "count":
                raise Ambiguous(self._two_thousands(name, first, second))
        mark: DecimalMark | None = "." if point else "," if comma else None
        for (column, in_cell), example in self._either.items():
            if mark is None or not self._is_proven(column, in_cell, mark):
                raise Ambiguous(self._two_numbers(name, example))
        return mark

    def _proof(self, mark: DecimalMark, column: str | None = None) -> Example | None:
        """The first cell that proves a mark, in one column or in any."""
        matches = (
            example
            for key, example in self._decimal.items()
            if key[1] == mark and column in (None, key[0])
        )
        return next(matches, None)

    def _fraction_pairs(self) -> Iterator[tuple[Example | None, Example | None]]:
        """By column of counts, cells that show a point and a comma, of which one is no count.

        `0,500` proves nothing, but the column that holds it has no decimal point.
        """
        for column, kind in self.kinds.items():
            if kind == "count":
                fractions = {mark: self._fractions.get((column, mark)) for mark in MARKS}
                yield fractions["."], self._proof(",", column)
                yield self._proof(".", column), fractions[","]

    def _two_marks(self, name: str, point: Example, comma: Example) -> str:
        return (
            f"{name} contradicts itself: {point.where(self.unit)} shows a point as decimal mark, "
            f"and {comma.where(self.unit)} a comma. {_STATE_MARK}; cells that do not fit it count "
            "as unreadable."
        )

    def _two_thousands(self, name: str, point: Example, comma: Example) -> str:
        return (
            f"{name} contradicts itself: {point.where(self.unit)} has a point before three digits, "
            f"and {comma.where(self.unit)} a comma, so one of them has decimals. {_STATE_MARK}."
        )

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
        parts = _number_and_word(self.kinds[example.column], example.cell)
        number, word = parts or (example.cell, "")
        readings = {mark: under(number, mark) or 0.0 for mark in MARKS}
        shown = {mark: f"{value:.15g} {word}".strip() for mark, value in readings.items()}
        return (
            f"{name}: {example.where(self.unit)} may be {shown['.']} or {shown[',']}. "
            f"State the mark before decimals: --decimal . ({shown['.']}) or "
            f"--decimal , ({shown[',']})."
        )


def store(examples: dict[Any, Example], key: Any, example: Callable[[], Example]) -> None:
    """Keep the first example. To find its row takes time, so it is found only then."""
    if key not in examples:
        examples[key] = example()


def _number_and_word(kind: str, text: str) -> tuple[str, str] | None:
    """The number in a cell, and a word that the reader of this kind knows; None for other cells.

    The word for what a column counts, as in `1,234 views`, says nothing about the number.
    """
    if kind == "count":
        text, _ = split_noun(text)
    parts = split(text.rsplit(":", 1)[-1] if kind == "seconds" else text)
    if parts is None or not parts[1]:
        return parts
    is_seconds = kind == "seconds" and _SECONDS_WORD.fullmatch(parts[1])
    is_percentage = kind == "part" and parts[1] == PERCENT
    is_multiple = kind == "count" and is_multiplier(parts[1])
    return parts if is_seconds or is_percentage or is_multiple else None


def _mark_in(cell: str) -> DecimalMark:
    return "." if "." in cell else ","
