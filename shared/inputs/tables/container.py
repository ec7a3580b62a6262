"""Opening a file as a table: the container is decided by the first bytes, then by the name."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any, BinaryIO

from shared.inputs.tables.encodings import (
    UTF_8,
    WINDOWS_1252,
    Encoding,
    encoding_of,
    is_binary,
)
from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.table import Opener, Table

HEAD_BYTES = 64 * 2**10
CONTAINERS = (".csv", ".tsv", ".xlsx", ".json", ".jsonl", ".ndjson", ".parquet")
_UNPACK = "unpack it first."
_SAVE = "save it as .xlsx, or as CSV in UTF-8."
_FOREIGN = {
    b"\x1f\x8b": ("packed as gzip", _UNPACK),
    b"BZh": ("packed as bzip2", _UNPACK),
    b"\xfd7zXZ": ("packed as xz", _UNPACK),
    b"\x28\xb5\x2f\xfd": ("packed as Zstandard", _UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("packed as 7z", _UNPACK),
    b"\xd0\xcf\x11\xe0": ("an old Excel file", _SAVE),
    b"SQLite format 3": ("an SQLite database", "export the table as CSV."),
    b"%PDF": ("a PDF", "give the table itself."),
}
_READ_AS_1252 = (
    "Read as Windows-1252, because it is not UTF-8. If letters are wrong, save the file as UTF-8."
)
_PAGES = ("<!doctype html", "<html", "<?xml")


def open_table(path: Path) -> Table:
    """Open a table of any container. Raises BadTable, also for a folder and for an empty file."""
    if not path.is_file():
        raise BadTable(f"{path}: {'not an ordinary file' if path.exists() else 'no such file'}.")
    try:
        return _table(lambda: path.open("rb"), path.name)
    except OSError as error:
        raise BadTable(f"{path.name}: {error.strerror or error}.") from error


def table_in(file: BinaryIO, name: str) -> Table:
    """A table in an open file that can seek. It stays open, and only one reader may use it."""

    def rewound() -> BinaryIO:
        file.seek(0)
        return io.BufferedReader(_Borrowed(file))

    return _table(rewound, name)


class _Borrowed(io.RawIOBase):
    """A file whose owner closes it: closing this leaves it open."""

    def __init__(self, file: BinaryIO):
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self._file.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def _table(opener: Opener, name: str) -> Table:
    with opener() as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise BadTable(f"{name} is empty; export the table again.")
    if head.startswith(b"PAR1"):
        from shared.inputs.tables.parquet_rows import parquet_table

        return parquet_table(opener, name)
    if head.startswith(b"PK\x03\x04"):
        from shared.inputs.tables.excel_rows import excel_table

        return excel_table(opener, name)
    for mark, (what, advice) in _FOREIGN.items():
        if head.startswith(mark):
            raise BadTable(f"{name} is {what} by its first bytes; {advice}")
    return _text_table(opener, name, head)


def _text_table(opener: Opener, name: str, head: bytes) -> Table:
    encoding = encoding_of(head)
    text = head.decode(encoding.codec, "replace")
    start = text.lstrip("\ufeff \t\r\n").lower()
    if is_binary(text):
        raise BadTable(
            f"{name} is not a table, by its first bytes: give one of {', '.join(CONTAINERS)}."
        )
    if start.startswith(_PAGES):
        raise BadTable(f"{name} is a web page or XML; {_SAVE}")
    table = _reader(start, name)(opener, name, encoding, text)
    if encoding == UTF_8:
        return table
    notes = (_READ_AS_1252, *table.notes) if encoding == WINDOWS_1252 else table.notes
    return replace(table, container=f"{table.container}, {encoding.title}", notes=notes)


def _reader(start: str, name: str) -> Callable[[Opener, str, Encoding, str], Table]:
    suffix = PurePath(name).suffix.lower()
    is_json = start.startswith("{") or (start.startswith("[") and suffix not in (".csv", ".tsv"))
    if is_json or suffix in (".json", ".jsonl", ".ndjson"):
        from shared.inputs.tables.json_rows import json_table

        return json_table
    from shared.inputs.tables.csv_rows import csv_table

    return csv_table
