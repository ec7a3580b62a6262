"""Inverted U, interactions, and associations within bands of another column."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.statistics.distributions import ranks, t_quantile, t_tail
from shared.insights.statistics.effect import Effect, NotEstimable, TooFew
from shared.insights.statistics.pairs import ColumnPair
from shared.insights.statistics.products import applied
from shared.insights.statistics.rate_ratios import rate_ratios
from shared.insights.statistics.resampling import BoolArray, FloatArray, Groups
from shared.insights.statistics.spearman import spearman
from shared.insights.statistics.splines import (
    intercept_and_controls,
    least_squares,
    restricted_cubic,
)
from shared.processes import IN_THIS_PROCESS, Processes

FEWEST_DISTINCT = 6
"""A predictor with fewer distinct values is not tested for an inverted U."""

_MIDDLE = (0.10, 0.90)
"""The peak is searched between these quantiles: every line has its maximum at an end."""


@dataclass(frozen=True, slots=True)
class TwoLines:
    """A line below the breakpoint and one above, and whether they rise and then fall.

    Estimates are percentile points of the outcome (0 to 100) per unit of the predictor.
    """

    low: Effect
    high: Effect
    breakpoint: float
    inverted: bool
    note: str | None = None


def inverted_u(
    x: FloatArray,
    y: FloatArray,
    groups: Groups,
    controls: pd.DataFrame | None = None,
    predictor: str = "x",
    outcome: str = "y",
    scale: str = "count",
) -> TwoLines:
    """The two-lines test of Simonsohn (2018, Adv. Meth. Pract. Psych. Sci. 1(4), 538–555).

    It finds an inverted U only if the slope is above zero before the breakpoint and below zero
    after it, each at .05. The breakpoint comes from his Robin Hood rule: from the flat region of a
    restricted cubic spline, moved to give the weaker line more rows. Two things differ from the
    paper: the outcome is its percentile rank (counts have no usable mean), and errors are by
    creator (CR3, t on creators - 1). Raises TooFew below FEWEST_DISTINCT values, NotEstimable
    without a peak that has rows on both sides.
    """
    x = np.asarray(x, dtype=np.float64)
    if len(np.unique(x)) < FEWEST_DISTINCT:
        raise TooFew(f"{predictor} takes fewer than {FEWEST_DISTINCT} values: no bend to look for")
    if groups.count < 2:
        raise TooFew("a bend needs 2 creators or more")
    if np.ptp(y) == 0:
        raise NotEstimable("constant", f"{outcome} is the same in every row")
    percentile = 100 * (ranks(y) - 0.5) / len(y)  # equal outcomes share a percentile
    fixed = intercept_and_controls(controls, len(x))
    flat = _plateau(x, percentile, fixed, groups)
    at = float(np.median(flat))
    first = [line.t for line in _lines(x, percentile, fixed, groups, at)]
    weight = abs(first[1]) / (abs(first[0]) + abs(first[1])) if any(first) else 0.5
    at = float(np.quantile(flat, weight, method="inverted_cdf"))
    low, high = _lines(x, percentile, fixed, groups, at)
    rows = [
        line.effect(predictor, outcome, scale, f"two_lines_{side}", groups)
        for side, line in (("low", low), ("high", high))
    ]
    return TwoLines(rows[0], rows[1], at, _rises_then_falls(rows[0], rows[1]))


def interaction(
    y: FloatArray,
    design: pd.DataFrame,
    a: str,
    b: str,
    offset: FloatArray | None,
    groups: Groups,
    outcome: str,
    scale: str = "count",
) -> Effect:
    """The change of the log rate ratio of `a` per unit of `b`, by `gee_nb`.

    Both columns of the design are centred at their means before they are multiplied, so their
    own coefficients keep their meaning. Raises as `rate_ratios` does.
    """
    name = f"{a} × {b}"
    crossed = design.astype(float)
    for column in (a, b):
        crossed[column] = crossed[column] - crossed[column].mean()
    crossed[name] = crossed[a] * crossed[b]
    effect = rate_ratios(y, crossed, offset, groups, [name]).effect(name, outcome, scale)
    return replace(effect, method="gee_nb_interaction")


@dataclass(frozen=True, slots=True)
class Band:
    """An association among the videos with `low` <= by < `high` (None: no end)."""

    low: float
    high: float | None
    effect: Effect


def profile(
    frame: pd.DataFrame,
    pair: ColumnPair,
    by: str,
    edges: Sequence[float],
    groups: Groups,
    resamples: int,
    seed: int,
    processes: Processes = IN_THIS_PROCESS,
) -> tuple[Band, ...]:
    """Spearman's correlation within bands of another column, such as seconds of duration.

    `edges` rise; the last band has no end, and rows below the first edge are in none. A band with
    too few rows or creators has an Effect of None with a note.
    """
    if list(edges) != sorted(set(edges)) or not edges:
        raise ValueError(f"edges {list(edges)}: rising numbers")
    values = np.asarray(frame[by], dtype=np.float64)
    bands = []
    for low, high in zip(edges, [*edges[1:], None], strict=True):
        inside = (values >= low) & (values < (np.inf if high is None else high))
        settings = resamples, seed, processes
        bands.append(Band(low, high, _within(frame, pair, inside, groups, *settings)))
    return tuple(bands)


def _within(
    frame: pd.DataFrame,
    pair: ColumnPair,
    inside: BoolArray,
    groups: Groups,
    resamples: int,
    seed: int,
    processes: Processes,
) -> Effect:
    some = groups.where(inside)
    try:
        return spearman(frame[inside], [pair], some, resamples, seed, processes=processes)[0]
    except TooFew as error:
        return _no_effect(
            pair.predictor, pair.outcome, "spearman", pair.scale, some, error.sentence
        )


@dataclass(frozen=True, slots=True)
class _Line:
    slope: float | None
    se: float | None
    note: str | None = None

    @property
    def t(self) -> float:
        return self.slope / self.se if self.slope is not None and self.se else 0.0

    def effect(
        self, predictor: str, outcome: str, scale: str, method: str, groups: Groups
    ) -> Effect:
        blank = _no_effect(predictor, outcome, method, scale, groups, self.note)
        if self.slope is None or self.se is None:
            return replace(blank, estimate=self.slope)
        df = groups.count - 1
        reach = float(t_quantile(0.975, df)) * self.se
        return replace(
            blank,
            estimate=self.slope,
            se=self.se,
            ci_low=self.slope - reach,
            ci_high=self.slope + reach,
            p=float(2 * t_tail(abs(self.t), df)),
            interval="sandwich",
            df=float(df),
        )


def _no_effect(
    predictor: str, outcome: str, method: str, scale: str, groups: Groups, note: str | None
) -> Effect:
    nothing = (None,) * 6
    return Effect(
        predictor, outcome, method, scale, *nothing, n=groups.n, clusters=groups.count, note=note
    )


def _rises_then_falls(low: Effect, high: Effect) -> bool:
    if low.estimate is None or high.estimate is None or low.p is None or high.p is None:
        return False
    return low.estimate > 0 > high.estimate and low.p < 0.05 and high.p < 0.05


def _plateau(x: FloatArray, y: FloatArray, fixed: FloatArray, groups: Groups) -> FloatArray:
    """Values of x where a spline is within one standard error of its interior peak."""
    basis = restricted_cubic(x)
    design = np.column_stack([fixed, basis])
    beta, covariance = least_squares(design, y, groups)
    if covariance is None:
        raise NotEstimable("few_creators", "one creator alone decides the curve: no bend to test")
    k = fixed.shape[1]
    low, high = np.quantile(x, _MIDDLE)
    middle = (x >= low) & (x <= high)
    curve = applied(basis[middle], beta[k:])
    peak = int(curve.argmax())
    # The standard error of the fitted height at the peak, controls held at their means.
    at_peak = np.concatenate([np.eye(k)[0], basis[middle][peak]])
    se = float(np.sqrt(max(0.0, at_peak @ covariance @ at_peak)))
    flat: FloatArray = np.sort(x[middle][curve >= curve[peak] - se])
    return flat


def _lines(
    x: FloatArray, y: FloatArray, fixed: FloatArray, groups: Groups, at: float
) -> tuple[_Line, _Line]:
    """The lines below and above. Rows at the breakpoint count with the line that is estimated."""
    low = _line(x, y, fixed, groups, at, x > at, above=False)
    high = _line(x, y, fixed, groups, at, x >= at, above=True)
    return low, high


def _line(
    x: FloatArray,
    y: FloatArray,
    fixed: FloatArray,
    groups: Groups,
    at: float,
    upper: BoolArray,
    above: bool,
) -> _Line:
    side = "above" if above else "below"
    for part in (upper, ~upper):
        if len(np.unique(x[part])) < 2:
            return _Line(None, None, f"too few values {side} {at:g} for a line")
    unit = x.std()
    away = (x - at) / unit
    design = np.column_stack([fixed, away * ~upper, away * upper, upper.astype(float)])
    beta, covariance = least_squares(design, y, groups)
    coefficient = fixed.shape[1] + (1 if above else 0)
    slope = float(beta[coefficient] / unit)
    if covariance is None or not covariance[coefficient, coefficient] > 0:
        return _Line(slope, None, f"one creator alone decides the line {side} {at:g}")
    return _Line(slope, float(np.sqrt(covariance[coefficient, coefficient]) / unit))
