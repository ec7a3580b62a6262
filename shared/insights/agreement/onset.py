"""Onset: does a rater time the surprising moment as people or a benchmark do?

The reference of a video is the median of the times of its people or its benchmark. A rater hits if
its time is within a tolerance of it. Videos without a time from both are left out.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from shared.insights.agreement.ratings import Kind, Ratings
from shared.insights.statistics.estimate import wilson

ONSET = "surprise_onset_s"
TOLERANCES_S = (0.25, 1.0)
"""The tolerances of Epstein, Chen & Vondrick (2020, CVPR) for clips of failing actions."""

Times = Mapping[str, list[float]]


def onsets(ratings: Ratings) -> dict[str, Any]:
    """Hits of every machine, and of every person against the others, by kind of reference."""
    return {kind: hits for kind in ("human", "benchmark") if (hits := against(ratings, kind))}


def against(ratings: Ratings, kind: Kind) -> dict[str, Any]:
    """Hits against the medians of one kind of reference, by rater."""
    by_rater = {}
    for rater in ratings.of(ONSET, "machine", "human"):
        others = [other for other in ratings.of(ONSET, kind) if other != rater]
        own = ratings.first_values(ONSET, rater)
        if others and (hits := _hits(own, _times(ratings, others))):
            by_rater[rater] = hits
    return by_rater


def _times(ratings: Ratings, raters: list[str]) -> Times:
    """All times of each video. The replicates of a benchmark are its annotators."""
    times: dict[str, list[float]] = {}
    for rater in raters:
        for video, replicates in ratings.values.get((ONSET, rater), {}).items():
            times.setdefault(video, []).extend(replicates.values())
    return times


def _hits(own: Mapping[str, float], reference: Times) -> dict[str, Any] | None:
    errors_s = [
        abs(at_s - float(np.median(reference[video])))
        for video, at_s in own.items()
        if video in reference
    ]
    if not errors_s:
        return None
    # 0.25 written in a file must not miss by a rounding error.
    shares: dict[str, Any] = {
        f"within_{tolerance:g}_s": wilson(
            sum(error <= tolerance + 1e-9 for error in errors_s), len(errors_s)
        ).document()
        for tolerance in TOLERANCES_S
    }
    return shares | {"median_error_s": float(np.median(errors_s)), "n": len(errors_s)}
