"""Weighted kappa of two raters (Cohen 1968, Psychol. Bull. 70(4), 213–220), or Light's mean.

The distance of two values is |x - y| (linear) or (x - y)² (quadratic), so gaps in the scale keep
their width. For more than two raters it is the mean over all pairs (Light 1971, Psychol. Bull.
76(5), 365–377), each on the videos that both rated.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations
from typing import Literal

import numpy as np

from shared.insights.statistics.estimate import (
    CORRELATION,
    FEWEST_VIDEOS,
    Estimate,
    Statistic,
    jackknife_estimate,
)
from shared.insights.statistics.resampling import FloatArray

Weighting = Literal["linear", "quadratic"]


def kappa(table: FloatArray, weighting: Weighting) -> Estimate:
    """Mean weighted kappa over all pairs of columns of (videos, raters), with its interval."""
    pairs = list(combinations(range(table.shape[1]), 2))
    shared = (~np.isnan(table)).sum(axis=1) >= 2
    rows = table[shared]
    if len(rows) == 0:
        return Estimate(None, note="no video has two ratings")
    of_pairs = mean_of_pairs(rows, pairs, partial(pair_kappa, weighting=weighting))
    return jackknife_estimate(of_pairs, len(rows), CORRELATION)


def mean_of_pairs(
    table: FloatArray,
    pairs: Sequence[tuple[int, int]],
    of_two: Callable[[FloatArray, FloatArray], Statistic],
) -> Statistic:
    """The mean of a coefficient of two raters over pairs of columns of (videos, raters).

    A pair counts if its raters share FEWEST_VIDEOS videos (all videos of a smaller table) and its
    coefficient is defined. The pairs are chosen before any weighting: if each weighting had other
    pairs, the jackknife would compare means of different things.
    """
    rated = ~np.isnan(table)
    fewest = min(FEWEST_VIDEOS, len(table))
    eligible = [pair for pair in pairs if rated[:, pair].all(axis=1).sum() >= fewest]
    equal_weights = np.ones((1, len(table)))
    with np.errstate(divide="ignore", invalid="ignore"):
        coefficients = [of_two(table[:, i], table[:, j]) for i, j in eligible]
        defined = [of_pair for of_pair in coefficients if np.isfinite(of_pair(equal_weights)).all()]

    def statistic(weights: FloatArray) -> FloatArray:
        if not defined:
            return np.full(len(weights), np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean: FloatArray = np.mean([of_pair(weights) for of_pair in defined], axis=0)
        return mean

    return statistic


def pair_kappa(x: FloatArray, y: FloatArray, weighting: Weighting) -> Statistic:
    """Weighted kappa of two raters on the videos that both rated."""
    both = ~(np.isnan(x) | np.isnan(y))
    a, b = x[both], y[both]
    expected = _expected_square(a, b) if weighting == "quadratic" else _expected_distance(a, b)
    distance = (a - b) ** 2 if weighting == "quadratic" else np.abs(a - b)

    def statistic(weights: FloatArray) -> FloatArray:
        of_both = weights[:, both]
        with np.errstate(divide="ignore", invalid="ignore"):
            observed = of_both @ distance / of_both.sum(axis=1)
            chance = expected(of_both)
            return np.where(chance > 1e-12, 1 - observed / chance, np.nan)

    return statistic


def _expected_square(a: FloatArray, b: FloatArray) -> Statistic:
    def expected(weights: FloatArray) -> FloatArray:
        n = weights.sum(axis=1)
        mean_a, mean_b = weights @ a / n, weights @ b / n
        total: FloatArray = weights @ a**2 / n + weights @ b**2 / n - 2 * mean_a * mean_b
        return total

    return expected


def _expected_distance(a: FloatArray, b: FloatArray) -> Statistic:
    """E|x - y| of independent draws: F(1 - G) + G(1 - F) of the distribution functions, summed."""
    values = np.unique(np.concatenate([a, b]))
    steps = np.diff(values)
    at_most = [(scores[:, None] <= values[None, :-1]).astype(np.float64) for scores in (a, b)]

    def expected(weights: FloatArray) -> FloatArray:
        n = weights.sum(axis=1)[:, None]
        f, g = (weights @ below / n for below in at_most)
        distance: FloatArray = (f * (1 - g) + g * (1 - f)) @ steps
        return distance

    return expected
