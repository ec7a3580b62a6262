"""Writes rows of a query to Parquet, CSV, JSON or JSON lines, by the file extension."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cli.console import plain
from cli.errors import WRONG_USE, UserError
from cli.files import refuse_target, written_whole
from shared.inputs.spreadsheet import guarded


def refuse(out: Path) -> None:
    """Raises UserError, before the query, for a file that cannot be written."""
    refuse_target(out, ())
    if out.suffix.lower() not in WRITERS:
        extensions = ", ".join(WRITERS)
        raise UserError(f"--out {out}: its extension must be one of {extensions}.", WRONG_USE)


def export(rows: Any, out: Path) -> int:
    """Write all rows with their types, completely or not. Returns how many there were."""
    table = rows.to_arrow(create_bqstorage_client=False)
    if not table.column_names:
        raise UserError("The statement returns no rows, so there is nothing to write.")
    with written_whole(out) as unfinished:
        WRITERS[out.suffix.lower()](table, unfinished)
    return int(table.num_rows)


def _parquet(table: Any, path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, path, compression="zstd")


def _csv(table: Any, path: Path) -> None:
    import csv

    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table.column_names)
        for row in table.to_pylist():
            writer.writerow([_cell(value) for value in row.values()])


def _cell(value: Any) -> str:
    """A CSV cell: text is never a formula, NULL is empty, arrays and records are JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return guarded(value)
    document = plain(value)
    return document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)


def _json(table: Any, path: Path) -> None:
    text = json.dumps(plain(table.to_pylist()), ensure_ascii=False, indent=2)
    path.write_text(f"{text}\n", encoding="utf-8")


def _json_lines(table: Any, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in table.to_pylist():
            file.write(json.dumps(plain(row), ensure_ascii=False) + "\n")


WRITERS: dict[str, Callable[[Any, Path], None]] = {
    ".parquet": _parquet,
    ".csv": _csv,
    ".json": _json,
    ".jsonl": _json_lines,
}
