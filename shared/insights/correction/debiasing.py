"""Predict-then-debias: a machine's ratings of all videos, corrected by people's ratings of some.

The videos that people rated have two correlations with the outcome: people's and the machine's. The
machine's correlation over all videos shows how far this subset deviates by chance. The estimate is
people's correlation, minus Ω times the machine's difference between subset and all, with the Ω of
least variance (Kluger, Lu, Zrnic, Wang & Bates 2025, arXiv 2501.18577). It is valid for any error
of the machine if the subset was chosen at random. A useless machine gets Ω near 0.
"""

from dataclasses import dataclass

import numpy as np

from shared.insights.correction.draws import CorrelationDraws, correlation_interval
from shared.insights.statistics.effect import NotEstimable, TooFew
from shared.insights.statistics.resampling import FloatArray, Groups

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

    Arguments and errors are those of `Debiasing`.
    """
    draws = CorrelationDraws(groups, resamples, seed)
    correction = Debiasing(draws, x, y, people, weights)
    draws.compute()
    return correction.result()


class Debiasing:
    """Asks for the correlations of one predict-then-debias, and corrects with them.

    `x` is the machine's rating, `people` people's mean rating, NaN where there is none. `weights`
    are one over each drawn video's probability, NaN for a video that was not drawn.
    """

    def __init__(
        self,
        draws: CorrelationDraws,
        x: FloatArray,
        y: FloatArray,
        people: FloatArray,
        weights: FloatArray | None = None,
    ):
        self._draws = draws
        rated = ~np.isnan(people) & (np.True_ if weights is None else np.nan_to_num(weights) > 0)
        self._n_people = int(rated.sum())
        if self._n_people < FEWEST_RATED:
            return
        by_design = None if weights is None else weights[rated]
        self._of_people = draws.ask(people[rated], y[rated], rated, by_design)
        self._of_subset = draws.ask(x[rated], y[rated], rated, by_design)
        self._of_all = draws.ask(x, y)

    def result(self) -> Debiased:
        """Raises TooFew and NotEstimable."""
        if self._n_people < FEWEST_RATED:
            raise TooFew(f"people rated {self._n_people} of the videos; {FEWEST_RATED} are needed")
        parts, groups = (self._of_people, self._of_subset, self._of_all), self._draws.groups
        human, subset, whole = (self._draws.point(part) for part in parts)
        draws = np.stack([self._draws.draws(part) for part in parts], axis=1)
        draws = draws[np.isfinite(draws).all(axis=1)]
        has_half = len(draws) >= self._draws.resamples / 2
        if not (np.isfinite([human, subset, whole]).all() and has_half):
            raise NotEstimable("constant", "nothing varies among the videos that people rated")
        deviation = draws[:, 1] - draws[:, 2]
        weight = _weight(draws[:, 0], deviation)
        estimate = float(human - weight * (subset - whole))
        return Debiased(
            estimate,
            *correlation_interval(estimate, draws[:, 0] - weight * deviation, groups),
            human,
            *correlation_interval(human, draws[:, 0], groups),
            weight,
            groups.n,
            self._n_people,
        )


def _weight(human: FloatArray, deviation: FloatArray) -> float:
    """Ω: the slope of people's correlation on the machine's deviation in the subset."""
    spread = float(deviation.var(ddof=1))
    if spread <= 1e-15:  # people rated every video
        return 0.0
    return float(np.cov(human, deviation, ddof=1)[0, 1]) / spread
