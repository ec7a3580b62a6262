"""Every statement that the product can send: from files, from documents, from what was sent."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import Template
from typing import Any

from local.emulators.statements import EMULATOR
from shared.warehouse.views import templates
from tests.sql.install import ROOT

PLACE = "project.dataset"
"""Stands for the dataset wherever a file leaves it open."""

TYPES_OF_PARAMETERS = {
    "rows": "STRING",
    "plan_hash": "STRING",
    "report_date": "DATE",
    "id_days": "ARRAY<DATE>",
    "user_buckets": "ARRAY<INT64>",
    "video_ids": "ARRAY<STRING>",
    "primary_raters": "ARRAY<STRING>",
    "others": "ARRAY<STRING>",
}
"""What the code passes to the statements in files, by name; of what was sent the API says it."""

FOLDERS = (
    "shared/warehouse/merge",
    "shared/warehouse/merge_staged",
    "shared/insights/report/sql",
)
NOT_FOR_BIGQUERY = ("local/emulators/pubsub/schema.sql",)
"""SQLite's."""


@dataclass(frozen=True)
class Statement:
    """One text with the types of its parameters, and where it comes from."""

    sql: str
    origin: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    accepted: bool | None = None
    """What the local BigQuery said of it; None where nobody saw its answer."""

    @property
    def key(self) -> tuple[str, frozenset[tuple[str, str]]]:
        """Equal for texts that differ in white space, or in the dataset they name, alone."""
        text = _PATH.sub("`dataset.", " ".join(self.sql.split()))
        return text, frozenset(self.parameters.items())


_PATH = re.compile(r"`[\w-]+\.[\w-]+\.")


def files() -> list[Statement]:
    """All .sql files but the views."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.sql"))]
    return [_of_file(path) for path in paths]


def _of_file(path: Path) -> Statement:
    sql = path.read_text()
    names = set(re.findall(r"@(\w+)", sql))
    if unknown := sorted(names - TYPES_OF_PARAMETERS.keys()):
        raise LookupError(f"{path.name}: TYPES_OF_PARAMETERS does not say what {unknown} are")
    parameters = {name: TYPES_OF_PARAMETERS[name] for name in sorted(names)}
    return Statement(sql, str(path.relative_to(ROOT)), parameters)


def unlisted_files() -> list[str]:
    """.sql files of the product that nobody judges; there should be none."""
    folders = [*FOLDERS, "shared/warehouse/views"]
    return [
        str(path.relative_to(ROOT))
        for top in ("shared", "cli", "local", "functions")
        for path in sorted((ROOT / top).rglob("*.sql"))
        if str(path.parent.relative_to(ROOT)) not in folders
        and str(path.relative_to(ROOT)) not in NOT_FOR_BIGQUERY
    ]


def views() -> dict[str, Statement]:
    """The query of each view by its name; a view comes after those that it reads."""
    return {
        name: Statement(
            Template(text).substitute(dataset=PLACE), f"shared/warehouse/views/{name}.sql"
        )
        for name, text in templates().items()
    }


# Options with and without a value stand before the statement, perhaps on lines of their own.
_OPTIONS = r"""(?:\s|\\\n|--[\w-]+(?:[ =][^\s"'-][^\s"']*)?)*"""
_QUERY = re.compile(rf"""(?:tta|bq) query{_OPTIONS}(?:"((?:[^"\\]|\\.)+)"|'([^']+)')""")
_FENCED = re.compile(r"```sql\b[^\n]*\n(.*?)```", re.DOTALL | re.IGNORECASE)


def examples() -> list[Statement]:
    """Statements that README and docs tell a reader to run, `tta query "…"` or fenced as sql."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [
        Statement(sql, str(page.relative_to(ROOT)))
        for page in pages
        for sql in examples_of(page.read_text())
    ]


def examples_of(text: str) -> Iterator[str]:
    """Statements in a text for readers, as its reader would send them."""
    for double, single in _QUERY.findall(text):
        yield (double or single).replace("\\`", "`").replace('\\"', '"')
    for block in _FENCED.findall(text):
        yield from (part for part in block.split(";\n") if part.strip())


def recorded(folder: Path) -> list[Statement]:
    """What passed while the suite ran, each text once. A process may have ended in mid-line."""
    lines = [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text().splitlines()
        if line.endswith("}")
    ]
    return distinct(_of_line(line) for line in lines)


def _of_line(line: dict[str, Any]) -> Statement:
    return Statement(line["sql"], line["origin"], line["parameters"], line["accepted"])


def distinct(statements: Iterable[Statement]) -> list[Statement]:
    """Each key once, with the best answer that it got and the nearest origin that is known."""
    best: dict[Any, Statement] = {}
    for statement in statements:
        other = best.setdefault(statement.key, statement)
        answers = {statement.accepted, other.accepted}
        best[statement.key] = replace(
            min(statement, other, key=lambda each: _distance(each.origin)),
            accepted=True in answers or (False if False in answers else None),
        )
    return list(best.values())


def _distance(origin: str) -> int:
    """A line of the product says more than a line of a test, and that more than the emulator."""
    return 2 if origin == EMULATOR else 1 if origin.startswith("tests/") else 0
