"""Tables of a person, opened with errors as sentences, and stored as JSON lines."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from cli.errors import UserError
from shared.inputs.tables.container import open_table
from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.table import Table
from shared.tiktok.sources.manifest_file import Manifest, ManifestOptions

_PLAIN = re.compile(
    r"CSV separated by [^,]{1,10}|CSV separated by ,|lines of one column|JSON, one object a line"
)
"""Containers that an erasure can redact line by line. Others name their encoding, or are binary."""


def metadata_table(path: Path) -> tuple[Table, datetime]:
    """A table, and when its file was written. Raises UserError."""
    try:
        return open_table(path), datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except BadTable as error:
        raise UserError(error.sentence) from error
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}.") from error


def read_manifest(
    table: Table, written_at: datetime, options: ManifestOptions, now: datetime
) -> Manifest:
    """A table as a list of videos. Raises UserError where its format or notation is not clear."""
    try:
        return Manifest(table, written_at, options, now)
    except BadTable as error:
        raise UserError(error.sentence) from error


def is_plain_text(table: Table) -> bool:
    """Whether a table is CSV or JSON lines in UTF-8."""
    return _PLAIN.fullmatch(table.container) is not None


def write_json_lines(table: Table, target: IO[bytes]) -> None:
    """The rows of a table under the names that the file gives, one object a line."""
    for row in table.rows():
        if not row.problem:
            record = {name: _plain(cell) for name, cell in row.cells.items()}
            target.write(json.dumps(record, default=str).encode() + b"\n")


def _plain(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return cell.isoformat()
    return None if cell != cell else cell  # NaN, which is not JSON, differs from itself
