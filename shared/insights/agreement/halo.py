"""Halo: does a rater tell the dimensions apart, or repeat one impression under several names?

`raw` is Pearson's correlation of two dimensions in one answer. `disattenuated` is the correlation
of what the rater would say of a video on average: covariances are taken between different
replicates only, so neither random error nor a mood shared within one answer is part of it.
"""

from itertools import combinations
from typing import Any

import numpy as np

from shared.insights.agreement.ratings import Ratings
from shared.insights.statistics.estimate import PLAIN, Estimate, jackknife_estimate
from shared.insights.statistics.resampling import FloatArray
from shared.insights.statistics.weighted_correlation import covariances, pearson

SAME = 0.9
"""Correlated beyond this, two dimensions are one (facts about the rubric: positive, below .8)."""


def halo(ratings: Ratings) -> list[dict[str, Any]]:
    """Every pair of scores of every rater, people and machines."""
    return [
        {
            "rater": rater,
            "dimensions": [first, second],
            "raw": raw(ratings, rater, first, second).document(),
            "disattenuated": disattenuated(ratings, rater, first, second).document(),
        }
        for rater in ratings.raters
        if ratings.kind(rater) != "benchmark"
        for first, second in combinations(ratings.scores(rater), 2)
    ]


def raw(ratings: Ratings, rater: str, first: str, second: str) -> Estimate:
    x, y = (ratings.values.get((name, rater), {}) for name in (first, second))
    videos = sorted(x.keys() & y.keys())
    columns = [np.array([one[video][min(one[video])] for video in videos]) for one in (x, y)]
    return pearson(*columns)


def disattenuated(ratings: Ratings, rater: str, first: str, second: str) -> Estimate:
    """The correlation without errors of measurement; needs two replicates or more."""
    x, y = _shared(ratings, rater, first, second)
    if x.shape[1] < 2 or len(x) < 2:
        return Estimate(None, n=len(x), note="needs replicates: the same rater, asked again")

    def statistic(weights: FloatArray) -> FloatArray:
        between = _across(weights, x, y)
        spread = _across(weights, x, x) * _across(weights, y, y)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(spread > 1e-12, between / np.sqrt(spread), np.nan)

    return jackknife_estimate(statistic, len(x), PLAIN)


def _across(weights: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Mean covariance of different replicates."""
    count = x.shape[1]
    total = covariances(weights, x.sum(axis=1), y.sum(axis=1))
    same = sum(covariances(weights, x[:, place], y[:, place]) for place in range(count))
    across: FloatArray = (total - same) / (count * (count - 1))
    return across


def _shared(ratings: Ratings, rater: str, first: str, second: str) -> tuple[FloatArray, FloatArray]:
    """Two dimensions by replicate, (videos, replicates), over the replicates that most have."""
    tables = [ratings.replicates(name, rater) for name in (first, second)]
    at = [dict(zip(table.videos, table.values, strict=True)) for table in tables]
    count = min(table.usual for table in tables)
    videos = sorted(at[0].keys() & at[1].keys())
    rows = [np.stack([one[video][:count] for one in at]) for video in videos]
    whole = [row for row in rows if not np.isnan(row).any()]
    if not whole:
        return np.empty((0, count)), np.empty((0, count))
    stacked = np.array(whole)
    return stacked[:, 0], stacked[:, 1]
