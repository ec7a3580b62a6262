"""The rubric as data: the question about each dimension, and the anchors of its scale."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from shared.rubric_values import RUBRIC_VERSION

_FILE = Path(__file__).parent / "rubric.yaml"
_EARLIER = Path(__file__).parent / "earlier"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One rated dimension. The `anchors` of a score describe 0, 25, 50, 75 and 100 in words."""

    name: str
    type: Literal["score", "probability", "seconds", "boolean", "language", "text"]
    title: str
    ask: str
    anchors: tuple[tuple[int, str], ...]


@cache
def earlier_versions() -> tuple[str, ...]:
    """The versions before the current one whose answers can be read, such as `1.0`."""
    return tuple(sorted(folder.name for folder in _EARLIER.iterdir() if folder.is_dir()))


@cache
def dimensions(version: str = RUBRIC_VERSION) -> tuple[Dimension, ...]:
    """All dimensions of a version, in the rubric's order."""
    file = _EARLIER / version / _FILE.name if version in earlier_versions() else _FILE
    rubric = yaml.safe_load(file.read_text(encoding="utf-8"))
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
