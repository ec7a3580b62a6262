"""What a person states about a table: its columns, its notation, and when its counts were read."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cli.errors import WRONG_USE, UserError
from shared.inputs.tables.notation import Notation
from shared.inputs.yaml_input import BadYaml, read_yaml


def stated_columns(entries: Iterable[str] | None) -> dict[str, str]:
    """Our fields and the columns that hold them, of `ours=theirs` and of YAML files.

    Raises UserError for an entry that is neither, and for a field that is stated twice.
    """
    columns: dict[str, str] = {}
    for entry in entries or ():
        ours, equals, theirs = entry.partition("=")
        path = Path(entry)
        pairs = _pairs_in(path) if path.is_file() or not equals else {ours.strip(): theirs.strip()}
        for field, column in pairs.items():
            if columns.get(field, column) != column:
                raise UserError(f"--columns: {field} is stated twice.", WRONG_USE)
            columns[field] = column
    return columns


def stated_notation(decimal: Any, dates: Any, timezone: str | None) -> Notation:
    """The notation of a table as far as it is stated. Raises UserError."""
    return Notation(decimal, dates, _zone(timezone))


def stated_reading_time(
    text: str | None, timezone: str | None
) -> Literal["file"] | datetime | None:
    """`file`, or a time: ISO 8601, in UTC unless it or `timezone` says otherwise.

    A day alone is its first moment. Raises UserError.
    """
    if text is None:
        return None
    if text.strip() == "file":
        return "file"
    try:
        at = datetime.fromisoformat(text.strip())
        zoned = at if at.tzinfo else at.replace(tzinfo=_zone(timezone) or UTC)
        return zoned.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UserError(
            f"--collected-at {text}: give a day such as 2026-01-31, a time such as "
            "2026-01-31T12:00Z, or the word file.",
            WRONG_USE,
        ) from error


def _pairs_in(path: Path) -> dict[str, str]:
    problem = f"--columns {path}: "
    try:
        pairs, _ = read_yaml(path.read_bytes())
    except OSError as error:
        raise UserError(
            f"{problem}{error.strerror}. Give ours=theirs, or a file of lines `ours: theirs`.",
            WRONG_USE,
        ) from error
    except BadYaml as error:
        raise UserError(f"{problem}{error}.", WRONG_USE) from error
    if not isinstance(pairs, dict) or not all(isinstance(name, str) for name in pairs.values()):
        raise UserError(f"{problem}it must hold lines `ours: theirs` and nothing else.", WRONG_USE)
    return {str(ours): theirs for ours, theirs in pairs.items()}


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UserError(
            f"--timezone {name}: give the name of a zone such as Europe/Berlin or UTC.", WRONG_USE
        ) from error
