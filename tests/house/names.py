"""Names: which of them say nothing, and which classes share one."""

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from tests.house.tree import CODE, Module, modules

EMPTY = frozenset(
    {"one", "found", "told", "said", "kept", "made", "asked", "known", "given", "left", "standing"}
    | {"wanted", "done", "held", "named", "there", "beside", "rest", "look", "way", "place"}
)
"""Words that do not say what a thing is. Underscores at either end do not count."""
SHARED_CLASS_NAMES: dict[str, str] = {}
"""Class names that may stand more than once, each with its reason."""


def assigned(module: Module) -> Iterator[str]:
    """Every name that is bound to a value, once for each time, and every parameter."""
    for node in module.nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.arg(arg=name) | ast.ExceptHandler(name=str(name)):
                yield name
            case ast.alias(asname=str(name)) | ast.MatchAs(name=str(name)):
                yield name
            case ast.MatchStar(name=str(name)):
                yield name


def empty_share(parts: Iterable[Module]) -> tuple[int, int, Counter[str]]:
    """How many assigned names are content-free, of how many, and which."""
    names = [name.strip("_") for module in parts for name in assigned(module)]
    empty = Counter(name for name in names if name in EMPTY)
    return empty.total(), len(names), empty


def classes() -> dict[str, list[str]]:
    """Class name -> the files that define it."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for module in modules(*CODE):
        for node in module.nodes:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(module.path)
    return places


def classes_twice() -> dict[str, list[str]]:
    return {
        name: paths
        for name, paths in sorted(classes().items())
        if len(paths) > 1 and name not in SHARED_CLASS_NAMES
    }
