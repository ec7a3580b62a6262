"""Rules that hold over the whole tree."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.house.tree import ALL, CODE, ROOT, Module, modules

PRODUCTION = ("shared", "functions")
EMULATED = re.compile(r"emulat|bqemulator|127\.0\.0\.1|localhost|gcp[_-]storage", re.IGNORECASE)


def texts(*tops: str) -> Iterator[Path]:
    """Python, SQL, YAML and lists; hashed requirements aside."""
    for top in tops:
        for kind in ("*.py", "*.sql", "*.yaml", "*.txt", "*.in"):
            paths = (ROOT / top).rglob(kind)
            yield from (path for path in paths if "requirements" not in path.name)


def importing(top: str, *tops: str) -> list[str]:
    return [
        module.path
        for module in modules(*tops)
        if any(name.split(".")[0] == top for name in module.imports)
    ]


def test_only_local_and_cli_know_of_emulators():
    knowing = [str(path) for path in texts(*PRODUCTION) if EMULATED.search(path.read_text())]

    assert knowing == []


def test_production_code_imports_neither_local_nor_cli_nor_tests():
    assert [importing(top, *PRODUCTION) for top in ("local", "cli", "tests")] == [[], [], []]


def test_shared_does_not_import_functions():
    assert importing("functions", "shared") == []


def test_the_query_call_that_swallows_errors_is_banned():
    banned = "query_and" + "_wait"

    assert [str(path) for path in texts(*ALL) if banned in path.read_text()] == []


def test_every_module_begins_with_a_sentence():
    silent = [
        module.path
        for module in modules(*CODE)
        if module.text and not ast.get_docstring(module.tree)
    ]

    assert silent == []


@cache
def modules_by_name() -> dict[str, Module]:
    return {module.name: module for module in modules()}


@cache
def bound_names(module: Module) -> frozenset[str]:
    """Every name that a module binds anywhere; a name of a function's own may slip through."""
    names: set[str] = set()
    for node in module.nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                names.add(name)
            case ast.AsyncFunctionDef(name=name):
                names.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names |= {alias.asname or alias.name for alias in aliases}
    return frozenset(names)


def unresolved(module: Module) -> Iterator[str]:
    """Imports from our own modules of what is not there."""
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ALL:
            source = modules_by_name().get(node.module or "")
            for alias in node.names:
                is_bound = source and alias.name in bound_names(source)
                if not is_bound and f"{node.module}.{alias.name}" not in modules_by_name():
                    yield f"{module.path}: {node.module}.{alias.name}"


def test_whatever_is_imported_from_our_own_modules_is_there():
    """mypy reads shared/ alone, and most imports of a verb run only when it does."""
    assert [line for module in modules() for line in unresolved(module)] == []
