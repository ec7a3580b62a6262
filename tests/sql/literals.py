"""SQL that stands in the code: each text must be part of a statement that somebody judged.

Statements are collected while the suite runs, so one that no test sends would escape. A text in
the code that begins like SQL and is in no collected statement is such a one.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.sql.install import ROOT
from tests.sql.statements import Statement, examples_of

FOLDERS = ("shared", "cli", "functions")
"""The SQL in local/ is for the databases of the emulators."""

_BEGINS = re.compile(
    r"(?:[\s(]|--[^\n]*\n|/\*.*?\*/)*"
    r"(?:SELECT|WITH \w+ AS|MERGE|UPDATE|DELETE FROM|INSERT|CREATE|ALTER|DROP|TRUNCATE)\s",
    re.DOTALL,
)
"""Upper case alone: in lower case a sentence begins like a statement. House style writes SQL so."""

_HOLE = "\0"
DUCKDB = {
    ("cli/star_schema.py", "SELECT table_id, metadata_json FROM _bqemulator_catalog.tables"),
    ("cli/star_schema.py", f"SELECT COUNT(*) FROM {_HOLE}"),
}
"""Asked of the file of a local BigQuery that does not run: files with their texts."""

_FORMATTED = re.compile(r"\{\w+\}")


@dataclass(frozen=True)
class Literal:
    """A text, with a hole for each value that the code puts in."""

    text: str
    origin: str

    def is_part_of(self, statement: str) -> bool:
        """Of a statement with single spaces."""
        parts = (re.escape(part) for part in " ".join(self.text.split()).split(_HOLE))
        return re.search(".*".join(parts), statement) is not None


def literals(root: Path = ROOT, folders: Iterable[str] = FOLDERS) -> list[Literal]:
    """Every text of the product that begins like a statement."""
    return [
        literal
        for literal in texts(root, folders)
        if _BEGINS.match(literal.text)
        and (literal.origin.partition(":")[0], literal.text) not in DUCKDB
    ]


def texts(root: Path, folders: Iterable[str]) -> Iterator[Literal]:
    """Every text in the code under some folders."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            yield from _of_file(path, str(path.relative_to(root)))


def examples() -> list[Statement]:
    """Statements that the command line shows to a reader; NULL stands for what it puts in."""
    return [
        Statement(sql.replace(_HOLE, "NULL"), literal.origin)
        for literal in texts(ROOT, ["cli"])
        for sql in examples_of(literal.text)
        if not sql.startswith("$(")  # the shell puts in what a file holds
    ]


def _of_file(path: Path, name: str) -> Iterator[Literal]:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    parts = {
        id(value) for node in nodes if isinstance(node, ast.JoinedStr) for value in node.values
    }
    for node in nodes:
        if isinstance(node, ast.expr) and id(node) not in parts and (text := _text(node)):
            yield Literal(text, f"{name}:{node.lineno}")


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _FORMATTED.sub(_HOLE, node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(value) or _HOLE for value in node.values)
    return None


def escaped(candidates: Iterable[Literal], statements: Iterable[Statement]) -> list[Literal]:
    """Those that are in no statement."""
    texts = {" ".join(statement.sql.split()) for statement in statements}
    return [literal for literal in candidates if not any(map(literal.is_part_of, texts))]
