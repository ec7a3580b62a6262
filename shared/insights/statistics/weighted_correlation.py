"""Weighted correlations of two columns, for the jackknife over videos."""

import numpy as np

from shared.insights.statistics.estimate import CORRELATION, Estimate, Statistic, jackknife_estimate
from shared.insights.statistics.resampling import FloatArray
from shared.insights.statistics.weighted_ranks import WeightedRanks

_AT_ONCE = 2**16
"""Weights in one step: sets × rows that fit the processor's cache."""


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
    """Weighted covariances of columns (n,) for weights (b, n)."""
    n = weights.sum(axis=1)
    return np.asarray(weights @ (x * y) / n - (weights @ x / n) * (weights @ y / n))


def spearman_of(x: FloatArray, y: FloatArray) -> Statistic:
    """Spearman's correlation as a function of the videos' weights; x and y have no NaN."""
    if len(x) == 0:
        return lambda weights: np.full(len(weights), np.nan)
    ranked, at_once = WeightedRanks((x, y)), max(1, _AT_ONCE // len(x))

    def statistic(weights: FloatArray) -> FloatArray:
        table = np.asarray(weights)
        batches = [table[start : start + at_once] for start in range(0, len(table), at_once)]
        return np.concatenate([_of_ranks(ranked.at(batch), batch) for batch in batches])

    return statistic


def _of_ranks(ranks: FloatArray, weights: FloatArray) -> FloatArray:
    """Correlations (sets,) of two columns from twice their centred ranks, (2, sets, rows)."""
    x, y = ranks
    weighted = weights * x
    xx, xy = (np.einsum("sk,sk->s", weighted, column) for column in (x, y))
    yy = np.einsum("sk,sk->s", weights * y, y)
    return ratio(xy, xx * yy, (4 * weights.sum(axis=1)) ** 2)


def _correlated(weights: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    spread = covariances(weights, x, x) * covariances(weights, y, y)
    return ratio(covariances(weights, x, y), spread, np.ones(len(spread)))


def ratio(product: FloatArray, spread: FloatArray, unit: FloatArray) -> FloatArray:
    """product / √spread; NaN where the spread, in units, is only rounding."""
    with np.errstate(divide="ignore", invalid="ignore"):
        correlations = product / np.sqrt(spread)
        return np.where(spread > 1e-18 * unit, np.clip(correlations, -1.0, 1.0), np.nan)
