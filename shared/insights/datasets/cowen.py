"""Cowen & Keltner 2017: what viewers felt at 2,185 short silent clips.

`CowenKeltnerEmotionalVideos.csv`: `Filename` (0001.mp4), the share of viewers who chose each of 34
categories (27 of them distinct), and means of 14 dimensions from 1 to 9. `arousal` heads two of its
columns. The first, among the dimensions in their order, is the one that other users take.
"""

from collections.abc import Mapping
from pathlib import Path

from shared.insights.datasets.labels import Labels
from shared.insights.datasets.scores import Score, ScoreTable

VIDEOS = ScoreTable(
    "cowen",
    "CowenKeltnerEmotionalVideos.csv",
    "Filename",
    (
        Score("Surprise", 0, 1, ("unexpectedness",)),
        Score("arousal", 1, 9, ("emotional_intensity", "arousal_proxy")),
        Score("valence", 1, 9, ("positivity",), ("negativity",)),
        # "Upswing": it went better than it seemed at first.
        Score("upswing", 1, 9, ("desirability_shift",)),
    ),
)


def read(path: Path, fps: Mapping[str, float] | None = None) -> Labels:
    """Read the file of ratings. Raises BadTable."""
    return VIDEOS.labels(path)
