"""Predict-then-debias for a rate ratio: people's ratings of some videos correct a machine's.

The videos that people rated have two slopes within creators: people's and the machine's. The
machine's slope over all videos shows how far this subset deviates by chance. The estimate is
people's slope, minus Ω times the machine's difference between subset and all (Kluger, Lu, Zrnic,
Wang & Bates 2025, arXiv 2501.18577). It is valid for any error of the machine if the subset was
chosen at random, whatever Ω is. Ω is the slope of the machine's rating on people's within
creators. That is the Ω of least variance where counts vary alike around both fits. Estimated from
the counts instead, a few viral videos decide it: intervals then held the truth in .91 of
1,600 simulated studies with 60 creators, and in .95 of 2,400 with Ω from the ratings.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.correction.two_step_scores import (
    TwoStepScores,
    cleared,
    clustered_se,
    influence,
    scores_of,
)
from shared.insights.statistics.effect import NotEstimable, TooFew
from shared.insights.statistics.fixed_effects import FixedEffectsFit, poisson_fixed_effects
from shared.insights.statistics.products import crossed
from shared.insights.statistics.resampling import BoolArray, FloatArray, Groups, IntArray
from shared.insights.statistics.within_ratios import WithinScores

FEWEST_RATED = 30
"""Fewest videos with ratings of people, of creators with two such videos or more."""


@dataclass(frozen=True, slots=True)
class DebiasedRatio:
    """The log rate ratio per unit of people's rating, and that of the rated videos alone.

    An end of an interval is None where it does not exist. `n_people` are the rated videos that say
    something within creators.
    """

    estimate: float
    ci_low: float | None
    ci_high: float | None
    people_alone: float
    people_low: float | None
    people_high: float | None
    machine_weight: float
    n: int
    n_people: int


@dataclass(frozen=True)
class _Slope:
    """One rating's slope: `rows` are the positions of the fit's rows in the whole model."""

    model: FixedEffectsFit
    rows: IntArray
    scores: WithinScores
    estimate: float

    def parts(self, n: int) -> FloatArray:
        """Each row's part in the error of the slope, in the rows of the whole model."""
        parts = np.zeros(n)
        parts[self.rows] = influence(self.scores, self.estimate)
        return parts


def debiased_ratio(
    model: FixedEffectsFit, name: str, people: FloatArray, groupings: Sequence[Groups]
) -> DebiasedRatio:
    """The slope of people's mean rating as if they had rated every video of the model.

    `people` is people's mean rating (rows of the model), NaN where there is none. Other columns
    stay as they are. Signs are flipped by each of `groupings`, and the larger p counts. Raises
    TooFew and NotEstimable.
    """
    rated = ~np.isnan(people)
    n, machine = len(model.y), model.x[:, model.names.index(name)]
    human = _slope(model, name, people, rated, groupings)
    if len(human.rows) < FEWEST_RATED:
        raise TooFew(_too_few(len(human.rows)))
    subset = _slope(model, name, machine, rated, groupings)
    whole = _slope(model, name, machine, np.ones(n, dtype=np.bool_), groupings, model)
    weight = _weight(human, name, people, machine)
    shift = weight * (subset.estimate - whole.estimate)
    parts = weight * (subset.parts(n) - whole.parts(n))
    estimate = human.estimate - shift
    added = -human.scores.information * parts
    interval = TwoStepScores(
        human.scores, groupings, lambda value: value + shift, lambda _: added
    ).around(estimate, clustered_se(human.parts(n) - parts, groupings[0]))
    alone = human.scores.interval(clustered_se(human.parts(n), groupings[0]))
    return DebiasedRatio(
        estimate,
        interval.low,
        interval.high,
        human.estimate,
        alone.low,
        alone.high,
        weight,
        n,
        len(human.rows),
    )


def _slope(
    model: FixedEffectsFit,
    name: str,
    rating: FloatArray,
    mask: BoolArray,
    groupings: Sequence[Groups],
    fitted: FixedEffectsFit | None = None,
) -> _Slope:
    """The slope of a rating in the rows of the mask, with the model's other columns beside it."""
    fit = _fit(model, name, rating, mask) if fitted is None else fitted
    rows = np.flatnonzero(mask) if fitted is not None else np.flatnonzero(mask)[fit.kept]
    # Clusters keep their numbers, also those that have no row here but a part in the other slope.
    numbered = [Groups(groups.codes[rows], groups.names) for groups in groupings]
    scores = scores_of(fit, name, numbered)
    return _Slope(fit, rows, scores, float(fit.beta[fit.names.index(name)]))


def _fit(model: FixedEffectsFit, name: str, rating: FloatArray, mask: BoolArray) -> FixedEffectsFit:
    if int(mask.sum()) < FEWEST_RATED:
        raise TooFew(_too_few(int(mask.sum())))
    design = pd.DataFrame(model.x, columns=list(model.names)).assign(**{name: rating})[mask]
    absorbed = model.absorbed.where(mask)
    try:
        fit = poisson_fixed_effects(
            model.y[mask], design, model.offset[mask], absorbed.creators, absorbed.weeks
        )
    except NotEstimable as error:
        raise NotEstimable(
            error.what, f"among the videos that people rated, {error.sentence}"
        ) from error
    if name not in fit.names:
        raise NotEstimable(
            "no_within", "among the videos that people rated, the rating does not vary enough"
        )
    return fit


def _weight(human: _Slope, name: str, people: FloatArray, machine: FloatArray) -> float:
    """Ω: the slope of the machine's rating on people's, from 0 for a useless machine."""
    ratings = np.column_stack([people, machine])[human.rows]
    both = cleared(human.model, name, ratings, np.ones(len(ratings)))
    products = crossed(both, both)
    return max(0.0, float(products[0, 1] / products[0, 0]))


def _too_few(count: int) -> str:
    return (
        f"people rated {count} videos that can be compared within creators; "
        f"{FEWEST_RATED} are needed"
    )
