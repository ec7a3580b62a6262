"""How far the missing ratings would have to differ for the rate ratio to mean something else.

The counts of unrated videos exist; their ratings do not. Let each of them have its creator's mean
rating plus a shift. The likelihood of the Poisson model is concave, so the rating's coefficient has
the sign of its score at 0. That score is a straight line in the shift, so one fit without the
rating answers for every shift. (The method is the tipping-point analysis of sensitivity to data
missing not at random: Yan, Lee & Li 2009, J. Biopharm. Stat. 19(6), 1085–1098.)
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import exp, sqrt

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from scipy.special import ndtr  # type: ignore[import-untyped]

from shared.insights.statistics.absorption import Absorbed
from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.fixed_effects import independent, poisson_fixed_effects, shares
from shared.insights.statistics.products import applied, crossed
from shared.insights.statistics.resampling import BoolArray, FloatArray, Groups
from shared.insights.statistics.score_bootstrap import sign_flip_p
from shared.insights.statistics.within_correlation import exchange_variance

ALPHA = 0.05
HALVINGS = 12
STEPS = 50
"""Shifts that are tried on each side before the nearest change is located exactly."""


@dataclass(frozen=True)
class ModelData:
    """Counts `y` with all columns but the rating, log exposure, creators and weeks; rows alike."""

    y: FloatArray
    design: pd.DataFrame
    offset: FloatArray | None
    creators: Groups
    weeks: Groups | None = None

    @property
    def columns(self) -> FloatArray:
        return np.asarray(self.design, dtype=np.float64).reshape(len(self.y), -1)


@dataclass(frozen=True, slots=True)
class CountGap:
    """How the counts of unrated videos compare with those of rated ones of the same creators.

    `ratio` compares geometric means. `p` is two-sided: ratings that are missing by chance exchange
    the videos of each creator.
    """

    ratio: float
    p: float


@dataclass(frozen=True, slots=True)
class FindingChange:
    """From this shift on, in points, the finding is `becomes`: 1, 0 or -1."""

    shift: float
    becomes: int


@dataclass(frozen=True, slots=True)
class TippingPoint:
    """Which missing ratings would change the finding.

    `finding` is 1 or -1 for a significant coefficient of that sign, else 0; the missing ratings are
    at the means of their creators. `changes` has the nearest change on each side, the nearer one
    first, where a shift within the scale is enough. From `sign_changes_at` on the coefficient has
    the other sign. `signs` are those that it can have over all ratings of single videos within the
    scale, however chosen: exact bounds.
    """

    finding: int
    changes: tuple[FindingChange, ...]
    sign_changes_at: float | None
    signs: tuple[int, ...]


def count_gap(data: ModelData, is_missing: BoolArray) -> CountGap | None:
    """The gap of log(1 + y) less `offset` and controls, within creators; None without a pair.

    p comes from the variance over all exchanges of videos within creators, so it is exact in the
    limit of many exchanges whatever the distribution of the counts.
    """
    logs = np.log1p(data.y) - (0.0 if data.offset is None else data.offset)
    ones, absorbed = np.ones(len(logs)), Absorbed(data.creators)
    missing = absorbed.swept(is_missing.astype(np.float64)[:, None], ones)[:, 0]
    values = absorbed.swept(np.column_stack([logs, data.columns]), ones)
    counts, controls = values[:, 0], values[:, 1:]
    if controls.shape[1]:
        share = np.asarray(np.linalg.lstsq(controls, counts, rcond=None)[0], dtype=np.float64)
        counts = counts - applied(controls, share)
    spread, variance = float(missing @ missing), exchange_variance(missing, counts, data.creators)
    if spread <= 0 or variance <= 0:
        return None
    total = float(missing @ counts)
    return CountGap(exp(total / spread), float(2 * ndtr(-abs(total) / sqrt(variance))))


def tipping_point(data: ModelData, ratings: FloatArray, scale: tuple[float, float]) -> TippingPoint:
    """The nearest shifts that change the finding, and the bounds of the coefficient.

    `ratings` are NaN where they are missing; `scale` is the least and greatest rating.
    Raises NotEstimable when the model has no answer.
    """
    is_missing = np.isnan(ratings)
    expected = _expected(ratings, data.creators)
    line = _ScoreLine.of(data, expected, is_missing)
    reach = scale[1] - scale[0]
    changes = [_nearest_change(line.finding, side * reach) for side in (-1.0, 1.0)]
    return TippingPoint(
        finding=line.finding(0.0),
        changes=tuple(sorted(filter(None, changes), key=lambda change: abs(change.shift))),
        sign_changes_at=line.zero(reach),
        signs=_signs(line.residual, ratings, scale),
    )


def _signs(
    residual: FloatArray, ratings: FloatArray, scale: tuple[float, float]
) -> tuple[int, ...]:
    """The signs of Σ rating · residual when each missing rating is at the end that pulls most.

    The residuals sum to nothing with every other column, so this is the whole score.
    """
    is_missing = np.isnan(ratings)
    fixed = float((np.where(is_missing, 0.0, ratings) * residual).sum())
    pulls = residual[is_missing, None] * np.array(scale)
    ends = fixed + float(pulls.min(axis=1).sum()), fixed + float(pulls.max(axis=1).sum())
    return tuple(sign for sign, end in zip((-1, 1), ends, strict=True) if sign * end > 0)


@dataclass(frozen=True)
class _ScoreLine:
    """The creators' scores of the rating at a coefficient of 0, as a line in the shift.

    `residual` is each count less its mean without the rating, 0 for rows without information.
    """

    at_zero: FloatArray
    slopes: FloatArray
    residual: FloatArray

    @classmethod
    def of(cls, data: ModelData, expected: FloatArray, is_missing: BoolArray) -> "_ScoreLine":
        kept, mean, controls, absorbed = _without_rating(data)
        both = np.column_stack([expected, is_missing.astype(np.float64)])[kept]
        free = absorbed.swept(both, mean)
        if controls.shape[1]:
            weighted = controls * mean[:, None]
            share = np.linalg.solve(crossed(weighted, controls), crossed(weighted, free))
            free = free - controls @ share
        residual = data.y[kept] - mean
        scores = absorbed.creators.sums(free * residual[:, None])
        residuals = np.zeros(len(data.y))
        residuals[kept] = residual
        return cls(scores[:, 0], scores[:, 1], residuals)

    def zero(self, reach: float) -> float | None:
        slope = float(self.slopes.sum())
        shift = -float(self.at_zero.sum()) / slope if slope else np.inf
        return shift if abs(shift) <= reach else None

    def finding(self, shift: float) -> int:
        """1 or -1 for a significant coefficient of that sign, else 0."""
        scores = self.at_zero + shift * self.slopes
        total = float(scores.sum())
        return int(np.sign(total)) if sign_flip_p(scores, total) < ALPHA else 0


def _without_rating(data: ModelData) -> tuple[BoolArray, FloatArray, FloatArray, Absorbed]:
    """The model of the counts without the rating: rows used, means, free columns, effects."""
    absorbed, columns = Absorbed(data.creators, data.weeks), data.columns
    if columns.shape[1] and independent(absorbed.swept(columns, np.ones(len(data.y))), columns):
        fit = poisson_fixed_effects(data.y, data.design, data.offset, data.creators, data.weeks)
        return fit.kept, fit.mean, fit.free, fit.absorbed
    if data.weeks is not None:  # a fit needs a column, so the weeks are columns
        weeks = pd.get_dummies(data.weeks.codes, drop_first=True, dtype=float)
        return _without_rating(replace(data, design=weeks, weeks=None))
    kept = data.creators.sums(data.y)[data.creators.codes] > 0
    part = absorbed.where(kept)
    logs = np.zeros(len(data.y)) if data.offset is None else data.offset
    totals = part.creators.sums(data.y[kept])[part.creators.codes]
    mean = totals * shares(logs[kept], part.creators)
    return kept, mean, np.empty((len(mean), 0)), part


def _expected(ratings: FloatArray, creators: Groups) -> FloatArray:
    """The ratings; the creator's mean where one is missing, else the mean of all."""
    is_rated = ~np.isnan(ratings)
    if not is_rated.any():
        raise NotEstimable("no_values", "no video is rated")
    counts = creators.sums(is_rated.astype(np.float64))
    sums = creators.sums(np.where(is_rated, ratings, 0.0))
    means = np.where(counts > 0, sums / np.maximum(counts, 1), ratings[is_rated].mean())
    expected: FloatArray = np.where(is_rated, ratings, means[creators.codes])
    return expected


def _nearest_change(finding: Callable[[float], int], furthest: float) -> FindingChange | None:
    """The shift nearest to 0, on the way to the furthest, at which the finding is another one."""
    at_zero, inside = finding(0.0), 0.0
    for outside in np.linspace(furthest / STEPS, furthest, STEPS).tolist():
        if finding(outside) != at_zero:
            shift = _located(lambda shift: finding(shift) != at_zero, inside, outside)
            return FindingChange(shift, finding(shift))
        inside = outside
    return None


def _located(is_changed: Callable[[float], bool], inside: float, outside: float) -> float:
    """Bisection between a shift that changes nothing and a greater one that does."""
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if is_changed(middle) else (middle, outside)
    return outside
