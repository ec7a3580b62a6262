"""Lines of what people brought, when something is erased: what they name, and what is left.

A line is JSON, a row of a table, or anything else. In a text a plain word may be anybody; in a
column of accounts it is an account's name.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Self

from shared.nested import parsed
from shared.tombstones import Tombstones


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is written, as its first line says; `accounts` are places in a row."""

    delimiter: str
    header: tuple[str, ...] = ()
    accounts: tuple[int, ...] = ()

    @classmethod
    def of(cls, first_line: str, account_columns: frozenset[str]) -> Self:
        """`account_columns` are names of columns in lower case. Of no table, a layout of none."""
        delimiter = max(",;\t", key=first_line.count)
        try:
            header = next(csv.reader([first_line], delimiter=delimiter), [])
        except csv.Error:  # a cell that is too long
            return cls(delimiter)
        names = [name.removeprefix("\ufeff").strip().lower() for name in header]
        places = (place for place, name in enumerate(names) if name in account_columns)
        return cls(delimiter, tuple(header), tuple(places))

    def row_names_erased(self, row: list[str], tombstones: Tombstones) -> bool:
        if any(tombstones.mentions(cell.strip()) for cell in row):
            return True
        if tuple(row) == self.header:  # `author` there is a column
            return False
        names = (row[place].strip() for place in self.accounts if place < len(row))
        return any(tombstones.has_creator(name) for name in names if name)

    def line_names_erased(self, line: bytes, tombstones: Tombstones) -> bool:
        text = line.decode("utf-8", "replace")
        try:
            said = parsed(text)
        except ValueError:
            return self._text_names_erased(text, tombstones)
        return bool(tombstones.left_of_json([said]) != [said])

    def _text_names_erased(self, text: str, tombstones: Tombstones) -> bool:
        """A row by its cells; what is none as one text."""
        try:
            row = next(iter(csv.reader([text.rstrip("\r\n")], delimiter=self.delimiter)), [])
        except csv.Error:
            return tombstones.mentions(text)
        return self.row_names_erased(row, tombstones)


def lines_left(
    lines: Iterable[bytes], account_columns: frozenset[str], tombstones: Tombstones
) -> Iterator[tuple[bytes, bool]]:
    """Each line, and whether it may stay."""
    lines = iter(lines)
    first = next(lines, b"")
    layout = Layout.of(first.decode("utf-8", "replace").rstrip("\r\n"), account_columns)
    for line in chain([first], lines):
        yield line, not layout.line_names_erased(line, tombstones)


def rows_left(
    content: bytes, account_columns: frozenset[str], tombstones: Tombstones
) -> tuple[bytes, bool] | None:
    """The table without the rows that name something erased, and whether there were any.

    Rows may go over several lines; they are written as Python writes CSV. None for no table.
    """
    text = content.decode("utf-8", "replace")
    layout = Layout.of(text.partition("\n")[0].rstrip("\r"), account_columns)
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=layout.delimiter, lineterminator="\n")
    found = False
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter):
            if layout.row_names_erased(row, tombstones):
                found = True
            else:
                writer.writerow(row)
    except csv.Error:
        return None
    return out.getvalue().encode(), found
