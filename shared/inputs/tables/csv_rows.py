"""CSV with any delimiter. A line that breaks the rules costs itself, and no other line."""

import csv
import io
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from shared.inputs.tables.encodings import Encoding
from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.headers import (
    MOST_ROWS_ABOVE,
    header_at,
    names_a_video,
    note_above,
    refuse_header,
)
from shared.inputs.tables.table import Cell, FieldRow, Opener, RawRow, Table

DELIMITERS = {",": ",", ";": ";", "\t": "tabs", "|": "|"}
MOST_ROW_CHARS = 4 * 2**20
"""A row with more characters is a quotation mark that never closes, or no row."""

MOST_REREAD_CHARS = 2**28
"""A quotation mark that never closes is noticed late, and the lines after it are read again. A file
of nothing else would be read again and again: from here on such lines are taken one by one."""

SAMPLE_LINES = 20
_NO_NAMES = (
    "Its first line is not a header, so only addresses are read. To read more, put the names of "
    "the columns above it, such as url,views,likes."
)
_ID = re.compile(r"\d{15,20}", re.ASCII)
_ADDRESS = re.compile(r"https?://\S+/(?:video|photo|v)/\d{15,20}/?(?:[?#]\S*)?", re.ASCII)
"""The address of a post."""
_ONE_COLUMN = "\x1f"
"""The delimiter of a file with one column: a character that no text holds."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """How to split the lines: the delimiter, and what the first line is."""

    delimiter: str
    columns: tuple[str, ...]
    lines_before_rows: int
    above: tuple[tuple[str, ...], ...] = ()
    """The lines above the header: comments and titles."""

    def named(self, fields: Sequence[str]) -> dict[str, Cell]:
        """The fields of a row by their columns. The first of two columns with one name counts."""
        cells: dict[str, Cell] = {}
        for name, cell in zip(self.columns, fields, strict=False):
            cells.setdefault(name, cell)
        return cells

    @property
    def title(self) -> str:
        below = f", below {len(self.above)} lines" if self.above else ""
        if self.delimiter == _ONE_COLUMN:
            return f"lines of one column{below}"
        return f"CSV separated by {DELIMITERS.get(self.delimiter, self.delimiter)}{below}"

    @property
    def notes(self) -> tuple[str, ...]:
        notes = note_above(self.above)
        if len(self.columns) > 1 and any(map(_ADDRESS.fullmatch, self.columns)):
            notes += (_NO_NAMES,)
        return notes


def csv_table(opener: Opener, name: str, encoding: Encoding, sample: str) -> Table:
    """A table in CSV. `sample` is the beginning of its text. Raises BadTable without a header."""
    # Python's limit is 131,072 characters, and holds for the whole process.
    csv.field_size_limit(max(csv.field_size_limit(), MOST_ROW_CHARS))
    with encoding.text_of(opener()) as text:
        layout = _layout(name, text, sample)

    def fields() -> Iterator[FieldRow]:
        with encoding.text_of(opener()) as text:
            yield from _Rows(text, layout)

    def rows() -> Iterator[RawRow]:
        for number, values, problem in fields():
            yield RawRow(number, layout.named(values), problem)

    return Table(name, layout.title, layout.columns, rows, "line", fields, layout.notes)


def _layout(name: str, text: IO[str], sample: str) -> _Layout:
    if (column := _only_column(sample)) is not None:
        return _Layout(_ONE_COLUMN, (column,), 0)
    lines = _EntryLines(text)
    above = _lines_above(sample)
    delimiter = _delimiter("".join(_lines_of(sample)[len(above) :]))
    if (first := sample.split("\n", 1)[0].strip().removeprefix("\ufeff")).startswith("sep="):
        # Excel writes this line, and obeys it.
        delimiter, above = first[4:5] or ",", ()
        next(lines)
    for _ in above:
        next(lines)
        lines.begin()
    try:
        header = next((row for row in csv.reader(lines, delimiter=delimiter) if any(row)), [])
    except (_RowTooLong, csv.Error) as error:
        raise BadTable(f"{name}: its header cannot be read: {error}.") from error
    names = tuple(cell.strip().removeprefix("\ufeff") for cell in header)
    if not any(names):
        raise BadTable(f"{name} has no header in its first line.")
    refuse_header(name, names)
    return _Layout(delimiter, names, lines.number, above)


def _only_column(sample: str) -> str | None:
    """What a file without a header is a list of, one a line: `url`, `video_id`, or neither."""
    lines = [line.strip("\ufeff \t\r\n") for line in _lines_of(sample)]
    lines = [line for line in lines if line]
    if lines and all(map(_ID.fullmatch, lines)):
        return "video_id"
    if not lines or not lines[0].startswith(("http://", "https://")):
        return None
    first_cells = (_alone(lines[0], delimiter)[:1] for delimiter in DELIMITERS)
    is_table = any(_ADDRESS.fullmatch("".join(cells)) for cells in first_cells)
    return "url" if _ADDRESS.fullmatch(lines[0]) or not is_table else None


def _lines_above(sample: str) -> tuple[tuple[str, ...], ...]:
    """The lines above a header that we know, each as its fields; nothing above another header."""
    lines = _lines_of(sample)[: MOST_ROWS_ABOVE + 1]
    for delimiter in (*DELIMITERS, _ONE_COLUMN):
        rows = [_alone(line, delimiter) for line in lines]
        at = header_at(rows)
        if at < len(rows) and names_a_video(rows[at]):
            return tuple(map(tuple, rows[:at])) if any(map(any, rows[:at])) else ()
    return ()


def _lines_of(sample: str) -> list[str]:
    return list(io.StringIO(sample.removeprefix("\ufeff"), newline=""))


def _delimiter(sample: str) -> str:
    """The delimiter that splits most of the first lines like the header."""
    lines = sample.splitlines()[:-1] or sample.splitlines()
    lines = [line for line in lines if line.strip()][: SAMPLE_LINES + 1]
    best, best_score = _ONE_COLUMN, (0.0, 0)
    for delimiter in DELIMITERS:
        header, *rows = [len(_alone(line, delimiter)) for line in lines] or [0]
        if header < 2:
            continue
        score = (sum(width == header for width in rows) / max(len(rows), 1), header)
        if score > best_score or best == _ONE_COLUMN:
            best, best_score = delimiter, score
    return best


def _alone(line: str, delimiter: str, skips_blanks: bool = False) -> list[str]:
    """The fields of a line by itself, also with marks that open and never close."""
    reader = csv.reader([line], delimiter=delimiter, skipinitialspace=skips_blanks)
    try:
        return next(reader, [])
    except csv.Error:
        return []


class _Rows:
    """The rows after the header, each with the number of its first line."""

    def __init__(self, text: IO[str], layout: _Layout):
        self._lines, self._layout = _EntryLines(text), layout
        self._width = len(layout.columns)

    def __iter__(self) -> Iterator[FieldRow]:
        lines, width = self._lines, self._width
        for _ in range(self._layout.lines_before_rows):
            next(lines)
        reader = self._reader()
        while True:
            lines.begin()
            try:
                fields = next(reader)
            except StopIteration:
                return
            except (_RowTooLong, csv.Error) as error:
                yield self._first_alone(_why(error))
                reader = self._reader()  # csv.reader cannot continue after an error
                continue
            if len(fields) == width and fields[0] != self._layout.columns[0]:
                if any(fields):
                    yield lines.first, fields, ""
            elif len(fields) > 1 or any(fields):
                yield self._odd(fields)

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._lines, delimiter=self._layout.delimiter, strict=True)

    def _odd(self, fields: list[str]) -> FieldRow:
        """A row with another number of fields than the header, or the header once more."""
        if tuple(field.strip() for field in fields) == self._layout.columns:
            return self._lines.first, (), "the header once more"
        if len(fields) == self._width:
            return self._lines.first, fields, ""
        if len(fields) > self._width and not any(fields[self._width :]):
            return self._lines.first, fields[: self._width], ""
        return self._first_alone(
            f"{len(fields):,} fields where the header has {self._width:,}; put fields that contain "
            "the separator in quotation marks"
        )

    def _first_alone(self, problem: str) -> FieldRow:
        """The first line of an entry that cannot be split. The lines after it come again."""
        number, line = self._lines.take_first()
        for skips_blanks in (False, True):
            fields = _alone(line, self._layout.delimiter, skips_blanks)
            if len(fields) == self._width:
                return number, fields, ""
        return number, (), problem


def _why(error: Exception) -> str:
    if isinstance(error, _RowTooLong):
        return str(error)
    return f"a quotation mark that does not close, or closes too early ({error})"


class _RowTooLong(Exception):
    def __str__(self) -> str:
        return f"more than {MOST_ROW_CHARS:,} characters; is a quotation mark open?"


class _EntryLines:
    """The lines of a text with their numbers. Those of an entry can be read again."""

    def __init__(self, text: IO[str]):
        self._text = text
        self._pushed: deque[str] = deque()
        self._entry: list[str] = []
        self._chars = self._reread = 0
        self.number = 0
        self.first = 1

    def begin(self) -> None:
        """Start an entry."""
        self._entry.clear()
        self._chars = 0
        self.first = self.number + 1

    def take_first(self) -> tuple[int, str]:
        """The first line of the entry and its number; the others will be read again."""
        first, *others = self._entry
        self._reread += sum(map(len, others))
        self._pushed.extendleft(reversed(others))
        self.number -= len(others)
        return self.first, first

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._pushed.popleft() if self._pushed else self._text.readline(MOST_ROW_CHARS + 1)
        if not line:
            raise StopIteration
        if len(line) > MOST_ROW_CHARS:
            self._skip_line(line)
        self.number += 1
        self._entry.append(line)
        self._chars += len(line)
        if self._chars > MOST_ROW_CHARS or self._is_hopeless():
            raise _RowTooLong
        return line

    def _is_hopeless(self) -> bool:
        return self._reread > MOST_REREAD_CHARS and len(self._entry) > 1

    def _skip_line(self, piece: str) -> None:
        """Read on to the end of a line that is too long."""
        while len(piece) > MOST_ROW_CHARS and not piece.endswith("\n"):
            piece = self._text.readline(MOST_ROW_CHARS + 1)
