"""Predict, then debias: a machine's ratings of all videos, put right by people's of some.

On the videos that people rated one sees both correlations with the outcome, people's and the
machine's; what the machine's is over all videos says how lucky that subset was. The estimate is
people's, moved by Ω times the machine's difference between all and subset, with the Ω that makes it
least variable (Kluger, Lu, Zrnic, Wang & Bates 2025, arXiv 2501.18577). It is right whatever the
machine's error is, as long as the subset was chosen at random; a useless machine gets Ω near 0.
"""

from dataclasses import dataclass

import numpy as np

from shared.insights.correction.draws import around, drawn
from shared.insights.statistics.effect import NotEstimable, TooFew
from shared.insights.statistics.resampling import FloatArray, Groups
from shared.insights.statistics.weighted_correlation import spearman_of

FEWEST_RATED = 30
"""Videos that people must have rated."""


@dataclass(frozen=True, slots=True)
class Debiased:
    """The correlation of people's ratings with the outcome, and people's alone beside it."""

    estimate: float
    ci_low: float
    ci_high: float
    people_alone: float
    people_low: float
    people_high: float
    machine_weight: float
    n: int
    n_people: int


def debiased(
    x: FloatArray,
    y: FloatArray,
    people: FloatArray,
    groups: Groups,
    resamples: int,
    seed: int,
) -> Debiased:
    """Spearman's correlation of people's mean rating with y, as if they had rated every video.

    `people` is NaN where nobody human rated. Raises TooFew and NotEstimable.
    """
    rated = ~np.isnan(people)
    if int(rated.sum()) < FEWEST_RATED:
        raise TooFew(f"people rated {int(rated.sum())} of the videos; {FEWEST_RATED} are needed")
    theirs = spearman_of(people[rated], y[rated])
    same, everywhere = spearman_of(x[rated], y[rated]), spearman_of(x, y)

    def statistics(weights: FloatArray) -> FloatArray:
        of_rated = weights[:, rated]
        return np.stack([theirs(of_rated), same(of_rated), everywhere(weights)], axis=1)

    gold, subset, whole = statistics(np.ones((1, len(x))))[0]
    draws = drawn(statistics, groups, resamples, seed)
    draws = draws[np.isfinite(draws).all(axis=1)]
    if not np.isfinite([gold, subset, whole]).all() or len(draws) < resamples / 2:
        raise NotEstimable("constant", "nothing varies among the videos that people rated")
    luck = draws[:, 1] - draws[:, 2]
    weight = _weight(draws[:, 0], luck)
    estimate = float(gold - weight * (subset - whole))
    alone = float(gold)
    return Debiased(
        estimate,
        *around(estimate, draws[:, 0] - weight * luck, groups),
        alone,
        *around(alone, draws[:, 0], groups),
        weight,
        len(x),
        int(rated.sum()),
    )


def _weight(gold: FloatArray, luck: FloatArray) -> float:
    """Ω: how much of the subset's luck, as the machine sees it, people's correlation shares."""
    spread = float(luck.var(ddof=1))
    if spread <= 1e-15:  # people rated every video
        return 0.0
    return float(np.cov(gold, luck, ddof=1)[0, 1]) / spread
