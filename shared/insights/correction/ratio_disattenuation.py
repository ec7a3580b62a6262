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
from scipy import stats  # type: ignore[import-untyped]

from shared.insights.correction.two_step_scores import (
    TwoStepScores,
    cleared,
    clustered_se,
    influence,
    scores_of,
)
from shared.insights.statistics.effect import NotEstimable, TooFew
from shared.insights.statistics.fixed_effects import FixedEffectsFit
from shared.insights.statistics.resampling import FloatArray, Groups

FEWEST_REPEATED = 20
"""Fewest videos with two answers or more."""

LEAST_RELIABILITY = 0.2
"""Below this reliability within creators, a correction multiplies noise by more than five."""

_MOST_RESCALED = 2.0
"""Answers whose spread differs by more than this factor from the table's are on another scale."""

_CONFIDENCE = 0.95
_LARGEST_TILT = 20.0
_SAME = 1e-6


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


@dataclass(frozen=True)
class _Reliability:
    """λ, and each row's part in its error."""

    value: float
    parts: FloatArray


def disattenuated_ratio(
    model: FixedEffectsFit, name: str, answers: FloatArray, groupings: Sequence[Groups]
) -> DisattenuatedRatio:
    """The slope of column `name` as a rater without random error would have rated.

    `answers` are the rater's answers (rows of the model, answers); a row is NaN where a video has
    only one answer. Signs are flipped by each of `groupings`, and the larger p counts. Raises
    TooFew, and NotEstimable if the reliability is too low.
    """
    repeated = ~np.isnan(answers).any(axis=1)
    count = int(repeated.sum())
    if count < FEWEST_REPEATED:
        raise TooFew(
            f"{count} videos of the model have repeated ratings; {FEWEST_REPEATED} are needed"
        )
    reliability = _within_reliability(model, name, answers)
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
    clusters = groupings[0].count
    reach = float(stats.t.ppf((1 + _CONFIDENCE) / 2, clusters - 1)) * clustered_se(
        reliability.parts, groupings[0]
    )
    return DisattenuatedRatio(
        estimate,
        interval.low,
        interval.high,
        share,
        max(share - reach, 0.0),
        min(share + reach, 1.0),
        len(model.y),
        count,
    )


def _within_reliability(model: FixedEffectsFit, name: str, answers: FloatArray) -> _Reliability:
    """λ = 1 - error variance · degrees of freedom / sum of squares of the cleared rating."""
    column = model.x[:, model.names.index(name)]
    weights = _weights(model, name, column)
    errors = _error_squares(column, answers)
    repeated = ~np.isnan(errors)
    of_repeated = np.where(repeated, weights, 0.0)
    of_repeated = of_repeated / of_repeated.sum()
    errors = np.where(repeated, errors, 0.0)
    variance = float(np.einsum("i,i->", of_repeated, errors))
    squares = weights * cleared(model, name, column[:, None], weights)[:, 0] ** 2
    freedom = _degrees_of_freedom(model, weights)
    ratio = float(freedom.sum() / squares.sum())
    of_error = of_repeated * (errors - variance)
    of_ratio = (freedom - ratio * squares) / squares.sum()
    return _Reliability(1 - variance * ratio, -(ratio * of_error + variance * of_ratio))


def _weights(model: FixedEffectsFit, name: str, column: FloatArray) -> FloatArray:
    """How the rating alone tilts the counts: the slope weighs videos by it.

    The fitted counts themselves also have each creator's size. Weighted by them, a few creators
    would decide λ, and its standard deviation would be two to four times as large.
    """
    slope = float(model.beta[model.names.index(name)])
    free = cleared(model, name, column[:, None], np.ones(len(column)))[:, 0]
    tilt: FloatArray = np.exp(np.clip(slope * free, -_LARGEST_TILT, _LARGEST_TILT))
    return tilt


def _degrees_of_freedom(model: FixedEffectsFit, weights: FloatArray) -> FloatArray:
    """Each row's weight less its leverage: what one unit of error variance adds to the squares."""
    creators = model.creators
    free: FloatArray = weights * (1 - weights / creators.sums(weights)[creators.codes])
    columns = len(model.names) - 1 + (model.weeks.count - 1 if model.weeks is not None else 0)
    rows = len(model.y) - creators.count
    return free * max(rows - columns, 0) / rows


def _error_squares(column: FloatArray, answers: FloatArray) -> FloatArray:
    """Each row's estimate of the error variance of the table's rating; NaN without answers.

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
    errors[repeated] = squares / (width if _is_mean(mine, values) else 1)
    return errors


def _is_mean(column: FloatArray, answers: FloatArray) -> bool:
    """Whether the table has the mean of the answers, whose error is smaller than that of each."""
    single = (np.abs(column[:, None] - answers) < _SAME).mean(axis=0).max()
    return bool((np.abs(column - answers.mean(axis=1)) < _SAME).mean() > max(single, 0.5))
