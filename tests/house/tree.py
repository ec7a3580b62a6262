"""Every Python file of the project, read and parsed once per process."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("shared", "cli", "local", "functions")
"""What a user installs or deploys."""
CODE = (*PRODUCT, "scripts", "benchmarks")
ALL = (*CODE, "tests")


@dataclass(frozen=True)
class Module:
    """One file: `path` from the root, `name` as an import says it."""

    path: str
    text: str

    @property
    def top(self) -> str:
        return self.path.partition("/")[0]

    @property
    def is_package(self) -> bool:
        return self.path.endswith("/__init__.py")

    @property
    def name(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def line_count(self) -> int:
        return self.text.count("\n")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))

    @cached_property
    def imports(self) -> frozenset[str]:
        """Dotted names, wherever in the file; of `from a import b` both `a` and `a.b`."""
        return frozenset(self._imports())

    def _imports(self) -> Iterator[str]:
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield node.module or ""
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def modules(*tops: str) -> tuple[Module, ...]:
    """The files of some top folders (all of them by default), in order of their paths."""
    return tuple(module for module in _all() if module.top in (tops or ALL))


@cache
def _all() -> tuple[Module, ...]:
    paths = [path for top in ALL for path in sorted((ROOT / top).rglob("*.py"))]
    return tuple(Module(path.relative_to(ROOT).as_posix(), path.read_text()) for path in paths)
