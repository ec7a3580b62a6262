"""Halo: does a rater distinguish the dimensions, or repeat one impression under several names?

`raw` is Pearson's correlation of two dimensions in one answer. `disattenuated` is the correlation
of the rater's expected scores. It uses covariances between different replicates only, so it
contains neither random error nor a mood that one answer shares.
"""

from itertools import combinations
from typing import Any

import numpy as np

from shared.insights.agreement.ratings import Ratings
from shared.insights.statistics.estimate import PLAIN, Estimate, jackknife_estimate
from shared.insights.statistics.resampling import FloatArray
from shared.insights.statistics.weighted_correlation import covariances, pearson

SAME = 0.9
"""Above this correlation, two dimensions count as one. The rubric expects values from 0 to .8."""


def halo(ratings: Ratings) -> list[dict[str, Any]]:
    """Both correlations for every pair of scores of every person and machine."""
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
    x, y = (ratings.first_values(name, rater) for name in (first, second))
    videos = sorted(x.keys() & y.keys())
    return pearson(*(np.array([column[video] for video in videos]) for column in (x, y)))


def disattenuated(ratings: Ratings, rater: str, first: str, second: str) -> Estimate:
    """The correlation without errors of measurement; needs two replicates or more."""
    x, y = _replicates(ratings, rater, first, second)
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
    same = sum(covariances(weights, x[:, column], y[:, column]) for column in range(count))
    across: FloatArray = (total - same) / (count * (count - 1))
    return across


def _replicates(
    ratings: Ratings, rater: str, first: str, second: str
) -> tuple[FloatArray, FloatArray]:
    """Two dimensions by replicate, each (videos, replicates), over the usual replicates."""
    tables = [ratings.replicates(name, rater) for name in (first, second)]
    x, y = (dict(zip(table.videos, table.values, strict=True)) for table in tables)
    count = min(table.usual_replicates for table in tables)
    rows = [np.stack([x[video][:count], y[video][:count]]) for video in sorted(x.keys() & y.keys())]
    complete = [row for row in rows if not np.isnan(row).any()]
    if not complete:
        return np.empty((0, count)), np.empty((0, count))
    stacked = np.array(complete)
    return stacked[:, 0], stacked[:, 1]
