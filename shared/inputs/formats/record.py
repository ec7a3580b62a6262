"""Cells inside a record, which may be nested, flattened, or a text that holds an object."""

import ast
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

Record = Mapping[str, Any]
Fields = dict[str, Any]

MOST_LITERAL_CHARS = 20_000
"""Longer texts are not read as objects. Python's parser needs much memory for deep literals."""

_STEPS = re.compile(r"[./]")


def cell_at(record: Record, path: str) -> Any:
    """The cell at a path such as `authorMeta.name`; None if there is none.

    tiktok-scraper flattens its tables with dots, Apify with slashes, and pandas writes whole
    objects as Python literals.
    """
    for key in (path, path.replace(".", "/")):
        if key in record:
            return record[key]
    value: Any = record
    for key in path.split("."):
        inside = as_object(value)
        if inside is None or key not in inside:
            return None
        value = inside[key]
    return value


def has_path(record: Record, path: str) -> bool:
    """Whether a record has a cell at a path, even an empty cell."""
    if path in record or path.replace(".", "/") in record:
        return True
    parent, _, key = path.rpartition(".")
    inside = as_object(cell_at(record, parent)) if parent else None
    return inside is not None and key in inside


def as_object(value: Any) -> Record | None:
    """An object, or a text that holds one, as JSON or as a Python literal."""
    if isinstance(value, Mapping):
        return value
    parsed = _literal(value, "{")
    return parsed if isinstance(parsed, dict) else None


def as_list(value: Any) -> list[Any] | None:
    """A list, or a text that holds one, as JSON or as a Python literal."""
    if isinstance(value, list | tuple):
        return list(value)
    parsed = _literal(value, "[")
    return parsed if isinstance(parsed, list) else None


def is_empty(value: Any) -> bool:
    """Whether a cell holds nothing. Zero and false hold something."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float) and math.isnan(value))


def tag_names(record: Record, path: str) -> list[str] | str | None:
    """Hashtags at a path: a list of names or of objects with a name, or Apify's `path/0/name`."""
    value = cell_at(record, path)
    if value is None:
        return list(_flattened_names(record, path)) or None
    entries = as_list(value)
    if entries is None:
        return value if isinstance(value, str) else None
    return [name for name in map(_tag_name, entries) if name]


def _flattened_names(record: Record, path: str) -> Iterator[str]:
    number = 0
    while True:
        keys = [f"{path}{sign}{number}{sign}name" for sign in "/."]
        cells = [record[key] for key in keys if key in record]
        if not cells:
            return
        if isinstance(cells[0], str) and cells[0].strip():
            yield cells[0].strip()
        number += 1


def _tag_name(entry: Any) -> str:
    if isinstance(entry, Mapping):
        entry = next((entry[key] for key in ("name", "title", "hashtagName") if entry.get(key)), "")
    return entry.strip() if isinstance(entry, str) else ""


def _literal(value: Any, opening: str) -> Any:
    if not isinstance(value, str) or not value.lstrip().startswith(opening):
        return None
    if len(value) > MOST_LITERAL_CHARS:
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None


def top_level(path: str) -> str:
    """The first step of a path: the column or key that holds the rest."""
    return _STEPS.split(path, maxsplit=1)[0]
