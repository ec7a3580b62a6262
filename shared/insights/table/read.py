"""Columns of a file by name, without conversion. Hostile files are refused.

CSV is read line by line and keeps only the named cells. Parquet reads only the named columns. JSON
is an array of objects (as `tta query --json` prints) or one object a line, and is read whole.
"""

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from shared.inputs.suggestions import MOST_LISTED, listed, nearest
from shared.inputs.tables.errors import BadTable

MAX_LINE_CHARS = 64 * 2**20
MAX_CELL_CHARS = 2**20
MAX_ROWS = 5_000_000
MAX_JSON_BYTES = 2**30
MARKS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "a ZIP archive (an Excel file is one)",
    b"PAR1": "Parquet",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
}
SAVE_AS = 'save it as UTF-8 ("CSV UTF-8" in a spreadsheet).'
ADVICE = "Mend `columns` in the plan, or take the name out of the plan."
Cells = list[Any]


class AbsentColumns(BadTable):
    """The table lacks columns of the plan. `problem` names them, and those that look like them."""

    def __init__(self, problem: str):
        super().__init__(f"{problem} {ADVICE}")
        self.problem = problem


@dataclass(frozen=True, slots=True)
class RawTable:
    """Columns by their names in the file, and the SHA-256 of all its bytes.

    `thousands_by_comma` is whether "1,234" can only mean 1234 in this file.
    """

    columns: Mapping[str, Cells]
    sha256: str
    thousands_by_comma: bool = True


def read_raw(path: Path, names: Iterable[str], optional: Iterable[str] = ()) -> RawTable:
    """Read these columns of a file, and the optional ones it has. Raises BadTable.

    The extension decides the format.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise BadTable(
            f"{path.name}: there is no reader for {path.suffix or 'a file without extension'}; "
            f"give one of {', '.join(READERS)}."
        )
    if not path.is_file():
        raise BadTable(f"{path}: {'not an ordinary file' if path.exists() else 'no such file'}.")
    if path.stat().st_size == 0:
        raise BadTable(f"{path.name} is empty.")
    try:
        columns, thousands = reader(path, sorted(set(names)), sorted(set(optional)))
        return RawTable(columns, _sha256(path), thousands)
    except OSError as error:
        raise BadTable(f"{path.name}: {error.strerror or error}.") from error


def columns_of(
    records: Iterable[Mapping[str, Any]],
    names: Iterable[str],
    what: str,
    optional: Iterable[str] = (),
) -> dict[str, Cells]:
    """Columns of rows that are mappings; a row may lack keys, a column must be in some row."""
    required = sorted(set(names))
    columns: dict[str, Cells] = {name: [] for name in (*required, *sorted(set(optional)))}
    seen: dict[str, None] = {}
    for record in records:
        seen.update(dict.fromkeys(record))
        for name, column in columns.items():
            column.append(record.get(name))
    if not seen:
        raise BadTable(f"{what} has no rows.")
    refuse_absent(required, list(seen), what)
    return {name: column for name, column in columns.items() if name in seen}


def refuse_absent(names: Iterable[str], columns: list[str], what: str) -> None:
    """Raises AbsentColumns for names that are not among the columns of `what`."""
    existing = set(columns)
    if absent := [name for name in names if name not in existing]:
        first = ", ".join(f"{name}{nearest(name, columns)}" for name in absent[:MOST_LISTED])
        more = f" and {len(absent) - MOST_LISTED} more" if len(absent) > MOST_LISTED else ""
        raise AbsentColumns(f"{what} has no column {first}{more}; {listed(columns)}.")


def _from_csv(path: Path, names: list[str], optional: list[str]) -> tuple[dict[str, Cells], bool]:
    with path.open("rb") as file:
        _refuse_marks(path.name, file.read(4))
    try:
        # utf-8-sig drops the byte order mark that Excel writes before the first header.
        with path.open(encoding="utf-8-sig", newline="") as text:
            delimiter = _delimiter(path, text.readline(MAX_LINE_CHARS + 1))
        with path.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.reader(_lines(text, path.name), delimiter=delimiter, strict=True)
            # Spreadsheets separate by semicolons where the comma is the decimal sign.
            return _cells_of(rows, names, optional, path.name), delimiter != ";"
    except UnicodeDecodeError as error:
        raise _not_utf8(path.name, error) from error


def _delimiter(path: Path, header: str) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    return max(",;\t", key=header.count)


def _lines(text: IO[str], name: str) -> Iterator[str]:
    while line := text.readline(MAX_LINE_CHARS + 1):
        if len(line) > MAX_LINE_CHARS:
            raise BadTable(f"{name} has a line of more than {MAX_LINE_CHARS:,} characters.")
        if "\0" in line:
            raise BadTable(
                f"{name} contains NUL bytes, so it is not a CSV file; save it as CSV UTF-8."
            )
        yield line


def _cells_of(rows: Any, names: list[str], optional: list[str], name: str) -> dict[str, Cells]:
    previous_limit = csv.field_size_limit(MAX_CELL_CHARS)  # of the whole process
    try:
        header = [cell.strip() for cell in next(rows, [])]
        if not any(header):
            raise BadTable(f"{name} has no header in its first line.")
        refuse_absent(names, header, name)
        present = [*names, *(column for column in optional if column in header)]
        positions = {column: _position(column, header, name) for column in present}
        columns: dict[str, Cells] = {column: [] for column in present}
        count = 0
        for row in rows:
            if not row:
                continue
            count += 1
            _refuse_ragged(row, header, count, rows.line_num, name)
            for column, position in positions.items():
                columns[column].append(row[position])
    except csv.Error as error:
        raise BadTable(
            f"{name}, line {rows.line_num}: {error}. Is a quotation mark open that never closes?"
        ) from error
    finally:
        csv.field_size_limit(previous_limit)
    if not count:
        raise BadTable(f"{name} has a header and no rows.")
    return columns


def _refuse_ragged(row: list[str], header: list[str], count: int, line: int, name: str) -> None:
    if len(row) != len(header):
        raise BadTable(
            f"{name}, line {line}: {len(row):,} fields where the header has {len(header):,}. "
            "Put fields that contain the separator in quotation marks."
        )
    if count > MAX_ROWS:
        raise BadTable(f"{name} has more than {MAX_ROWS:,} rows; use Parquet or a part of it.")


def _position(column: str, header: list[str], name: str) -> int:
    positions = [position for position, title in enumerate(header) if title == column]
    if len(positions) > 1:
        raise BadTable(
            f"{name} has {len(positions)} columns named {column} (number {positions[0] + 1:,} and "
            f"{positions[1] + 1:,}); rename all but one."
        )
    return positions[0]


def _from_parquet(
    path: Path, names: list[str], optional: list[str]
) -> tuple[dict[str, Cells], bool]:
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    try:
        file = pq.ParquetFile(path)
        header = list(file.schema_arrow.names)
        refuse_absent(names, header, path.name)
        names = [*names, *(column for column in optional if column in header)]
        for column in names:
            _position(column, header, path.name)
        if file.metadata.num_rows == 0:
            raise BadTable(f"{path.name} has no rows.")
        if file.metadata.num_rows > MAX_ROWS:
            raise BadTable(f"{path.name} has more than {MAX_ROWS:,} rows; use a part of it.")
        table = file.read(columns=names)
        return {column: table.column(column).to_pylist() for column in names}, True
    except (pa.ArrowException, ValueError, OverflowError) as error:
        raise BadTable(f"{path.name} is not readable Parquet: {_first_line(error)}.") from error


def _from_json(path: Path, names: list[str], optional: list[str]) -> tuple[dict[str, Cells], bool]:
    content = _json_text(path)
    try:
        rows = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadTable(f"{path.name} is not readable JSON: {_first_line(error)}.") from error
    if not isinstance(rows, list):
        raise BadTable(f"{path.name} must be an array of objects, one for each video.")
    return columns_of(_objects(rows, path.name), names, path.name, optional), True


def _from_json_lines(
    path: Path, names: list[str], optional: list[str]
) -> tuple[dict[str, Cells], bool]:
    def rows() -> Iterator[Any]:
        with path.open(encoding="utf-8-sig") as text:
            for number, line in enumerate(_lines(text, path.name), 1):
                if not line.strip():
                    continue
                try:
                    yield json.loads(line)
                except (ValueError, RecursionError) as error:
                    why = _first_line(error)
                    raise BadTable(f"{path.name}, line {number}: not JSON: {why}.") from error

    try:
        return columns_of(_objects(rows(), path.name), names, path.name, optional), True
    except UnicodeDecodeError as error:
        raise _not_utf8(path.name, error) from error


def _json_text(path: Path) -> str:
    if path.stat().st_size > MAX_JSON_BYTES:
        raise BadTable(f"{path.name} is larger than {MAX_JSON_BYTES:,} bytes; use CSV or Parquet.")
    content = path.read_bytes()
    _refuse_marks(path.name, content[:4])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(path.name, error) from error


def _objects(rows: Iterable[Any], name: str) -> Iterator[Mapping[str, Any]]:
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise BadTable(f"{name}: row {number} is not an object of columns and values.")
        if number > MAX_ROWS:
            raise BadTable(f"{name} has more than {MAX_ROWS:,} rows; use Parquet or a part of it.")
        yield row


def _refuse_marks(name: str, head: bytes) -> None:
    for mark, what in MARKS.items():
        if head.startswith(mark):
            raise BadTable(f"{name} is {what} by its first bytes; {SAVE_AS}")


def _not_utf8(name: str, error: UnicodeDecodeError) -> BadTable:
    byte = error.object[error.start]
    return BadTable(f"{name} is not UTF-8 (byte 0x{byte:02x}); {SAVE_AS}")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200].rstrip(".")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


READERS: dict[str, Callable[[Path, list[str], list[str]], tuple[dict[str, Cells], bool]]] = {
    ".csv": _from_csv,
    ".tsv": _from_csv,
    ".parquet": _from_parquet,
    ".json": _from_json,
    ".jsonl": _from_json_lines,
}
