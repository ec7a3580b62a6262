"""Onset: is the surprising moment found where people, or a benchmark, put it?

The reference of a video is the median of its people's (or its benchmark's) times. A rater hits when
its time is at most a tolerance away. A video for which either has no time is no case.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from shared.insights.agreement.ratings import Kind, Ratings
from shared.insights.statistics.estimate import wilson

ONSET = "surprise_onset_s"
TOLERANCES_S = (0.25, 1.0)
"""What Epstein, Chen & Vondrick (2020, CVPR) judge times in failing clips by."""

Times = Mapping[str, list[float]]


def onsets(ratings: Ratings) -> dict[str, Any]:
    """Hits of every machine, and of every person against the others, by kind of reference."""
    return {kind: found for kind in ("human", "benchmark") if (found := against(ratings, kind))}


def against(ratings: Ratings, kind: Kind) -> dict[str, Any]:
    """Hits against the medians of one kind of reference, by rater."""
    found = {}
    raters = ratings.of(ONSET, "machine", "human")
    for rater in raters:
        others = [one for one in ratings.of(ONSET, kind) if one != rater]
        if others and (hits := _hits(_own(ratings, rater), _times(ratings, others))):
            found[rater] = hits
    return found


def _own(ratings: Ratings, rater: str) -> dict[str, float]:
    values = ratings.values.get((ONSET, rater), {})
    return {video: replicates[min(replicates)] for video, replicates in values.items()}


def _times(ratings: Ratings, raters: list[str]) -> Times:
    """All times of each video; a benchmark's replicates are its annotators."""
    times: dict[str, list[float]] = {}
    for rater in raters:
        for video, replicates in ratings.values.get((ONSET, rater), {}).items():
            times.setdefault(video, []).extend(replicates.values())
    return times


def _hits(own: Mapping[str, float], reference: Times) -> dict[str, Any] | None:
    off = [
        abs(at_s - float(np.median(reference[video])))
        for video, at_s in own.items()
        if video in reference
    ]
    if not off:
        return None
    # 0.25 written in a file must not miss by a rounding error.
    found: dict[str, Any] = {
        f"within_{tolerance:g}_s": wilson(
            sum(one <= tolerance + 1e-9 for one in off), len(off)
        ).document()
        for tolerance in TOLERANCES_S
    }
    return found | {"median_error_s": float(np.median(off)), "n": len(off)}
