"""Canonical JSON: the same results give the same bytes on every machine."""

import json
import math
from functools import cache
from importlib import metadata
from typing import Any

DIGITS = 12
"""Significant digits of a float; further digits may depend on the order of a sum."""

LIBRARIES = ("numpy", "pandas", "scipy")


def canonical(value: Any) -> Any:
    """The value with floats of 12 significant digits, None for NaN and ±∞, and lists for tuples."""
    if isinstance(value, dict):
        return {str(key): canonical(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(inner) for inner in value]
    if isinstance(value, bool) or not isinstance(value, float):
        return value
    # Adding 0 turns -0.0 into 0.0.
    return float(f"{value:.{DIGITS}g}") + 0.0 if math.isfinite(value) else None


def json_text(document: Any) -> str:
    """JSON with sorted keys, an indent of two spaces, and a newline at the end."""
    return (
        json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    )


def versions() -> dict[str, str]:
    """Versions of the libraries that compute the numbers."""
    return {name: _version(name) for name in LIBRARIES}


@cache  # the library's metadata is a file, which takes longer to read than a small analysis
def _version(library: str) -> str:
    return metadata.version(library)
