"""Output for people and for programs.

Results go to stdout. Progress, advice and errors go to stderr. With `--json`, stdout has one JSON
document and nothing else.
"""

import base64
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import Any, TextIO

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

MAX_ROWS = 200
PIPE_WIDTH = 200


def _width(stream: TextIO) -> int | None:
    return None if stream.isatty() else PIPE_WIDTH


class Screen:
    """The output of one run of a verb."""

    def __init__(self, machine: bool = False):
        self.machine = machine
        # A file or a pipe has no width, so tables get plenty.
        self.out = Console(highlight=False, soft_wrap=True, width=_width(sys.stdout))
        self.err = Console(stderr=True, highlight=False, soft_wrap=True)
        self._status: Status | None = None

    def say(self, sentence: str) -> None:
        """Print a sentence for the person who waits."""
        self.err.print(escape(harmless(sentence)))

    def show(self, text: str = "") -> None:
        """Print a result for people; print nothing with --json."""
        if not self.machine:
            self.out.print(escape(harmless(text)))

    def show_json(self, document: Any) -> None:
        # Escapes keep the document whole where the terminal lacks a letter.
        is_ascii = not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
        print(json.dumps(plain(document), ensure_ascii=is_ascii, indent=2))

    @contextmanager
    def working(self, sentence: str) -> Iterator[None]:
        """Show a line that `now` rewrites while the block runs. Only a terminal shows it."""
        with self.err.status(escape(harmless(sentence))) as status:
            self._status = status
            try:
                yield
            finally:
                self._status = None

    @property
    def is_terminal(self) -> bool:
        """Whether a person sees the line that `now` rewrites."""
        return self.err.is_terminal

    def now(self, sentence: str) -> None:
        if self._status is not None:
            self._status.update(escape(harmless(sentence)))

    def table(
        self,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        title: str | None = None,
        whole: int = 0,
    ) -> int:
        """Print the first MAX_ROWS rows as a table, and return how many more there were.

        Cells of the first `whole` columns are never folded, because people copy these names.
        """
        table = Table(
            title=None if title is None else escape(title), title_justify="left", box=box.SIMPLE
        )
        for number, column in enumerate(columns):
            table.add_column(escape(column), overflow="fold", no_wrap=number < whole)
        more = 0
        for number, row in enumerate(rows):
            if number < MAX_ROWS:
                table.add_row(*(escape(_cell(value)) for value in row))
            else:
                more += 1
        self.out.print(table)
        return more

    def rows(self, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        """Print the first MAX_ROWS rows as a table, or as records where a table is too wide.

        Returns how many more there were.
        """
        shown, more = _first(rows)
        cells = [[_cell(value) for value in row] for row in shown]
        if _table_width(columns, cells) <= self.out.width:
            self.table(columns, shown)
        else:
            self._records(columns, cells)
        return more

    def _records(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print a block per row, with a line per column."""
        for row in rows:
            block = Table.grid(padding=(0, 1))
            block.add_column(no_wrap=True)
            block.add_column(overflow="fold")
            for column, cell in zip(columns, row, strict=True):
                block.add_row(escape(f"{column}:"), escape(cell))
            self.out.print(block)
            self.out.print()


def _first(rows: Iterable[Sequence[Any]]) -> tuple[list[Sequence[Any]], int]:
    """The first MAX_ROWS rows, and how many follow. The others are not held in memory."""
    remaining = iter(rows)
    return list(islice(remaining, MAX_ROWS)), sum(1 for _ in remaining)


def _table_width(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Width of the table in characters, with box.SIMPLE and no folded cell."""
    widths = [cell_len(column) for column in columns]
    for row in rows:
        lines = (max(map(cell_len, cell.split("\n"))) for cell in row)
        widths = [max(pair) for pair in zip(widths, lines, strict=True)]
    return sum(widths) + 2 * len(widths) + len(widths) + 1


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, dict)):
        return json.dumps(plain(value), ensure_ascii=False)
    return harmless(str(value))


def harmless(text: str) -> str:
    """The text without control characters: strangers write captions and file names."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def plain(value: Any) -> Any:
    """The value in JSON's types: times in ISO 8601, bytes in base64, decimals as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # BigQuery's JSON does the same
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
