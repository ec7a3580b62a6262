"""Erase from lists that people brought: lines of JSON, or rows of a table.

A row is deleted when its account or its id was erased. In all other rows a name is replaced, both
in columns of free text and in columns that we do not know, because those are people's own notes.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self

from shared.inputs.formats.names import folded
from shared.inputs.json_input import parse_json
from shared.model import VIDEO_ID
from shared.privacy.free_text import ACCOUNTS, is_address, is_free_text, is_video_id
from shared.privacy.redaction import GONE, Redaction

_JSON = ("{", "[")
_LEAST_COLUMNS = 2
_MARK = "\ufeff"
"""Excel writes this mark before the first line. It would hide the quotes of the first cell."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The delimiter and the columns of a table, by its first line.

    A first line without a known column is not a header.
    """

    delimiter: str = ","
    header: tuple[str, ...] = ()
    accounts: frozenset[str] = ACCOUNTS
    structure: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, first_line: str, accounts: frozenset[str], structure: frozenset[str]) -> Self:
        """`accounts` and `structure` are names of columns, folded.

        `accounts` say whose a row is, and `structure` holds no free text.
        """
        first_line = first_line.removeprefix(_MARK)
        if first_line.lstrip()[:1] in _JSON:  # its keys would be taken for columns
            return cls(accounts=accounts, structure=structure)
        delimiter = max(",;\t|", key=first_line.count)
        try:
            cells = next(csv.reader([first_line], delimiter=delimiter), [])
        except csv.Error:  # the cell is longer than csv.field_size_limit
            cells = []
        names = tuple(map(folded, cells))
        is_header = any(
            is_free_text(name) or is_video_id(name) or name in accounts | structure
            for name in names
        )
        return cls(delimiter, names if is_header else (), accounts, structure)

    def row(self, row: list[str], redaction: Redaction) -> list[str] | None:
        """The row without mentions. None when it is about somebody erased."""
        if not self.header:
            return self._row_without_header(row, redaction)
        names = [*self.header, *[""] * (len(row) - len(self.header))]
        pairs = list(zip(names, row, strict=False))
        if any(self._is_about(name, cell, redaction) for name, cell in pairs):
            return None
        return [self._cell(name, cell, redaction) for name, cell in pairs]

    def _is_about(self, column: str, cell: str, redaction: Redaction) -> bool:
        cell = cell.strip()
        is_creator = column in self.accounts and bool(cell) and redaction.erased.has_creator(cell)
        is_video = is_video_id(column) and _is_erased_video(cell, redaction)
        is_video = is_video or redaction.is_address_of_erased(cell)
        if is_creator or is_video:
            redaction.note(column, cell)
        return is_creator or is_video

    def _cell(self, column: str, cell: str, redaction: Redaction) -> str:
        if column in self.accounts or column in self.structure or is_video_id(column):
            return cell
        return redaction.text(cell, column or "cell", only_at=is_address(column))

    def _row_without_header(self, row: list[str], redaction: Redaction) -> list[str] | None:
        if any(_is_erased_video(cell.strip(), redaction) for cell in row):
            return None
        if any(map(redaction.is_address_of_erased, row)):
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
    """Each line with its replacement: the same bytes, other bytes, or none."""
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
    if isinstance(value, int | str):  # the file is a list of ids or of names
        return b"" if redaction.value([value]) == [] else _text(line, text, redaction)
    redacted = redaction.value(value)
    if redacted is GONE:
        return b""
    return line if redacted == value else json.dumps(redacted).encode() + _end_of(line)


def _row_of_text(line: bytes, text: str, layout: Layout, redaction: Redaction) -> bytes:
    if text.lstrip()[:1] in _JSON:  # broken JSON
        return b"" if redaction.names_in_unreadable(line) else line
    try:
        row = next(iter(csv.reader([text.rstrip("\r\n")], delimiter=layout.delimiter)), [])
    except csv.Error:
        return b"" if redaction.names_in_unreadable(line) else line
    if len(row) < _LEAST_COLUMNS:
        cell = text.strip()
        if _is_erased_video(cell, redaction) or redaction.is_address_of_erased(cell):
            return b""
        return _text(line, text, redaction)
    redacted = layout.row(row, redaction)
    if redacted is None:
        return b""
    return line if redacted == row else _as_csv(redacted, layout.delimiter).encode()


def _text(line: bytes, text: str, redaction: Redaction) -> bytes:
    redacted = redaction.text(text, "line")
    return line if redacted == text else redacted.encode()


def _end_of(line: bytes) -> bytes:
    return b"\n" if line.endswith(b"\n") else b""


def _as_csv(row: list[str], delimiter: str, ending: str = "\n") -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=ending).writerow(row)
    return out.getvalue()


def redacted_table(
    content: bytes, accounts: frozenset[str], structure: frozenset[str], redaction: Redaction
) -> bytes | None:
    """The table without rows and mentions of the erased. None when it cannot be parsed.

    A row may span several lines. A row that names nobody keeps its bytes, even if they are not
    UTF-8. A row that changes is written as Python writes CSV.
    """
    text = content.decode("utf-8", "surrogateescape")
    mark = _MARK if text.startswith(_MARK) else ""
    text = text.removeprefix(mark)
    layout = Layout.of(text.partition("\n")[0].rstrip("\r"), accounts, structure)
    try:
        rows = list(_rows_as_as_csv(text, layout.delimiter))
    except csv.Error:
        return None
    out = [mark]
    for number, (row, source) in enumerate(rows):
        redacted = row if number == 0 and layout.header else layout.row(row, redaction)
        if redacted == row:
            out.append(source)
        elif redacted is not None:
            ending = "\r\n" if source.endswith("\r\n") else "\n"
            out.append(_as_csv(redacted, layout.delimiter, ending))
    return "".join(out).encode("utf-8", "surrogateescape")


def _rows_as_as_csv(text: str, delimiter: str) -> Iterator[tuple[list[str], str]]:
    """Each row with the text from which it was read. Raises csv.Error."""
    lines: list[str] = []

    def recorded_lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            lines.append(line)
            yield line

    for row in csv.reader(recorded_lines(), delimiter=delimiter):
        yield row, "".join(lines)
        lines.clear()
