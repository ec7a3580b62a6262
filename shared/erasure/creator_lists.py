"""Erase from lists that people brought: lines of JSON, or rows of a table.

A row is deleted when its account or its id was erased. In all other rows a name is replaced, both
in columns of free text and in columns that we do not know, because those are people's own notes.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Self

from shared.inputs.formats.names import folded
from shared.inputs.json_input import parse_json
from shared.model import VIDEO_ID
from shared.privacy.free_text import ACCOUNTS, is_address, is_free_text, is_video_id
from shared.privacy.redaction import GONE, Redaction
from shared.privacy.subjects import names_account

_JSON = ("{", "[")
_LEAST_COLUMNS = 2
_HEADER_WITHIN = 20
"""Lines in which a header is sought: Excel's `sep=;`, titles and comments may stand above it."""
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
    def of(
        cls, line: str, accounts: frozenset[str], structure: frozenset[str], is_first: bool = True
    ) -> Self:
        """`accounts` and `structure` are names of columns, folded.

        `accounts` say whose a row is, and `structure` holds no free text. A line further down is
        a header only with two known columns: a row of cells may hold the word of one.
        """
        line = line.removeprefix(_MARK)
        if line.lstrip()[:1] in _JSON:  # its keys would be taken for columns
            return cls(accounts=accounts, structure=structure)
        delimiter = max(",;\t|", key=line.count)
        try:
            cells = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:  # the cell is longer than csv.field_size_limit
            cells = []
        names = tuple(map(folded, cells))
        known_names = [
            name
            for name in names
            if is_free_text(name) or is_video_id(name) or name in accounts | structure
        ]
        is_header = len(known_names) >= (1 if is_first else 2)
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
        is_creator = column in self.accounts and names_account(cell, redaction.erased.has_creator)
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
    layout = Layout(accounts=accounts, structure=structure)
    for number, line in enumerate(lines):
        text = line.decode("utf-8", "replace")
        if number < _HEADER_WITHIN and not layout.header:
            seen = Layout.of(text.rstrip("\r\n"), accounts, structure, number == 0)
            if number == 0 or seen.header:
                layout = seen
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
    if redacted != row:
        line = _as_csv(redacted, layout.delimiter).encode()
    return line if layout.header else _text(line, line.decode("utf-8", "replace"), redaction)


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
    first_lines = text.splitlines()[:_HEADER_WITHIN]
    layouts = [
        Layout.of(line, accounts, structure, number == 0) for number, line in enumerate(first_lines)
    ]
    layout = next((seen for seen in layouts if seen.header), layouts[0] if layouts else None)
    if layout is None:
        return content
    try:
        rows = list(_rows_as_as_csv(text, layout.delimiter))
    except csv.Error:
        return None
    out = [mark]
    above = replace(layout, header=())
    is_above = bool(layout.header)
    for row, source in rows:
        is_header = is_above and tuple(map(folded, row)) == layout.header
        is_above = is_above and not is_header
        redacted = row if is_header else (above if is_above else layout).row(row, redaction)
        if redacted is None:
            continue
        ending = "\r\n" if source.endswith("\r\n") else "\n"
        line = source if redacted == row else _as_csv(redacted, layout.delimiter, ending)
        # Without a header it may be no table, and `&#64;` in it has no end of a cell.
        out.append(line if layout.header else redaction.text(line, "line"))
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
