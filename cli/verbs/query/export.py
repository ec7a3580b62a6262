"""Writes rows of a query to Parquet, CSV, JSON or JSON lines, by the file extension."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from cli.console import plain
from cli.errors import WRONG_USE, UserError
from cli.files import refuse_target, written_whole
from shared.inputs.spreadsheet import guarded

Schema = Sequence[Any]
"""Columns as `bigquery.SchemaField`."""
Rows = Sequence[Sequence[Any]]


def refuse(out: Path) -> None:
    """Raises UserError, before the query, for a file that cannot be written."""
    refuse_target(out, ())
    if out.suffix.lower() not in WRITERS:
        extensions = ", ".join(WRITERS)
        raise UserError(f"--out {out}: its extension must be one of {extensions}.", WRONG_USE)


def export(rows: Any, out: Path) -> int:
    """Write all rows with their types, completely or not. Returns how many there were."""
    if not rows.schema:
        raise UserError("The statement returns no rows, so there is nothing to write.")
    values = [row.values() for row in rows]
    with written_whole(out) as unfinished:
        WRITERS[out.suffix.lower()](rows.schema, values, unfinished)
    return len(values)


def _parquet(schema: Schema, rows: Rows, path: Path) -> None:
    from cli.verbs.query.parquet import write_parquet

    write_parquet(schema, rows, path)


def _csv(schema: Schema, rows: Rows, path: Path) -> None:
    import csv

    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([column.name for column in schema])
        writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: Any) -> str:
    """A CSV cell: text is never a formula, NULL is empty, arrays and records are JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return guarded(value)
    document = plain(value)
    return document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)


def _json(schema: Schema, rows: Rows, path: Path) -> None:
    text = json.dumps(list(_documents(schema, rows)), ensure_ascii=False, indent=2)
    path.write_text(f"{text}\n", encoding="utf-8")


def _json_lines(schema: Schema, rows: Rows, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for document in _documents(schema, rows):
            file.write(json.dumps(document, ensure_ascii=False) + "\n")


def _documents(schema: Schema, rows: Rows) -> Iterator[Any]:
    names = [column.name for column in schema]
    return (plain(dict(zip(names, row, strict=True))) for row in rows)


WRITERS: dict[str, Callable[[Schema, Rows, Path], None]] = {
    ".parquet": _parquet,
    ".csv": _csv,
    ".json": _json,
    ".jsonl": _json_lines,
}
