"""Disattenuation: a correlation without the random error of a rating (Spearman 1904).

Reliability is the correlation of a rater's repeated answers. Both correlations are of ranks, but
only those of normal variables attenuate by exactly the square root. So each is converted to the
correlation of normal variables with such ranks, 2 sin(πρ/6), corrected, and converted back. Effect
and reliability share videos, so the same draws of creators serve both.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from shared.insights.correction.draws import bootstrap_draws, correlation_interval
from shared.insights.statistics.effect import NotEstimable, TooFew
from shared.insights.statistics.estimate import Statistic
from shared.insights.statistics.resampling import BoolArray, FloatArray, Groups
from shared.insights.statistics.weighted_correlation import spearman_of

FEWEST_REPEATED = 20
"""Fewest videos with two answers or more."""

LEAST_RELIABILITY = 0.2
"""Below this reliability, a correction multiplies noise by more than two."""


@dataclass(frozen=True, slots=True)
class Disattenuated:
    """The correlation without random error and the reliability, each with its interval."""

    estimate: float
    ci_low: float
    ci_high: float
    reliability: float
    reliability_low: float
    reliability_high: float
    n: int
    n_repeated: int


def disattenuated(
    x: FloatArray,
    y: FloatArray,
    replicates: FloatArray,
    groups: Groups,
    resamples: int,
    seed: int,
    averaged: FloatArray | None = None,
) -> Disattenuated:
    """Spearman's correlation of y with x as a rater without random error would have rated.

    `replicates` are the rater's answers (videos, answers); a row is NaN where a video has only one
    answer. `averaged` is the number of answers that each value of x is the mean of (default: 1).
    Raises TooFew, and NotEstimable if the reliability is too low.
    """
    error = 1.0 if averaged is None else float(np.mean(1 / averaged))
    repeated = np.asarray(~np.isnan(replicates).any(axis=1), dtype=np.bool_)
    if int(repeated.sum()) < FEWEST_REPEATED:
        raise TooFew(
            f"{int(repeated.sum())} videos have repeated ratings; {FEWEST_REPEATED} are needed"
        )
    observed, reliability = spearman_of(x, y), _reliability(replicates, repeated)

    def statistics(weights: FloatArray) -> FloatArray:
        rho, rel = observed(weights), of_means(reliability(weights), error)
        return np.stack([corrected(rho, rel), rel], axis=1)

    (estimate, rel), *_ = statistics(np.ones((1, len(x))))
    if not rel >= LEAST_RELIABILITY:
        raise NotEstimable("unreliable", f"the reliability is {rel:.2f}: too low to correct by")
    draws = bootstrap_draws(statistics, groups, resamples, seed)
    effect, of_x = float(estimate), float(rel)
    return Disattenuated(
        effect,
        *correlation_interval(effect, draws[:, 0], groups),
        of_x,
        *correlation_interval(of_x, draws[:, 1], groups),
        len(x),
        int(repeated.sum()),
    )


def of_means(reliability: FloatArray, error: float) -> FloatArray:
    """The reliability of ratings whose error variance is this share of a single answer's.

    It is Spearman–Brown's where all ratings are means of 1/error answers, on the scale of normal
    variables; both reliabilities are correlations of ranks.
    """
    latent = 2 * np.sin(np.pi * reliability / 6)
    of_mean = latent / np.maximum(latent + error * (1 - latent), LEAST_RELIABILITY * error)
    ranks: FloatArray = 6 / np.pi * np.arcsin(of_mean / 2)
    return ranks


def corrected(rho: FloatArray, reliability: FloatArray) -> FloatArray:
    """The rank correlation of a perfectly reliable rating, from -1 to 1.

    A reliability below LEAST_RELIABILITY is raised to it.
    """
    latent = 2 * np.sin(np.pi * rho / 6)
    true = 2 * np.sin(np.pi * np.maximum(reliability, LEAST_RELIABILITY) / 6)
    normal = np.clip(latent / np.sqrt(true), -1.0, 1.0)
    ranks: FloatArray = 6 / np.pi * np.arcsin(normal / 2)
    return ranks


def _reliability(replicates: FloatArray, repeated: BoolArray) -> Statistic:
    """Mean rank correlation over all pairs of answers."""
    answers = replicates[repeated]
    pairs = [
        spearman_of(answers[:, i], answers[:, j])
        for i, j in combinations(range(answers.shape[1]), 2)
    ]

    def statistic(weights: FloatArray) -> FloatArray:
        of_repeated = weights[:, repeated]
        mean: FloatArray = np.mean([pair(of_repeated) for pair in pairs], axis=0)
        return mean

    return statistic
