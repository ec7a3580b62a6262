"""The response schemas that the API refuses: those whose automaton has too many states.

Google publishes no limit. What is refused here is what public incidents name, so that a schema
which passes here is a good deal smaller than those that were refused:

* a bounded number beside a long array (the API's own message; its causes are in it),
* an array of objects with `maxItems` of 20 (2026-09-26, gemini-3.1-flash-lite),
* array limits that add up to some 960, nested ones multiplied (googleapis/python-genai issue 2170).
"""

from collections.abc import Iterator
from typing import Any

from tests.stand_ins.gemini.errors import Refused
from tests.stand_ins.gemini.models import Model

LONG_ARRAY = 20
MOST_ITEMS = 960
TOO_MANY_STATES = (
    "The specified schema produces a constraint that has too many states for serving.  Typical "
    "causes of this error are schemas with lots of text (for example, very long property or enum "
    "names), schemas with long array length limits (especially when nested), or schemas using "
    "complex value matchers (for example, integers or numbers with minimum/maximum bounds or "
    "strings with complex formats like date-time)"
)
BARE = "Request contains an invalid argument."
_BOUNDS = ("minimum", "maximum")

Schema = dict[str, Any]


def refuse_unservable(schema: Schema, model: Model) -> None:
    """Raise Refused (400) for a schema with too many states; `model.terse` does not say why."""
    parts = list(_parts(schema))
    limits = [part["maxItems"] for part in parts if _limit(part)]
    has_bounds = any(name in part for part in parts for name in _BOUNDS)
    of_objects = any(
        _limit(part) >= LONG_ARRAY and part.get("items", {}).get("type") == "OBJECT"
        for part in parts
    )
    is_long = has_bounds and max(limits, default=0) >= LONG_ARRAY
    if is_long or of_objects or _items(schema) > MOST_ITEMS:
        raise Refused(400, BARE if model.terse else TOO_MANY_STATES)


def _parts(schema: Schema) -> Iterator[Schema]:
    yield schema
    for part in _inner(schema):
        yield from _parts(part)


def _inner(schema: Schema) -> Iterator[Schema]:
    yield from schema.get("properties", {}).values()
    yield from schema.get("anyOf") or ()
    if "items" in schema:
        yield schema["items"]


def _items(schema: Schema) -> int:
    """The sum of array limits; a nested limit is multiplied by the outer one."""
    inside = sum(map(_items, _inner(schema)))
    return _limit(schema) * max(1, inside) if _limit(schema) else inside


def _limit(schema: Schema) -> int:
    limit = schema.get("maxItems", 0)
    return int(limit) if str(limit).isdigit() else 0
