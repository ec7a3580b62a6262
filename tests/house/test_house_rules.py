"""Rules that hold over the whole tree."""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
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


def module_file(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    if (path / "__init__.py").is_file():
        return path / "__init__.py"
    return path.with_suffix(".py") if path.with_suffix(".py").is_file() else None


@lru_cache
def bound_names(path: Path) -> set[str]:
    """Every name that a module binds anywhere; a name of a function's own may slip through."""
    tree = ast.parse(path.read_text())
    names = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    names |= {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def test_whatever_is_imported_from_our_own_modules_is_there():
    """mypy reads shared/ alone, and most imports of a verb run only when it does."""
    missing = []
    for path in sources("shared", "functions", "local", "cli", "benchmarks", "scripts", "tests"):
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ImportFrom) or not node.module or node.level:
                continue
            if node.module.split(".")[0] not in ("shared", "local", "cli", "benchmarks", "tests"):
                continue
            source = module_file(node.module)
            names = bound_names(source) if source else set()
            missing += [
                f"{path.relative_to(ROOT)}: {node.module}.{alias.name}"
                for alias in node.names
                if alias.name not in names and not module_file(f"{node.module}.{alias.name}")
            ]

    assert missing == []
