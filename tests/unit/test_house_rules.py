"""Rules that hold over the whole tree."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCTION = ("shared", "functions")
EMULATED = re.compile(r"emulat|bqemulator|127\.0\.0\.1|localhost|gcp[_-]storage", re.IGNORECASE)


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for kind in ("*.py", "*.sql", "*.yaml", "*.txt", "*.in"):
            yield from (
                path for path in (ROOT / folder).rglob(kind) if "requirements" not in path.name
            )


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def importing(top: str, *folders: str) -> list[str]:
    return [
        str(path.relative_to(ROOT))
        for path in sources(*folders)
        if path.suffix == ".py" and any(name.split(".")[0] == top for name in imports(path))
    ]


def test_only_local_and_cli_know_of_emulators():
    knowing = [str(path) for path in sources(*PRODUCTION) if EMULATED.search(path.read_text())]

    assert knowing == []


def test_production_code_imports_neither_local_nor_cli_nor_tests():
    assert [importing(top, *PRODUCTION) for top in ("local", "cli", "tests")] == [[], [], []]


def test_shared_does_not_import_functions():
    assert importing("functions", "shared") == []


def test_the_query_call_that_swallows_errors_is_banned():
    banned = "query_and" + "_wait"
    tree = sources("shared", "functions", "local", "cli", "tests", "benchmarks")

    assert [str(path) for path in tree if banned in path.read_text()] == []


def test_every_module_begins_with_a_sentence():
    silent = [
        str(path.relative_to(ROOT))
        for path in sources("shared", "functions", "local", "cli", "benchmarks")
        if path.suffix == ".py"
        and path.read_text()
        and not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert silent == []
