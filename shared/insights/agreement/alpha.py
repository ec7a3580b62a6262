"""Krippendorff's alpha, for ordinal and interval scales, with gaps.

Both are 1 minus observed over expected squared distance. Ordinal distance is between mid-ranks in
the pooled values, which is Krippendorff's sum of frequencies between two values (Krippendorff 2011,
Computing Krippendorff's Alpha-Reliability). A video that one rater alone rated tells nothing.
"""

from typing import Literal

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from shared.insights.statistics.estimate import CORRELATION, Estimate, Statistic, jackknife_estimate
from shared.insights.statistics.resampling import FloatArray

Level = Literal["ordinal", "interval"]


def alpha(table: FloatArray, level: Level) -> Estimate:
    """Alpha of a table (videos, raters), NaN where a rater did not rate, with its interval."""
    paired = table[(~np.isnan(table)).sum(axis=1) >= 2]
    if len(paired) == 0:
        return Estimate(None, note="no video has two ratings")
    return jackknife_estimate(alpha_of(paired, level), len(paired), CORRELATION)


def alpha_of(paired: FloatArray, level: Level) -> Statistic:
    """Alpha as a function of the videos' weights. Every video must have two ratings or more."""
    videos, raters = np.nonzero(~np.isnan(paired))
    values, codes = np.unique(paired[videos, raters], return_inverse=True)
    shape = (len(paired), len(values))
    counts = sparse.csr_array((np.ones(len(codes)), (videos, codes)), shape=shape)
    ratings = np.asarray(counts.sum(axis=1)).ravel()

    def statistic(weights: FloatArray) -> FloatArray:
        pooled = (counts.T @ weights.T).T
        places = _midranks(pooled) if level == "ordinal" else values - values.mean()
        places = np.broadcast_to(places, pooled.shape)
        sums, squares = (counts @ places.T).T, (counts @ (places**2).T).T
        # Squared distances of all ordered pairs in a video: 2 (m Σx² - (Σx)²).
        observed = (weights * (ratings * squares - sums**2) / (ratings - 1)).sum(axis=1)
        total = pooled.sum(axis=1)
        expected = total * (pooled * places**2).sum(axis=1) - (pooled * places).sum(axis=1) ** 2
        expected = expected / (total - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(expected > 1e-12, 1 - observed / expected, np.nan)

    return statistic


def _midranks(pooled: FloatArray) -> FloatArray:
    """Middle of each value's place among all, centred: differences are what counts."""
    ranks = np.cumsum(pooled, axis=1) - pooled / 2
    centred: FloatArray = ranks - ranks.mean(axis=1, keepdims=True)
    return centred
