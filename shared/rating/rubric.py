"""The rubric as data: the question about each dimension, and the anchors of its scale."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

_FILE = Path(__file__).parent / "rubric.yaml"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One rated dimension. The `anchors` of a score describe 0, 25, 50, 75 and 100 in words."""

    name: str
    type: Literal["score", "probability", "seconds", "boolean", "language", "text"]
    title: str
    ask: str
    anchors: tuple[tuple[int, str], ...]


@cache
def dimensions() -> tuple[Dimension, ...]:
    """All dimensions, in the rubric's order."""
    rubric = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return tuple(
        Dimension(
            entry["name"],
            entry["type"],
            entry["title"],
            entry["ask"],
            tuple((int(at), words) for at, words in entry.get("anchors", {}).items()),
        )
        for entry in rubric["dimensions"]
    )


def scores() -> tuple[str, ...]:
    """Names of the dimensions that are scores from 0 to 100."""
    return tuple(dimension.name for dimension in dimensions() if dimension.type == "score")
