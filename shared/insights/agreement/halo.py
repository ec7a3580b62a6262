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
    documents = []
    for rater in ratings.raters:
        if ratings.kind(rater) == "benchmark":
            continue
        scores = _Scores(ratings, rater)
        documents += [
            {
                "rater": rater,
                "dimensions": [first, second],
                "raw": scores.raw(first, second).document(),
                "disattenuated": scores.disattenuated(first, second).document(),
            }
            for first, second in combinations(ratings.scores(rater), 2)
        ]
    return documents


def raw(ratings: Ratings, rater: str, first: str, second: str) -> Estimate:
    return _Scores(ratings, rater).raw(first, second)


def disattenuated(ratings: Ratings, rater: str, first: str, second: str) -> Estimate:
    """The correlation without errors of measurement; needs two replicates or more."""
    return _Scores(ratings, rater).disattenuated(first, second)


class _Scores:
    """The answers of one rater as arrays, which are made once for all pairs of scores."""

    def __init__(self, ratings: Ratings, rater: str):
        self._ratings, self._rater = ratings, rater
        rated = (by_video for (_, name), by_video in ratings.values.items() if name == rater)
        self._videos = sorted(set().union(*rated))
        self._first: dict[str, FloatArray] = {}
        self._answers: dict[str, tuple[FloatArray, int]] = {}

    def raw(self, first: str, second: str) -> Estimate:
        return pearson(self._first_of(first), self._first_of(second))

    def disattenuated(self, first: str, second: str) -> Estimate:
        (x, of_x), (y, of_y) = (self._answers_of(name) for name in (first, second))
        count = min(of_x, of_y)
        complete = ~np.isnan(np.hstack([x[:, :count], y[:, :count]])).any(axis=1)
        x, y = x[complete, :count], y[complete, :count]
        if count < 2 or len(x) < 2:
            return Estimate(None, n=len(x), note="needs replicates: the same rater, asked again")

        def statistic(weights: FloatArray) -> FloatArray:
            between = _across(weights, x, y)
            spread = _across(weights, x, x) * _across(weights, y, y)
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.where(spread > 1e-12, between / np.sqrt(spread), np.nan)

        return jackknife_estimate(statistic, len(x), PLAIN)

    def _first_of(self, name: str) -> FloatArray:
        if name not in self._first:
            values = self._ratings.first_values(name, self._rater)
            column = [values.get(video, np.nan) for video in self._videos]
            self._first[name] = np.array(column, dtype=np.float64)
        return self._first[name]

    def _answers_of(self, name: str) -> tuple[FloatArray, int]:
        """The answers (videos, replicates), NaN where there is none; their usual number."""
        if name not in self._answers:
            table = self._ratings.replicates(name, self._rater)
            whole = np.full((len(self._videos), len(table.raters)), np.nan)
            whole[np.searchsorted(self._videos, table.videos)] = table.values
            self._answers[name] = whole, table.usual_replicates
        return self._answers[name]


def _across(weights: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Mean covariance of different replicates."""
    count = x.shape[1]
    total = covariances(weights, x.sum(axis=1), y.sum(axis=1))
    same = sum(covariances(weights, x[:, column], y[:, column]) for column in range(count))
    across: FloatArray = (total - same) / (count * (count - 1))
    return across
