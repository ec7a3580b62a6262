"""Weighted kappa of two raters (Cohen 1968, Psychol. Bull. 70(4), 213–220); of more, Light's mean.

Distance is that of the values themselves, |x - y| (linear) or (x - y)² (quadratic); gaps in the
scale count as wide as they are. Of more than two raters it is the mean over all pairs (Light 1971,
Psychol. Bull. 76(5), 365–377), each on the videos that both rated.
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
    kept = table[shared]
    if len(kept) == 0:
        return Estimate(None, note="no video has two ratings")
    of_pairs = mean_of_pairs(kept, pairs, partial(pair_kappa, weighting=weighting))
    return jackknife_estimate(of_pairs, len(kept), CORRELATION)


def mean_of_pairs(
    table: FloatArray,
    pairs: Sequence[tuple[int, int]],
    of_two: Callable[[FloatArray, FloatArray], Statistic],
) -> Statistic:
    """The mean of a figure of two raters over pairs of columns of (videos, raters).

    A pair counts with FEWEST_VIDEOS shared videos (all, of a smaller table) and a figure of its
    own. That is settled here, before any weighting: weightings of different pairs would be means
    of different things, and their spread no error.
    """
    there = ~np.isnan(table)
    least = min(FEWEST_VIDEOS, len(table))
    able = [pair for pair in pairs if there[:, pair].all(axis=1).sum() >= least]
    alike = np.ones((1, len(table)))
    with np.errstate(divide="ignore", invalid="ignore"):
        every = [of_two(table[:, one], table[:, other]) for one, other in able]
        chosen = [one for one in every if np.isfinite(one(alike)).all()]

    def statistic(weights: FloatArray) -> FloatArray:
        if not chosen:
            return np.full(len(weights), np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean: FloatArray = np.mean([one(weights) for one in chosen], axis=0)
        return mean

    return statistic


def pair_kappa(x: FloatArray, y: FloatArray, weighting: Weighting) -> Statistic:
    """Weighted kappa of two raters; a video that one of them left out is left out."""
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
    """E|x - y| of independent draws: the distribution functions' F(1 - G) + G(1 - F), summed."""
    values = np.unique(np.concatenate([a, b]))
    steps = np.diff(values)
    at_most = [(one[:, None] <= values[None, :-1]).astype(np.float64) for one in (a, b)]

    def expected(weights: FloatArray) -> FloatArray:
        n = weights.sum(axis=1)[:, None]
        f, g = (weights @ below / n for below in at_most)
        distance: FloatArray = (f * (1 - g) + g * (1 - f)) @ steps
        return distance

    return expected
