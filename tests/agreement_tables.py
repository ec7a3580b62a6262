"""Ratings of a planted kind, for tests of agreement."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from shared.insights.agreement.long_table import ratings_from_records
from shared.insights.agreement.ratings import Ratings

GEMINI = "gemini/gemini-3.5-flash-lite/1.0"
SIGNALS = "signals/2"
HEADER = ("video_id", "rater", "dimension", "value", "replicate")

Row = dict[str, Any]


def video(number: int) -> str:
    return f"u{number:016x}"


def rows(
    raters: dict[str, tuple[float, float, int]],
    videos: int = 40,
    seed: int = 1,
    dimensions: Sequence[str] = ("unexpectedness", "emotional_intensity"),
) -> list[Row]:
    """Scores by raters of an error (in true deviations), a shift in points, and replicates."""
    random = np.random.default_rng(seed)
    true = random.normal(size=(len(dimensions), videos))
    return list(_rows(raters, dimensions, true, random))


def _rows(raters: Any, dimensions: Any, true: Any, random: Any) -> Iterator[Row]:
    for rater, (error, shift, replicates) in raters.items():
        for of, dimension in zip(true, dimensions, strict=True):
            for number, own in enumerate(of):
                for replicate in range(replicates):
                    score = 50 + 18 * (own + error * random.normal()) + shift
                    value = int(np.clip(round(score), 0, 100))
                    yield row(video(number), rater, dimension, value, replicate)


def row(video_id: str, rater: str, dimension: str, value: float, replicate: int = 0) -> Row:
    cells = (video_id, rater, dimension, value, replicate)
    return dict(zip(HEADER, cells, strict=True))


def ratings(of: list[Row], machines: frozenset[str] = frozenset()) -> Ratings:
    return ratings_from_records(of, "table", machines)


def write_csv(path: Path, of: list[Row]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(of[0]))
        writer.writeheader()
        writer.writerows(of)
    return path
