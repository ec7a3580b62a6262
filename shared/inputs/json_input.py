"""Read JSON from strangers. Refuse JSON that is nested too deep."""

import json
from typing import Any

MOST_DEPTH = 64
"""TikTok's answers and our own objects are at most eight levels deep. Recursive code is safe far
beyond this depth."""


def parse_json(content: bytes | str, **how: Any) -> Any:
    """The value of a JSON text. `how` is passed to json.loads.

    Raises ValueError if the text is not JSON, or is nested deeper than MOST_DEPTH.
    """
    try:
        value = json.loads(content, **how)
    except RecursionError:
        raise ValueError("nested too deep") from None
    refuse_depth(value)
    return value


def refuse_depth(value: Any) -> None:
    """Raises ValueError for a value that is nested deeper than MOST_DEPTH."""
    level: list[Any] = [value]
    for _ in range(MOST_DEPTH):
        level = [inside for parent in level for inside in _inside(parent)]
        if not level:
            return
    raise ValueError("nested too deep")


def json_text(value: Any) -> str:
    """A value that `parse_json` read, as JSON again, with sorted keys and no spaces.

    Strangers write NaN, and emoji that were cut in half. Both come out as they came in. UTF-8 has
    no half characters, so a text with one is written with escapes.
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
