"""The outcome along the scale of a rating: a smooth curve, and quartiles by tenths."""

from dataclasses import dataclass

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.statistics.distributions import ranks, t_quantile
from shared.insights.statistics.effect import NotEstimable, TooFew
from shared.insights.statistics.nonlinearity import FEWEST_DISTINCT
from shared.insights.statistics.resampling import FloatArray, Groups
from shared.insights.statistics.splines import (
    intercept_and_controls,
    least_squares,
    restricted_cubic,
)

TENTHS = 10
_ENDS = (0.025, 0.975)
"""The curve runs between these quantiles: hardly any video supports it beyond them."""


@dataclass(frozen=True, slots=True)
class Point:
    """The curve at `x`: the outcome's percentile (0–100) and its 95 % interval."""

    x: float
    estimate: float
    ci_low: float
    ci_high: float


def dose_curve(
    x: FloatArray,
    y: FloatArray,
    groups: Groups,
    controls: pd.DataFrame | None = None,
    points: int = 15,
) -> tuple[Point, ...]:
    """Percentile rank of y along x by a restricted cubic spline (4 knots), controls at their means.

    The band is pointwise, with errors by creator (CR3, t on creators - 1). Raises TooFew when x
    takes fewer than FEWEST_DISTINCT values, NotEstimable when y is constant or one creator alone
    decides the curve.
    """
    x = np.asarray(x, dtype=np.float64)
    if len(np.unique(x)) < FEWEST_DISTINCT:
        raise TooFew(f"the rating takes fewer than {FEWEST_DISTINCT} values: no curve to draw")
    if np.ptp(y) == 0:
        raise NotEstimable("constant", "the outcome is the same in every row")
    percentile = 100 * (ranks(y) - 0.5) / len(y)
    fixed = intercept_and_controls(controls, len(x))
    basis = restricted_cubic(x)
    beta, covariance = least_squares(np.column_stack([fixed, basis]), percentile, groups)
    if covariance is None:
        raise NotEstimable("few_creators", "one creator alone decides the curve")
    t = float(t_quantile(0.975, groups.count - 1))
    curve = []
    for row in _evenly_spaced_rows(x, points):
        at = np.concatenate([np.eye(fixed.shape[1])[0], basis[row]])
        middle = float(at @ beta)
        reach = t * float(np.sqrt(max(0.0, at @ covariance @ at)))
        curve.append(Point(float(x[row]), middle, middle - reach, middle + reach))
    return tuple(curve)


def _evenly_spaced_rows(x: FloatArray, points: int) -> list[int]:
    """Rows whose x are evenly spread over the range of most videos, each x once."""
    low, high = np.quantile(x, _ENDS)
    targets = np.linspace(low, high, points)
    nearest = [int(np.abs(x - value).argmin()) for value in targets]
    return list({float(x[row]): row for row in nearest}.values())


@dataclass(frozen=True, slots=True)
class Tenth:
    """A tenth of the videos by rating: its scores, and the middle half of its outcomes."""

    number: int
    low: float
    high: float
    median: float
    quartile_low: float
    quartile_high: float
    n: int
    clusters: int


def tenths(x: FloatArray, y: FloatArray, groups: Groups) -> tuple[Tenth, ...]:
    """The outcome by tenths of the rating. Equal ratings stay together, so tenths differ in size.

    A video with average rank r of n is in tenth ⌊10 (r - ½) / n⌋ + 1.
    """
    tenth_of_row = np.floor(TENTHS * (ranks(x) - 0.5) / len(x)).astype(int)
    parts = []
    for number in range(TENTHS):
        inside = tenth_of_row == number
        if not inside.any():
            continue
        low, median, high = np.quantile(y[inside], (0.25, 0.5, 0.75))
        parts.append(
            Tenth(
                number + 1,
                float(x[inside].min()),
                float(x[inside].max()),
                float(median),
                float(low),
                float(high),
                int(inside.sum()),
                len(np.unique(groups.codes[inside])),
            )
        )
    return tuple(parts)
