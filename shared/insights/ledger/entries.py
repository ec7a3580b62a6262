"""What the ledger keeps: a plan that was run on a table, or locked for it, and when.

An entry holds hashes, names of columns and a time. It holds nothing about a person, a file or a
machine, so an erasure has nothing to take out of it.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from shared.insights.plan import Plan
from shared.model import canonical_json
from shared.storage.layout import ledger_name

_DATES = re.compile(r"\d{4}[-_.]?\d{2}[-_.]?\d{2}([T_-]?\d{2}[-_.:]?\d{2}([-_.:]?\d{2})?Z?)?")
"""A day, perhaps with a time, in a file's name: tomorrow's export belongs to the same study."""

Kind = Literal["run", "lock"]


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One plan on one table. `plan` is the hash of the plan alone.

    `plan_hash` covers what was measured, too; a lock comes before any measurement and has the
    plan's hash. `sha256` is that of a run's table, which is the same under another name.
    `is_eligible` says whether the raters of a run were those that its plan names.
    """

    kind: Kind
    table: str
    plan: str
    plan_hash: str
    question: str
    at: datetime
    sha256: str = ""
    is_eligible: bool = True

    @property
    def object_name(self) -> str:
        """One object for a table, a plan and a kind: the same again finds it there."""
        return ledger_name(self.table, f"{self.kind}-{self.plan_hash}")

    def content(self) -> bytes:
        return canonical_json(asdict(self) | {"at": self.at.isoformat()}).encode()

    @classmethod
    def of(cls, content: bytes) -> "LedgerEntry":
        """Raises ValueError, KeyError or TypeError for bytes that are not an entry."""
        values = json.loads(content)
        return cls(**values | {"at": datetime.fromisoformat(values["at"])})


def star_schema_table(dataset: str) -> str:
    """The table of a lake's own dataset: it stays the same while videos arrive."""
    return f"fact_video_analytics@{dataset}"


def file_table(path: Path) -> str:
    """The table of a file: its resolved place without dates and extension, as a hash.

    The content does not count: tomorrow's export of a study is the same table.
    """
    resolved = path.resolve()
    stem = _DATES.sub("", resolved.stem).casefold().strip("-_. ")
    place = f"{resolved.parent}/{stem}"
    return f"file-{hashlib.sha256(place.encode()).hexdigest()[:16]}"


def question_of(plan: Plan) -> str:
    """The plan's question in the names of its columns."""
    if primary := plan.primary:
        return f"{primary.predictor} × {primary.outcome} ({primary.scale})"
    return f"{', '.join(plan.predictors)} × {', '.join(plan.outcomes)}"
