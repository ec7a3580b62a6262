"""Reads the API's JSON without trusting it: one spelling, bounded depth, valid text."""

import json
import re
from typing import Any

Wire = dict[str, Any]

_DEEPEST = 60  # levels of JSON; a request with its schema has about ten


def read_wire(content: bytes | str) -> Wire | None:
    """A JSON object with camelCase fields; None for anything else.

    Batches write both camelCase and snake_case. Half of a surrogate pair, which JSON can escape and
    no file can hold, becomes a question mark.
    """
    try:
        message = _camel(json.loads(content))
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def _camel(value: Any, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        raise RecursionError
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, list):
        return [_camel(inner, depth + 1) for inner in value]
    if not isinstance(value, dict):
        return value
    return {_respelt(str(name)): _camel(inner, depth + 1) for name, inner in value.items()}


def _respelt(name: str) -> str:
    spelt = re.sub(r"(?<=[a-z0-9])_+([a-z0-9])", lambda match: match[1].upper(), name)
    return spelt.encode(errors="replace").decode()
