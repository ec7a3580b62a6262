"""Which columns of which tables each MERGE reads: Google's analyser's answers, stored."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

STORED = Path(__file__).with_name("references.json")
COMMAND = "make cost"


class StaleReferences(Exception):
    """A statement was changed after its stored answer; the message has the command that helps."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One mention of a table in a statement.

    `bounds` maps columns to the parameters that list the values to read.
    """

    table: str
    columns: tuple[str, ...]
    bounds: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reads:
    """What one MERGE reads. `updates` is whether it may change or delete rows."""

    target: str
    updates: bool
    scans: tuple[Scan, ...]


def reads_of(sql: str) -> Reads:
    """The reads of a MERGE. Raises StaleReferences for one that nobody asked the analyser about."""
    answer = _stored().get(sql_digest(sql))
    if answer is None:
        first = next(line for line in sql.splitlines() if line.startswith("MERGE"))
        raise StaleReferences(f"`{first}` has changed: run `{COMMAND}`, which needs npm.")
    scans = (
        Scan(scan["table"], tuple(scan["columns"]), scan["bounds"]) for scan in answer["scans"]
    )
    return Reads(answer["target"], answer["updates"], tuple(scans))


@lru_cache
def _stored() -> dict[str, dict[str, Any]]:
    return {answer["sql"]: answer for answer in json.loads(STORED.read_text()).values()}


def sql_digest(sql: str) -> str:
    """Equal for texts that differ only in comments and white space."""
    text = " ".join(re.sub(r"(?m)--.*$", "", sql).split())
    return hashlib.sha256(text.encode()).hexdigest()[:16]
