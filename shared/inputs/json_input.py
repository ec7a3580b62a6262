"""JSON from strangers, nested no deeper than anything that we know how to read."""

import json
from typing import Any

MOST_DEPTH = 64
"""TikTok's answers and our own objects lie eight levels deep at most; whoever walks through them
recursively is safe far beyond this."""


def parse_json(content: bytes | str, **how: Any) -> Any:
    """What JSON says. `how` is handed on to json.loads.

    Raises ValueError for what is no JSON, and for what is nested deeper than MOST_DEPTH.
    """
    try:
        value = json.loads(content, **how)
    except RecursionError:
        raise ValueError("nested too deep") from None
    level: list[Any] = [value]
    for _ in range(MOST_DEPTH):
        level = [inside for parent in level for inside in _inside(parent)]
        if not level:
            return value
    raise ValueError("nested too deep")


def json_text(value: Any) -> str:
    """What `parsed` read, as JSON again: keys sorted, no spaces.

    Strangers write NaN, and emoji of which half was cut off: both come out as they came in. UTF-8
    has no half characters, so a text with one is written with escapes.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    return text


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
