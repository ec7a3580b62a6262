"""Read a small YAML file that a person wrote, with the line of every key."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

MAX_BYTES = 2**20
MAX_DEPTH = 12
MAX_NODES = 50_000
"""Keys, values, lists and mappings: enough for 40,000 accounts, and read within a second."""
# libyaml, which PyYAML's wheels bring, is ten times as fast.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class BadYaml(Exception):
    """The bytes are not such a file. The text says why and where."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The line of each key in the file."""

    _root: yaml.Node | None

    def of(self, path: Sequence[int | str]) -> int | None:
        """The line of a key such as ("primary", "scale"), or of the nearest key around it."""
        node, line = self._root, None
        for part in path:
            match = _inside(node, part)
            if match is None:
                return line
            at, node = match
            line = at.start_mark.line + 1
        return line


def read_yaml(content: bytes) -> tuple[Any, Lines]:
    """The value and its lines. Raises BadYaml.

    Refuses what a person does not need here: aliases multiply, tags construct objects, depth
    overflows, and a duplicate key hides the first.
    """
    if len(content) > MAX_BYTES:
        raise BadYaml(f"is larger than {MAX_BYTES:,} bytes")
    try:
        _refuse_tricks(content)
        return _composed(content)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        why = " ".join(str(error).replace('in "<byte string>", ', "in ").split())[:300]
        tabs = "; indent with blanks, not with tabs" if b"\t" in content else ""
        raise BadYaml(f"is not readable YAML: {why.rstrip('.')}{tabs}") from error


def _composed(content: bytes) -> tuple[Any, Lines]:
    loader = LOADER(content)
    try:
        root = loader.get_single_node()
        _refuse_twins(root)
        # YAML 1.1 reads 1:1.5 as a number to base 60, and a long one is beyond any float.
        return None if root is None else loader.construct_document(root), Lines(root)
    finally:
        loader.dispose()


def _refuse_tricks(content: bytes) -> None:
    depth = nodes = 0
    for event in yaml.parse(content, Loader=LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 0
        nodes += isinstance(event, yaml.NodeEvent)
        if nodes > MAX_NODES:
            raise ValueError(f"line {line}: more than {MAX_NODES:,} keys and values")
        if isinstance(event, yaml.AliasEvent):
            raise ValueError(f"line {line}: aliases (*name) are not allowed")
        if getattr(event, "tag", None) is not None:
            raise ValueError(f"line {line}: tags (!name) are not allowed")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ValueError(f"line {line}: nested deeper than {MAX_DEPTH}")


def _refuse_twins(node: yaml.Node | None) -> None:
    if isinstance(node, yaml.SequenceNode):
        for inner in node.value:
            _refuse_twins(inner)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, inner in node.value:
            name = str(key.value)
            if name in seen:
                raise ValueError(f"line {key.start_mark.line + 1}: {name} is given twice")
            seen.add(name)
            _refuse_twins(inner)


def _inside(node: yaml.Node | None, part: int | str) -> tuple[yaml.Node, yaml.Node] | None:
    """The node with the name of a part (its key, or the item itself), and the node of its value."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, inner) for key, inner in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None
