"""Sizes: lines of packages, modules and function bodies."""

import ast
from collections import Counter
from collections.abc import Iterator

from tests.house.tree import ALL, CODE, PRODUCT, modules

LINES_BEFORE = {
    "shared": 29_971,
    "cli": 9_002,
    "local": 14_900,
    "functions": 546,
    "scripts": 417,
    "benchmarks": 3_423,
    "tests": 46_701,
}
"""Lines of Python at a94852d, before the house was put in order."""
GENERATED = frozenset({"shared/rubric_values.py"})
LONGEST_MODULE = 300
LONGEST_ENTRANCE = 60


def lines() -> dict[str, int]:
    """Top folder -> lines of Python in it."""
    counts: Counter[str] = Counter()
    for module in modules():
        counts[module.top] += module.line_count
    return {top: counts[top] for top in ALL}


def product_lines() -> tuple[int, int]:
    """Lines of the product before and now."""
    now = lines()
    return sum(LINES_BEFORE[top] for top in PRODUCT), sum(now[top] for top in PRODUCT)


def long_modules() -> list[tuple[str, int]]:
    return [
        (module.path, module.line_count)
        for module in modules(*CODE)
        if module.line_count > LONGEST_MODULE and module.path not in GENERATED
    ]


def long_entrances() -> list[tuple[str, int]]:
    return [
        (module.path, module.line_count)
        for module in modules("functions")
        if module.line_count >= LONGEST_ENTRANCE
    ]


def bodies() -> list[tuple[int, str]]:
    """Lines of each function without its head and docstring, the longest first."""
    return sorted(_bodies(), reverse=True)


def _bodies() -> Iterator[tuple[int, str]]:
    for module in modules(*CODE):
        for node in module.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                if body:
                    length = (body[-1].end_lineno or 0) - body[0].lineno + 1
                    yield length, f"{module.path}: {node.name}"
