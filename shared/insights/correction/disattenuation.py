"""Disattenuation: a correlation freed of the random error of a rating (Spearman 1904).

Reliability is how a rater's repeated answers go together. Both are correlations of ranks, and ranks
do not attenuate by the square root exactly; the normal variables behind them do. So each is turned
into the correlation of normal variables with such ranks, 2 sin(πρ/6), corrected there, and turned
back. Effect and reliability are drawn together, creator by creator, since they share videos.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from shared.insights.correction.draws import around, drawn
from shared.insights.statistics.effect import NotEstimable, TooFew
from shared.insights.statistics.estimate import Statistic
from shared.insights.statistics.resampling import BoolArray, FloatArray, Groups
from shared.insights.statistics.weighted_correlation import spearman_of

FEWEST_REPEATED = 20
"""Videos with two answers or more that a reliability rests on."""

LEAST_RELIABILITY = 0.2
"""Below, a correction multiplies noise by more than two."""


@dataclass(frozen=True, slots=True)
class Disattenuated:
    """The correlation without random error, the reliability, and intervals of both."""

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
) -> Disattenuated:
    """Spearman's correlation of what x measures with y.

    `replicates` are the rater's answers by video, (videos, answers), rows of NaN where there is
    one answer only. Raises TooFew, and NotEstimable for a reliability that is too low to divide by.
    """
    repeated = np.asarray(~np.isnan(replicates).any(axis=1), dtype=np.bool_)
    if int(repeated.sum()) < FEWEST_REPEATED:
        raise TooFew(
            f"{int(repeated.sum())} videos have repeated ratings; {FEWEST_REPEATED} are needed"
        )
    observed, reliability = spearman_of(x, y), _reliability(replicates, repeated)

    def statistics(weights: FloatArray) -> FloatArray:
        rho, rel = observed(weights), reliability(weights)
        return np.stack([corrected(rho, rel), rel], axis=1)

    (estimate, rel), *_ = statistics(np.ones((1, len(x))))
    if not rel >= LEAST_RELIABILITY:
        raise NotEstimable("unreliable", f"the reliability is {rel:.2f}: too low to correct by")
    draws = drawn(statistics, groups, resamples, seed)
    effect, error = float(estimate), float(rel)
    return Disattenuated(
        effect,
        *around(effect, draws[:, 0], groups),
        error,
        *around(error, draws[:, 1], groups),
        len(x),
        int(repeated.sum()),
    )


def corrected(rho: FloatArray, reliability: FloatArray) -> FloatArray:
    """The correlation of ranks that a perfectly reliable rating would have; at most ±1.

    A draw whose reliability is below LEAST_RELIABILITY counts as having just that.
    """
    latent = 2 * np.sin(np.pi * rho / 6)
    true = 2 * np.sin(np.pi * np.maximum(reliability, LEAST_RELIABILITY) / 6)
    normal = np.clip(latent / np.sqrt(true), -1.0, 1.0)
    ranks: FloatArray = 6 / np.pi * np.arcsin(normal / 2)
    return ranks


def _reliability(replicates: FloatArray, repeated: BoolArray) -> Statistic:
    """Mean correlation of ranks over all pairs of answers."""
    answers = replicates[repeated]
    pairs = [
        spearman_of(answers[:, one], answers[:, other])
        for one, other in combinations(range(answers.shape[1]), 2)
    ]

    def statistic(weights: FloatArray) -> FloatArray:
        of_repeated = weights[:, repeated]
        found: FloatArray = np.mean([pair(of_repeated) for pair in pairs], axis=0)
        return found

    return statistic
