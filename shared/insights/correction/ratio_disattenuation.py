"""Disattenuation of a rate ratio: the slope within creators without a rating's random error.

Random error multiplies a Poisson slope by λ, the share of the rating's variance that is not error,
among videos of one creator and week and given the other columns. This is regression calibration
(Carroll, Ruppert, Stefanski & Crainiceanu 2006, Measurement Error in Nonlinear Models, 2nd ed.,
chapter 4). With a log link it is exact where true rating and error are normal: what is left of the
error then has the same variance everywhere and disappears in the creators' effects. λ is smaller
than the reliability over all videos, because creators differ and their differences do not count
here. Where most ratings are low and few are high, the result is too large: with a reliability of
.7 by an eighth. SIMEX (chapter 5) was measured beside it
(docs/decisions/0033-corrected-ratios-by-joint-scores.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shared.insights.correction.people_error import mean_error_variance, videos_rated_twice
from shared.insights.correction.two_step_scores import (
    TwoStepScores,
    clustered_se,
    influence,
    scores_of,
)
from shared.insights.correction.within_reliability import (
    LEAST_RELIABILITY,
    ErrorVariance,
    EstimateInParts,
    within_reliability,
)
from shared.insights.statistics.effect import NotEstimable, TooFew
from shared.insights.statistics.fixed_effects import FixedEffectsFit
from shared.insights.statistics.resampling import FloatArray, Groups

FEWEST_REPEATED = 20
"""Fewest videos with two answers or more."""

_MOST_RESCALED = 2.0
"""Answers whose spread differs by more than this factor from the table's are on another scale."""


@dataclass(frozen=True, slots=True)
class DisattenuatedRatio:
    """The log rate ratio per unit without random error, and the reliability within creators.

    An end of the interval is None where it does not exist.
    """

    estimate: float
    ci_low: float | None
    ci_high: float | None
    reliability: float
    reliability_low: float
    reliability_high: float
    n: int
    n_repeated: int


def disattenuated_ratio(
    model: FixedEffectsFit,
    name: str,
    answers: FloatArray,
    groupings: Sequence[Groups],
    averaged: FloatArray | None = None,
) -> DisattenuatedRatio:
    """The slope of column `name` as a rater without random error would have rated.

    `answers` are the rater's answers (rows of the model, answers); a row is NaN where a video has
    only one answer. `averaged` is the number of answers that each row's rating is the mean of
    (default: 1). Signs are flipped by each of `groupings`, and the larger p counts. Raises TooFew,
    and NotEstimable if the reliability is too low.
    """
    count = int((~np.isnan(answers).any(axis=1)).sum())
    if count < FEWEST_REPEATED:
        raise TooFew(
            f"{count} videos of the model have repeated ratings; {FEWEST_REPEATED} are needed"
        )
    column = model.x[:, model.names.index(name)]
    errors = np.ones(len(column)) if averaged is None else 1 / averaged
    error_variance = _of_repeated(_error_squares(column, answers), errors)
    return _divided(model, name, error_variance, count, groupings)


def disattenuated_mean_ratio(
    model: FixedEffectsFit, name: str, people: FloatArray, groupings: Sequence[Groups]
) -> DisattenuatedRatio:
    """The slope of column `name`, which is people's mean rating, as if very many had rated.

    `people` are the ratings that it is the mean of (rows of the model, people), NaN where a person
    did not rate. Raises as `disattenuated_ratio` does.
    """
    count = videos_rated_twice(people)
    if count < FEWEST_REPEATED:
        raise TooFew(
            f"{count} videos of the model were rated by two people or more; {FEWEST_REPEATED} are "
            "needed"
        )
    return _divided(model, name, mean_error_variance(people), count, groupings)


def _divided(
    model: FixedEffectsFit,
    name: str,
    error_variance: ErrorVariance,
    count: int,
    groupings: Sequence[Groups],
) -> DisattenuatedRatio:
    """The slope over the reliability within creators."""
    reliability = within_reliability(model, name, error_variance)
    share = reliability.value
    if not share >= LEAST_RELIABILITY:
        raise NotEstimable(
            "unreliable",
            f"within creators the reliability is {share:.2f}: too low to correct by",
        )
    slope = float(model.beta[model.names.index(name)])
    scores = scores_of(model, name, groupings)
    estimate = slope / share
    parts = (influence(scores, slope) - estimate * reliability.parts) / share
    interval = TwoStepScores(
        scores,
        groupings,
        lambda value: share * value,
        lambda value: -scores.information * value * reliability.parts,
    ).around(estimate, clustered_se(parts, groupings[0]))
    low, high = reliability.interval(groupings[0])
    return DisattenuatedRatio(
        estimate, interval.low, interval.high, share, low, high, len(model.y), count
    )


def _of_repeated(squares: FloatArray, errors: FloatArray) -> ErrorVariance:
    """The mean error variance of the rows.

    `squares` are estimates of that of one answer, NaN where there is none. `errors` is the share of
    it that each row has.
    """
    repeated = ~np.isnan(squares)
    filled = np.where(repeated, squares, 0.0)

    def variance(weights: FloatArray) -> EstimateInParts:
        shares = np.where(repeated, weights, 0.0)
        shares = shares / shares.sum()
        mean = float(np.einsum("i,i->", shares, filled))
        of_rows = float(np.average(errors, weights=weights))
        return EstimateInParts(of_rows * mean, of_rows * shares * (filled - mean))

    return variance


def _error_squares(column: FloatArray, answers: FloatArray) -> FloatArray:
    """Each row's estimate of the error variance of one answer; NaN without answers.

    The shift of a whole series of answers is no error of a video.
    """
    repeated = ~np.isnan(answers).any(axis=1)
    mine, values = column[repeated], answers[repeated]
    spread, of_table = float(values.std(axis=0).mean()), float(mine.std())
    if not (spread > 0 and 1 / _MOST_RESCALED <= of_table / spread <= _MOST_RESCALED):
        raise NotEstimable(
            "other_scale",
            "the repeated answers are on another scale than the ratings of the table",
        )
    centred = values - values.mean(axis=0)
    width, count = values.shape[1], len(values)
    squares = ((centred - centred.mean(axis=1)[:, None]) ** 2).sum(axis=1) / (width - 1)
    squares = squares * count / (count - 1)
    errors = np.full(len(column), np.nan)
    errors[repeated] = squares
    return errors
