"""The names of a file's columns, read before the file, because they decide how it is read.

A file that cannot be read has no names here. Its error comes from the reader of its rows.
"""

import csv
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from shared.inputs.json_input import parse_json

MOST_RECORDS = 100
"""JSON has no header: the keys of the first records are its columns."""

MOST_HEADER_CHARS = 2**20


def columns_in(path: Path) -> list[str]:
    """The names in the order of the file; none if it is not a readable table."""
    read = _READERS.get(path.suffix.lower())
    try:
        return [] if read is None else read(path)
    except (OSError, ValueError, csv.Error):  # Arrow's errors and those of decoding are ValueErrors
        return []


def _of_csv(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as text:
        header = text.readline(MOST_HEADER_CHARS)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=header.count)
    return [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]


def _of_parquet(path: Path) -> list[str]:
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    return list(pq.read_schema(path).names)


def _of_json(path: Path) -> list[str]:
    records = parse_json(path.read_text(encoding="utf-8-sig"))
    return _keys(records) if isinstance(records, list) else []


def _of_json_lines(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig") as text:
        return _keys(parse_json(line) for line in text if line.strip())


def _keys(records: Iterable[Any]) -> list[str]:
    names: dict[str, None] = {}
    for record in islice(records, MOST_RECORDS):
        names.update(dict.fromkeys(record) if isinstance(record, dict) else {})
    return list(names)


_READERS: dict[str, Callable[[Path], list[str]]] = {
    ".csv": _of_csv,
    ".tsv": _of_csv,
    ".parquet": _of_parquet,
    ".json": _of_json,
    ".jsonl": _of_json_lines,
}
