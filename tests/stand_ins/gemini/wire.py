"""The two spellings of a field's name: the client writes some in camelCase, some in snake_case."""

import re
from collections.abc import Callable
from typing import Any

# Their keys are the caller's own words, not fields.
_OF_NAMES = frozenset({"labels", "responseJsonSchema", "response_json_schema"})
_OF_VALUES = frozenset({"properties", "defs"})  # fields again below the caller's words


def camel(value: Any) -> Any:
    """The same JSON with every field in camelCase."""
    return _respelt(value, lambda name: re.sub(r"_+([a-z0-9])", lambda m: m[1].upper(), name))


def snake(value: Any) -> Any:
    """The same JSON with every field in snake_case."""
    return _respelt(value, lambda name: re.sub(r"([A-Z])", lambda m: "_" + m[1].lower(), name))


def _respelt(value: Any, spell: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_respelt(item, spell) for item in value]
    if not isinstance(value, dict):
        return value
    return {spell(name): _field(name, content, spell) for name, content in value.items()}


def _field(name: str, content: Any, spell: Callable[[str], str]) -> Any:
    if name in _OF_VALUES and isinstance(content, dict):
        return {word: _respelt(schema, spell) for word, schema in content.items()}
    return content if name in _OF_NAMES else _respelt(content, spell)
