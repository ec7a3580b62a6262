"""Reading a manifest file, CSV or one JSON object a line, in bounded memory."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from shared.errors import Permanent
from shared.inputs.json_input import parse_json
from shared.tiktok.sources.manifest_terms import NAMES, Columns, Terms, page_fields, rename_fields

MOST_LINE_BYTES = 1_000_000
TEXT_CHARS = 20_000
_MARKS = {
    b"\x1f\x8b": "packed as gzip",
    b"PK\x03\x04": "packed as ZIP (an Excel file is one)",
    b"\x28\xb5\x2f\xfd": "packed as Zstandard",
    b"BZh": "packed as bzip2",
    b"\xfd7zXZ": "packed as xz",
    b"\xff\xfe": "written in UTF-16",
    b"\xfe\xff": "written in UTF-16",
}


class BadManifest(Permanent):
    """The file is not a manifest, so nothing in it can be read."""

    def __init__(self, sentence: str):
        super().__init__("bad_manifest", sentence)


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One entry: its fields by our names, or None and the `problem`.

    `number` is its first line, `after` its last, from 1. `text` is the beginning of the entry.
    """

    number: int
    after: int
    text: str
    fields: Terms | None
    problem: str = ""


class Manifest:
    """The entries of a file, iterated once from its start. Raises BadManifest.

    `columns` maps our fields to the file's columns. `unused` holds the unknown columns of a CSV
    file, after the first entry was read.
    """

    def __init__(self, file: IO[bytes], name: str, columns: Columns | None = None):
        self.unused: tuple[str, ...] = ()
        self._name = name
        self._columns = columns or {}
        self._lines = _Lines(file)

    def __iter__(self) -> Iterator[ManifestEntry]:
        first = self._lines.peek()
        for mark, what in _MARKS.items():
            if first.startswith(mark):
                raise BadManifest(f"{self._name} is {what}; bring it as plain text in UTF-8.")
        if first.lstrip().startswith(b"["):
            raise BadManifest(
                f"{self._name} is one JSON array; bring one object a line (jq -c .[])"
            )
        is_json = first.lstrip().startswith(b"{") or not first.strip()
        return self._json() if is_json else self._csv()

    def _json(self) -> Iterator[ManifestEntry]:
        while line := self._lines.take():
            if line.strip():
                text = line[:TEXT_CHARS].decode("utf-8", "replace")
                fields, problem = self._object(line)
                yield ManifestEntry(self._lines.number, self._lines.number, text, fields, problem)

    def _object(self, line: bytes) -> tuple[Terms | None, str]:
        if len(line) > MOST_LINE_BYTES:
            return None, f"longer than {MOST_LINE_BYTES} bytes"
        try:
            record = parse_json(line)
        except ValueError:
            return None, "not JSON"
        if not isinstance(record, dict):
            return None, "not an object"
        if fields := page_fields(record):
            return fields, ""
        fields, unknown = rename_fields(record, self._columns)
        if unknown and not self._columns:
            why = f"{unknown[0][:60]}: there is no such field; there are {', '.join(NAMES)}"
            return None, why
        return fields, ""

    def _csv(self) -> Iterator[ManifestEntry]:
        header, rows = self._header()
        while True:
            first = self._lines.begin_entry()
            try:
                row = next(rows)
            except StopIteration:
                return
            except (_TooLong, csv.Error) as error:
                yield ManifestEntry(first, self._lines.number, "", None, str(error))
                rows = self._rows()  # csv.reader cannot continue after an error
                continue
            if row:
                text = ",".join(row)[:TEXT_CHARS]
                fields, problem = self._cells(header, row)
                yield ManifestEntry(first, self._lines.number, text, fields, problem)

    def _header(self) -> tuple[list[str], Iterator[list[str]]]:
        first = self._lines.peek()
        self._delimiter = max(",;\t", key=lambda sign: first.count(sign.encode()))
        rows = self._rows()
        try:
            self._lines.begin_entry()
            header = next(rows, [])
        except (_TooLong, csv.Error) as error:
            raise BadManifest(f"{self._name}: its header cannot be read: {error}.") from error
        fields, unknown = rename_fields(dict.fromkeys(header, ""), self._columns)
        if not {"video_id", "file"} & fields.keys():
            raise BadManifest(
                f"{self._name} has no column of video ids, but {', '.join(header)[:200]}; known "
                f"are {', '.join(NAMES['video_id'])}, or name yours under `columns`."
            )
        self.unused = tuple(unknown)
        return header, rows

    def _rows(self) -> Iterator[list[str]]:
        return csv.reader(self._lines.text(), delimiter=self._delimiter)

    def _cells(self, header: list[str], row: list[str]) -> tuple[Terms | None, str]:
        if self._lines.is_broken:
            return None, "not UTF-8"
        if len(row) != len(header):
            return None, f"{len(row)} columns, where the header has {len(header)}"
        return rename_fields(dict(zip(header, row, strict=True)), self._columns)[0], ""


class _TooLong(Exception):
    def __str__(self) -> str:
        return f"longer than {MOST_LINE_BYTES} bytes: is a quote opened and not closed?"


class _Lines:
    """Lines with their numbers. A line that is too long is cut."""

    def __init__(self, file: IO[bytes]):
        self._file = file
        self._ahead: bytes | None = None
        self._size = 0
        self.number = 0
        self.is_broken = False

    def begin_entry(self) -> int:
        """Start an entry, and return the number of its first line."""
        self._size, self.is_broken = 0, False
        return self.number + 1

    def peek(self) -> bytes:
        if self._ahead is None:
            self._ahead = self._read()
        return self._ahead

    def take(self) -> bytes:
        """The next line; nothing at the end."""
        line, self._ahead = self.peek(), None
        self.number += bool(line)
        return line

    def text(self) -> Iterator[str]:
        """The remaining lines as text. Raises _TooLong for an entry that does not end."""
        while line := self.take():
            self._size += len(line)
            if self._size > MOST_LINE_BYTES:
                raise _TooLong
            try:
                yield line.decode()
            except UnicodeDecodeError:
                self.is_broken = True
                yield line.decode("utf-8", "replace")

    def _read(self) -> bytes:
        line = piece = self._file.readline(MOST_LINE_BYTES + 1)
        while piece and not piece.endswith(b"\n"):
            piece = self._file.readline(MOST_LINE_BYTES)
        return line.removeprefix(b"\xef\xbb\xbf") if self.number == 0 else line
