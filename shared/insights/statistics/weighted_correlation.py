"""Weighted correlations of two columns, for the jackknife over videos."""

import numpy as np

from shared.insights.statistics.estimate import CORRELATION, Estimate, Statistic, jackknife_estimate
from shared.insights.statistics.resampling import FloatArray, IntArray


def spearman(x: FloatArray, y: FloatArray) -> Estimate:
    """Spearman's correlation over the videos that have both, with its interval."""
    both = ~(np.isnan(x) | np.isnan(y))
    return jackknife_estimate(spearman_of(x[both], y[both]), int(both.sum()), CORRELATION)


def pearson(x: FloatArray, y: FloatArray) -> Estimate:
    """Pearson's correlation over the videos that have both, with its interval."""
    both = ~(np.isnan(x) | np.isnan(y))
    a, b = x[both], y[both]
    return jackknife_estimate(lambda weights: _correlated(weights, a, b), len(a), CORRELATION)


def covariances(weights: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Weighted covariances for weights (b, n); x and y are (n,), or (b, n) per weighting."""
    n = weights.sum(axis=1)
    mean_x, mean_y = (weights * x).sum(axis=1) / n, (weights * y).sum(axis=1) / n
    return np.asarray((weights * x * y).sum(axis=1) / n - mean_x * mean_y)


def spearman_of(x: FloatArray, y: FloatArray) -> Statistic:
    """Spearman's correlation as a function of the videos' weights; x and y have no NaN."""
    codes = [np.unique(column, return_inverse=True)[1].astype(np.int64) for column in (x, y)]

    def statistic(weights: FloatArray) -> FloatArray:
        if len(codes[0]) == 0:
            return np.full(len(weights), np.nan)
        ranks = [_midranks(weights, code) for code in codes]
        return _correlated(weights, *ranks)

    return statistic


def _midranks(weights: FloatArray, codes: IntArray) -> FloatArray:
    """Average rank of every row among the weighted rows, (b, n)."""
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    counts = np.add.reduceat(weights[:, order], starts, axis=1)
    middle = np.cumsum(counts, axis=1) - counts / 2
    ranks: FloatArray = middle[:, codes]
    return ranks


def _correlated(weights: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    spread = covariances(weights, x, x) * covariances(weights, y, y)
    with np.errstate(divide="ignore", invalid="ignore"):
        correlations = covariances(weights, x, y) / np.sqrt(spread)
        return np.where(spread > 1e-18, np.clip(correlations, -1.0, 1.0), np.nan)
