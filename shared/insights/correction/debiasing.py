"""Predict-then-debias: a machine's ratings of all videos, corrected by people's ratings of some.

The videos that people rated have two correlations with the outcome: people's and the machine's. The
machine's correlation over all videos shows how far this subset deviates by chance. The estimate is
people's correlation, minus Ω times the machine's difference between subset and all, with the Ω of
least variance (Kluger, Lu, Zrnic, Wang & Bates 2025, arXiv 2501.18577). It is valid for any error
of the machine if the subset was chosen at random. A useless machine gets Ω near 0.
"""

from dataclasses import dataclass

import numpy as np

from shared.insights.correction.draws import bootstrap_draws, correlation_interval
from shared.insights.statistics.effect import NotEstimable, TooFew
from shared.insights.statistics.resampling import FloatArray, Groups
from shared.insights.statistics.weighted_correlation import spearman_of

FEWEST_RATED = 30
"""Fewest videos with ratings of people."""


@dataclass(frozen=True, slots=True)
class Debiased:
    """The debiased correlation, and the correlation of people's ratings alone."""

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
    weights: FloatArray | None = None,
) -> Debiased:
    """Spearman's correlation of people's mean rating with y, as if people had rated every video.

    `x` is the machine's rating, `people` people's mean rating, NaN where there is none. `weights`
    are one over each drawn video's probability, NaN for a video that was not drawn. Raises TooFew
    and NotEstimable.
    """
    rated = ~np.isnan(people) & (np.True_ if weights is None else np.nan_to_num(weights) > 0)
    if int(rated.sum()) < FEWEST_RATED:
        raise TooFew(f"people rated {int(rated.sum())} of the videos; {FEWEST_RATED} are needed")
    of_people = spearman_of(people[rated], y[rated])
    of_subset, of_all = spearman_of(x[rated], y[rated]), spearman_of(x, y)

    by_design = np.ones(int(rated.sum())) if weights is None else weights[rated]

    def statistics(times: FloatArray) -> FloatArray:
        of_rated = times[:, rated] * by_design
        return np.stack([of_people(of_rated), of_subset(of_rated), of_all(times)], axis=1)

    human, subset, whole = statistics(np.ones((1, len(x))))[0]
    draws = bootstrap_draws(statistics, groups, resamples, seed)
    draws = draws[np.isfinite(draws).all(axis=1)]
    if not np.isfinite([human, subset, whole]).all() or len(draws) < resamples / 2:
        raise NotEstimable("constant", "nothing varies among the videos that people rated")
    deviation = draws[:, 1] - draws[:, 2]
    weight = _weight(draws[:, 0], deviation)
    estimate = float(human - weight * (subset - whole))
    alone = float(human)
    return Debiased(
        estimate,
        *correlation_interval(estimate, draws[:, 0] - weight * deviation, groups),
        alone,
        *correlation_interval(alone, draws[:, 0], groups),
        weight,
        len(x),
        int(rated.sum()),
    )


def _weight(human: FloatArray, deviation: FloatArray) -> float:
    """Ω: the slope of people's correlation on the machine's deviation in the subset."""
    spread = float(deviation.var(ddof=1))
    if spread <= 1e-15:  # people rated every video
        return 0.0
    return float(np.cov(human, deviation, ddof=1)[0, 1]) / spread
