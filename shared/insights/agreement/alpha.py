"""Krippendorff's alpha, for ordinal and interval scales, with gaps.

Both are 1 minus observed over expected squared distance. The ordinal distance of two values is the
distance of their mid-ranks among all values, which equals Krippendorff's sum of frequencies
(Krippendorff 2011, Computing Krippendorff's Alpha-Reliability). Videos with one rating are ignored.
"""

from typing import Literal

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from shared.insights.statistics.estimate import CORRELATION, Estimate, Statistic, jackknife_estimate
from shared.insights.statistics.resampling import FloatArray, IntArray

Level = Literal["ordinal", "interval"]


def alpha(table: FloatArray, level: Level) -> Estimate:
    """Alpha of a table (videos, raters) with its interval; NaN where a rater did not rate."""
    paired = table[(~np.isnan(table)).sum(axis=1) >= 2]
    if len(paired) == 0:
        return Estimate(None, note="no video has two ratings")
    return jackknife_estimate(alpha_of(paired, level), len(paired), CORRELATION)


def alpha_of(paired: FloatArray, level: Level) -> Statistic:
    """Alpha as a function of the videos' weights. Every video needs at least two ratings."""
    videos, raters = np.nonzero(~np.isnan(paired))
    values, codes = np.unique(paired[videos, raters], return_inverse=True)
    shape = (len(paired), len(values))
    counts = sparse.csr_array((np.ones(len(codes)), (videos, codes)), shape=shape)
    pairs, first, second = _pairs(counts)

    def statistic(weights: FloatArray) -> FloatArray:
        pooled = np.asarray(weights @ counts)
        points = _midranks(pooled) if level == "ordinal" else values - values.mean()
        points = np.broadcast_to(points, pooled.shape)
        distances = (points[:, first] - points[:, second]) ** 2
        observed = (np.asarray(weights @ pairs) * distances).sum(axis=1)
        total = pooled.sum(axis=1)
        expected = total * (pooled * points**2).sum(axis=1) - (pooled * points).sum(axis=1) ** 2
        expected = expected / (total - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(expected > 1e-12, 1 - observed / expected, np.nan)

    return statistic


def _pairs(counts: sparse.csr_array) -> tuple[sparse.csr_array, IntArray, IntArray]:
    """How often each pair of different values is in each video, over its ratings less 1.

    `counts` has how often each value is in each video (videos, values). Gives a table (videos,
    pairs) and both values of each pair.
    """
    filled = np.diff(counts.indptr)
    of_row = np.repeat(np.arange(len(filled)), filled)
    # Each stored value with every later one of its row.
    later = np.repeat(counts.indptr[1:], filled) - np.arange(counts.nnz) - 1
    earlier_at = np.repeat(np.arange(counts.nnz), later)
    starts = np.cumsum(later) - later
    later_at = earlier_at + 1 + np.arange(len(earlier_at)) - starts[earlier_at]
    ratings = np.asarray(counts.sum(axis=1)).ravel()
    rows = of_row[earlier_at]
    often = counts.data[earlier_at] * counts.data[later_at] / (ratings[rows] - 1)
    keys = counts.indices[earlier_at].astype(np.int64) * counts.shape[1] + counts.indices[later_at]
    distinct, codes = np.unique(keys, return_inverse=True)
    table = sparse.csr_array((often, (rows, codes)), shape=(len(filled), len(distinct)))
    return table, distinct // counts.shape[1], distinct % counts.shape[1]


def _midranks(pooled: FloatArray) -> FloatArray:
    """The mean rank of each value, centred: only differences of ranks matter."""
    ranks = np.cumsum(pooled, axis=1) - pooled / 2
    centred: FloatArray = ranks - ranks.mean(axis=1, keepdims=True)
    return centred
