"""Lists that people brought, when something is erased: lines of JSON, or rows of a table.

A row goes when it is about somebody erased: its column of accounts or of ids says so. In a row
about others the name is replaced, where the column holds free text or means nothing to us: such a
column is a note of theirs.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self

from shared.inputs.json_input import parse_json
from shared.model import VIDEO_ID
from shared.privacy.free_text import ACCOUNTS, is_address, is_free_text, is_video_id
from shared.privacy.redaction import GONE, Redaction

Cells = Callable[[str], bool]
_LEAST_COLUMNS = 2
_MARK = "\ufeff"
"""What Excel writes before the first line. Left in, it would hide the quotes of the first cell."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is written, as its first line says. Without known columns it has no header."""

    delimiter: str = ","
    header: tuple[str, ...] = ()
    accounts: frozenset[str] = ACCOUNTS
    structure: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, first_line: str, accounts: frozenset[str], structure: frozenset[str]) -> Self:
        """`accounts` and `structure` are names of columns in lower case: whose a row is, and what
        is no free text."""
        first_line = first_line.removeprefix(_MARK)
        delimiter = max(",;\t", key=first_line.count)
        try:
            cells = next(csv.reader([first_line], delimiter=delimiter), [])
        except csv.Error:  # a cell that is too long
            cells = []
        names = tuple(name.strip().lower() for name in cells)
        is_header = any(
            is_free_text(name) or is_video_id(name) or name in accounts | structure
            for name in names
        )
        return cls(delimiter, names if is_header else (), accounts, structure)

    def row(self, row: list[str], redaction: Redaction) -> list[str] | None:
        """The row without mentions; None when it is about somebody erased."""
        if not self.header:
            return self._row_without_header(row, redaction)
        names = [*self.header, *[""] * (len(row) - len(self.header))]
        pairs = list(zip(names, row, strict=False))
        if any(self._is_about(name, cell, redaction) for name, cell in pairs):
            return None
        return [self._cell(name, cell, redaction) for name, cell in pairs]

    def _is_about(self, column: str, cell: str, redaction: Redaction) -> bool:
        cell = cell.strip()
        is_whose = column in self.accounts and bool(cell) and redaction.erased.has_creator(cell)
        is_which = is_video_id(column) and _is_erased_video(cell, redaction)
        if is_whose or is_which:
            redaction.note(column, cell)
        return is_whose or is_which

    def _cell(self, column: str, cell: str, redaction: Redaction) -> str:
        if column in self.accounts or column in self.structure or is_video_id(column):
            return cell
        return redaction.text(cell, column or "cell", only_at=is_address(column))

    def _row_without_header(self, row: list[str], redaction: Redaction) -> list[str] | None:
        if any(_is_erased_video(cell.strip(), redaction) for cell in row):
            return None
        return [redaction.text(cell, "cell") for cell in row]


def _is_erased_video(cell: str, redaction: Redaction) -> bool:
    return bool(VIDEO_ID.fullmatch(cell)) and redaction.erased.has_video(cell)


def redacted_lines(
    lines: Iterable[bytes],
    accounts: frozenset[str],
    structure: frozenset[str],
    redaction: Redaction,
) -> Iterator[tuple[bytes, bytes]]:
    """Each line, and what may be kept of it: the same bytes, other ones, or none."""
    layout: Layout | None = None
    for line in lines:
        text = line.decode("utf-8", "replace")
        if layout is None:
            layout = Layout.of(text.rstrip("\r\n"), accounts, structure)
            if layout.header:
                yield line, line
                continue
        yield line, _line(line, text, layout, redaction)


def _line(line: bytes, text: str, layout: Layout, redaction: Redaction) -> bytes:
    try:
        value = parse_json(text)
    except ValueError:
        return _row_of_text(line, text, layout, redaction)
    if isinstance(value, int | str):  # a list of ids, or of names
        return b"" if redaction.value([value]) == [] else _text(line, text, redaction)
    redacted = redaction.value(value)
    if redacted is GONE:
        return b""
    return line if redacted == value else json.dumps(redacted).encode() + _end_of(line)


def _row_of_text(line: bytes, text: str, layout: Layout, redaction: Redaction) -> bytes:
    if text.lstrip()[:1] in ("{", "["):  # JSON that is broken
        return b"" if redaction.names_in_unreadable(line) else line
    try:
        row = next(iter(csv.reader([text.rstrip("\r\n")], delimiter=layout.delimiter)), [])
    except csv.Error:
        return b"" if redaction.names_in_unreadable(line) else line
    if len(row) < _LEAST_COLUMNS:
        cell = text.strip()
        return b"" if _is_erased_video(cell, redaction) else _text(line, text, redaction)
    redacted = layout.row(row, redaction)
    if redacted is None:
        return b""
    return line if redacted == row else _written(redacted, layout.delimiter).encode()


def _text(line: bytes, text: str, redaction: Redaction) -> bytes:
    redacted = redaction.text(text, "line")
    return line if redacted == text else redacted.encode()


def _end_of(line: bytes) -> bytes:
    return b"\n" if line.endswith(b"\n") else b""


def _written(row: list[str], delimiter: str, ending: str = "\n") -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=ending).writerow(row)
    return out.getvalue()


def redacted_table(
    content: bytes, accounts: frozenset[str], structure: frozenset[str], redaction: Redaction
) -> bytes | None:
    """The table without what names somebody erased; None for no table.

    Rows may go over several lines. One that names nobody keeps its bytes, also those that are no
    UTF-8; another one is written as Python writes CSV.
    """
    text = content.decode("utf-8", "surrogateescape")
    mark = _MARK if text.startswith(_MARK) else ""
    text = text.removeprefix(mark)
    layout = Layout.of(text.partition("\n")[0].rstrip("\r"), accounts, structure)
    try:
        rows = list(_rows_as_written(text, layout.delimiter))
    except csv.Error:
        return None
    out = [mark]
    for number, (row, written) in enumerate(rows):
        redacted = row if number == 0 and layout.header else layout.row(row, redaction)
        if redacted == row:
            out.append(written)
        elif redacted is not None:
            ending = "\r\n" if written.endswith("\r\n") else "\n"
            out.append(_written(redacted, layout.delimiter, ending))
    return "".join(out).encode("utf-8", "surrogateescape")


def _rows_as_written(text: str, delimiter: str) -> Iterator[tuple[list[str], str]]:
    """Each row, and the text from which it was read. Raises csv.Error."""
    lines: list[str] = []

    def noting() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            lines.append(line)
            yield line

    for row in csv.reader(noting(), delimiter=delimiter):
        yield row, "".join(lines)
        lines.clear()
