"""A document whose bytes do not depend on the machine's last digits, its clock or its place."""

import json
import math
from importlib.metadata import version
from typing import Any

DIGITS = 12
"""Significant digits kept: what is beyond them may depend on the order of a sum."""

LIBRARIES = ("numpy", "pandas", "scipy")


def settled(value: Any) -> Any:
    """Floats to 12 significant digits, what is not finite as None, tuples as lists."""
    if isinstance(value, dict):
        return {str(key): settled(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [settled(inner) for inner in value]
    if isinstance(value, bool) or not isinstance(value, float):
        return value
    # Adding 0 makes one zero of two.
    return float(f"{value:.{DIGITS}g}") + 0.0 if math.isfinite(value) else None


def json_text(document: Any) -> str:
    """Sorted keys, two spaces, a newline at the end."""
    return (
        json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    )


def versions() -> dict[str, str]:
    """The libraries that the numbers come from."""
    return {name: version(name) for name in LIBRARIES}
