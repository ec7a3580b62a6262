"""The error variance of people's mean rating, from how people differ on the same videos.

Ratings of one video have the variance s² around their mean, pooled over videos with their degrees
of freedom (Carroll, Ruppert, Stefanski & Crainiceanu 2006, Measurement Error in Nonlinear Models,
2nd ed., section 4.4.2). The mean of k of them has the error variance s²/k. A person's lenience is
part of s². It is an error only as far as videos have other people: of the mean of k people out of R
it leaves S²·(1/k − 1/R), where S² is the variance of lenience (simple random sampling without
replacement, Cochran 1977, Sampling Techniques, 3rd ed., section 2.5). So the error variance is
s²/k − S²/R. Where all R rated each video, λ from it is Cronbach's α within creators.
"""

from itertools import combinations

import numpy as np

from shared.insights.correction.within_reliability import ErrorVariance, EstimateInParts
from shared.insights.statistics.resampling import FloatArray

FEWEST_REPEATED = 20
"""Fewest videos that two people rated, or one person twice."""

MOST_PAIRS = 5_000
"""With more pairs of people, S²/R is less than a hundredth of S², and is left out."""


def videos_rated_twice(people: FloatArray) -> int:
    """Number of rows of (rows, people) with two ratings or more; NaN is none."""
    return int(((~np.isnan(people)).sum(axis=1) >= 2).sum())


def mean_rating(people: FloatArray) -> FloatArray:
    """The mean of each row of (rows, people); NaN where nobody rated."""
    counts = (~np.isnan(people)).sum(axis=1)
    sums = np.where(counts > 0, np.nansum(people, axis=1), np.nan)
    means: FloatArray = sums / np.maximum(counts, 1)
    return means


def mean_error_variance(people: FloatArray) -> ErrorVariance:
    """The error variance of the mean rating of each row of (rows, people)."""
    counts = (~np.isnan(people)).sum(axis=1)
    rated = counts > 0
    freedom = np.maximum(counts - 1, 0).astype(np.float64)
    squares = np.nansum((people - mean_rating(people)[:, None]) ** 2, axis=1)
    shared_lenience = _variance_of_lenience(people) / people.shape[1]

    def variance(weights: FloatArray) -> EstimateInParts:
        total = float(weights @ freedom)
        single = float(weights @ squares) / total
        of_mean = float(weights[rated] @ (1 / counts[rated])) / float(weights[rated].sum())
        value = single * of_mean - shared_lenience
        parts = of_mean * weights * (squares - single * freedom) / total
        return EstimateInParts(max(value, 0.0), parts)

    return variance


def _variance_of_lenience(people: FloatArray) -> float:
    """S², from the differences of each pair of people on the videos that both rated.

    The square of a mean difference is too large by the variance of that mean, which is taken out.
    """
    pairs = list(combinations(range(people.shape[1]), 2))
    if len(pairs) > MOST_PAIRS:
        return 0.0
    halves = []
    for first, second in pairs:
        differences = people[:, first] - people[:, second]
        differences = differences[~np.isnan(differences)]
        if len(differences) >= 2:
            mean, variance = differences.mean(), differences.var(ddof=1)
            halves.append(float(mean**2 - variance / len(differences)) / 2)
    return max(float(np.mean(halves)), 0.0) if halves else 0.0
