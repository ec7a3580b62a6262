"""Rows of a query as a file: Parquet, CSV, JSON or JSON lines, by its extension."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cli.console import plain
from cli.errors import WRONG_USE, UserError
from cli.files import refuse_target, written_whole
from shared.inputs.spreadsheet import guarded


def refuse(out: Path) -> None:
    """Raises UserError for a file that cannot be written, before anything is asked."""
    refuse_target(out, ())
    if out.suffix.lower() not in WRITERS:
        extensions = ", ".join(WRITERS)
        raise UserError(
            f"--out {out}: by its extension, one of {extensions} is written.", WRONG_USE
        )


def export(rows: Any, out: Path) -> int:
    """Write all rows with their types, whole or not at all; returns how many there were."""
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
    """Text never a formula; a missing value empty; what is no single value as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return guarded(value)
    settled = plain(value)
    return settled if isinstance(settled, str) else json.dumps(settled, ensure_ascii=False)


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
