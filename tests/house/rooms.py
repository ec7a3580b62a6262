"""Rooms: which part of the product may import which, and whether the arrows hold."""

from collections.abc import Iterator
from functools import cache

from tests.house.tree import PRODUCT, Module, modules

FLOORS = (
    ("functions", "cli"),
    ("local",),
    ("region_job",),
    ("erasure", "insights/report"),
    ("insights/cautions", "insights/ledger", "insights/moment", "insights/multiverse"),
    ("insights/sampling",),
    ("insights",),
    ("insights/correction", "insights/datasets"),
    ("insights/agreement",),
    ("insights/table",),
    ("insights/statistics",),
    ("warehouse", "rating", "tiktok"),
    ("knowledge", "messaging"),
    ("privacy",),
    ("storage",),
    ("inputs/formats",),
    ("inputs/tables",),
    ("shared",),
    ("inputs",),
)
"""From top to bottom. A room imports from lower floors only; `shared` is its modules on top."""
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("shared.insights.analysis", "insights/cautions"): (
        "an analysis ends with its cautions, which read its plan, gate and robustness"
    ),
}
"""Module and room -> why this one import may point up or across."""
_FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def room_of(module: Module) -> str:
    top, *inner = module.name.split(".")
    if top != "shared":
        return top
    folders = inner if module.is_package else inner[:-1]
    if not folders:
        return "shared"
    return "/".join(folders[:2]) if folders[0] in ("insights", "inputs") else folders[0]


@cache
def product() -> dict[str, Module]:
    return {module.name: module for module in modules(*PRODUCT)}


def own_imports(module: Module) -> set[str]:
    """Modules of the product that one imports; of `from a import b` the deeper one that exists."""
    present = {name for name in module.imports if name in product()}
    packages = {
        name
        for name in present
        if product()[name].is_package and any(other.startswith(f"{name}.") for other in present)
    }
    return present - packages - {module.name}


def upward_arrows() -> Iterator[str]:
    """Imports that do not point to a lower floor, as `module -> module`."""
    for module in product().values():
        for target in sorted(own_imports(module)):
            room, to_room = room_of(module), room_of(product()[target])
            allowed = room == to_room or (module.name, to_room) in EXCEPTIONS
            if not allowed and _FLOOR_OF[to_room] <= _FLOOR_OF[room]:
                yield f"{module.name} -> {target}"


def circles() -> list[list[str]]:
    """Modules that import each other, directly or through others (Tarjan 1972)."""
    graph = {name: own_imports(module) for name, module in product().items()}
    return [sorted(component) for component in _components(graph) if len(component) > 1]


def _components(graph: dict[str, set[str]]) -> Iterator[list[str]]:
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []

    def visit(node: str) -> Iterator[list[str]]:
        index[node] = lowest[node] = len(index)
        stack.append(node)
        for target in sorted(graph[node]):
            if target not in index:
                yield from visit(target)
                lowest[node] = min(lowest[node], lowest[target])
            elif target in stack:
                lowest[node] = min(lowest[node], index[target])
        if lowest[node] == index[node]:
            start = stack.index(node)
            yield stack[start:]
            del stack[start:]

    for node in graph:
        if node not in index:
            yield from visit(node)
