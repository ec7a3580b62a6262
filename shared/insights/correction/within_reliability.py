"""The reliability of a rating within creators, and the error variance that it comes from.

λ is the share of a rating's variance, among videos of one creator and week and given the other
columns, that is not error. Both parts of it come from the videos, so λ has an error of its own:
`parts` are each row's part in it, to first order.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from shared.insights.correction.two_step_scores import cleared, clustered_se
from shared.insights.statistics.distributions import t_quantile
from shared.insights.statistics.fixed_effects import FixedEffectsFit
from shared.insights.statistics.resampling import FloatArray, Groups

LEAST_RELIABILITY = 0.2
"""Below this reliability within creators, a correction multiplies noise by more than five."""

_CONFIDENCE = 0.95
_LARGEST_TILT = 20.0


@dataclass(frozen=True)
class EstimateInParts:
    """An estimate, and each row's part in its error; the parts add up to 0."""

    value: float
    parts: FloatArray


ErrorVariance = Callable[[FloatArray], EstimateInParts]
"""From weights (rows) to the weighted mean of a rating's error variance."""


@dataclass(frozen=True)
class WithinReliability(EstimateInParts):
    """λ; its 95 % interval has t on creators − 1."""

    def interval(self, creators: Groups) -> tuple[float, float]:
        """The interval, within 0 and 1."""
        reach = float(t_quantile((1 + _CONFIDENCE) / 2, creators.count - 1)) * clustered_se(
            self.parts, creators
        )
        return max(self.value - reach, 0.0), min(self.value + reach, 1.0)


def within_reliability(
    model: FixedEffectsFit, name: str, error_variance: ErrorVariance
) -> WithinReliability:
    """λ = 1 - error variance · degrees of freedom / sum of squares of the cleared rating."""
    column = model.x[:, model.names.index(name)]
    weights = _weights(model, name, column)
    error = error_variance(weights)
    squares = weights * cleared(model, name, column[:, None], weights)[:, 0] ** 2
    freedom = _degrees_of_freedom(model, weights)
    ratio = float(freedom.sum() / squares.sum())
    of_ratio = (freedom - ratio * squares) / squares.sum()
    return WithinReliability(
        1 - error.value * ratio, -(ratio * error.parts + error.value * of_ratio)
    )


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
