"""The interval and p of a rate ratio by flipping the signs of the creators' scores.

Estimate ± t standard errors fails for counts of videos: a creator with one viral post moves the
estimate and its standard error together. With t on creators - 1 such intervals cover .86 to .92
instead of .95 (`make study`). So each value is tested under the assumption that it is true. Then
each creator's score is as likely negative as positive, whatever its size, and the sum of the
scores is one of 2^G sums with other signs. That is the score bootstrap of Kline & Santos (2012, J.
Econom. Methods 1(1), 23–41) with Rademacher weights, in the limit of infinitely many draws. The
interval holds the values that are not rejected at .05.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Self

import numpy as np
from scipy.optimize import brentq  # type: ignore[import-untyped]
from scipy.special import ndtr  # type: ignore[import-untyped]

from shared.insights.statistics.count_models import Model
from shared.insights.statistics.products import applied, signed_sums
from shared.insights.statistics.resampling import FloatArray, Groups

ALPHA = 0.05
FURTHEST_SE = 1_000.0
"""The search for an end of the interval stops after so many standard errors."""

_FIRST_STEP_SE, _GROWTH = 1.0, 1.5
_ENUMERATED = 12
_MOST_CORRECTED = 1e3
"""The correction is capped: a creator who alone determines a coefficient has no residual."""

_WEAK = 0.02
"""Creators with less leverage are corrected by four terms of a series (error 1e-7) instead of by
eigenvectors. At most columns / .02 creators have more."""

_SERIES = (1 / 2, 3 / 8, 5 / 16, 35 / 128)
_LARGEST_PREDICTOR = 300.0

_END_TOLERANCE = 1e-9
"""Of the step in which an end lies."""

_TIE = 1 - 1e-9
"""Sums that differ by less from the observed one differ by rounding."""


@dataclass(frozen=True)
class ScoreInterval:
    """The 95 % interval of one coefficient and its p; None for an end that does not exist."""

    low: float | None
    high: float | None
    p: float

    def divided_by(self, unit: float) -> Self:
        """The interval of the coefficient divided by `unit` > 0."""
        low, high = (None if end is None else end / unit for end in (self.low, self.high))
        return type(self)(low, high, self.p)


@dataclass(frozen=True)
class FlippedSums:
    """The sums Σ ± score for all signs of the largest scores, and what they are compared with.

    `aims` are the sizes that count as far as the observed sum, for each choice of signs or for all
    alike. `spread` is the standard deviation of what the other scores add; it is taken as normal.
    `scores` is the number of scores that are not zero.
    """

    sums: FloatArray
    aims: FloatArray | float
    spread: float
    scores: int

    @property
    def p(self) -> float:
        """The share of sums that are at least as far from zero as the observed one.

        Without other scores it is exact. It is never below 2^(1 - scores) with them, the chance
        that all signs are alike.
        """
        if self.spread == 0:
            return float((np.abs(self.sums) >= self.aims * _TIE).mean())
        further = ndtr((self.sums - self.aims) / self.spread)
        further += ndtr((-self.sums - self.aims) / self.spread)
        return min(1.0, max(2.0 ** (1 - self.scores), float(further.mean())))

    @property
    def excess(self) -> float:
        """Below 0 where p is below .05, and continuous in the tested value.

        Without other scores p is a staircase. So the sum decides that is the last one of the
        largest twentieth: by how much it is further from zero than the observed one.
        """
        if self.spread > 0:
            return self.p - ALPHA
        margins = np.abs(self.sums) - self.aims * _TIE
        last = len(margins) - ceil(ALPHA * len(margins))
        return float(np.partition(margins, last)[last])


NOTHING_OBSERVED = FlippedSums(np.ones(1), 0.0, 0.0, 0)
"""Every sum is at least as far from zero as one of zero."""


class Interval95:
    """A test of any value of a coefficient, inverted: the interval holds what is not rejected."""

    def tests(self, value: float) -> Sequence[FlippedSums]:
        """The tests of the hypothesis that the coefficient is `value`; the largest p counts."""
        raise NotImplementedError

    def p(self, value: float) -> float:
        """The p value of the hypothesis that the coefficient is `value`."""
        return max(test.p for test in self.tests(value))

    def around(self, estimate: float, se: float) -> ScoreInterval:
        """The interval, searched outwards from the estimate in steps of about `se`."""

        @cache  # brentq begins with both ends of a step, which the search has tested
        def excess(value: float) -> float:
            return max(test.excess for test in self.tests(value))

        low, high = (_end(excess, estimate, side * se) for side in (-1.0, 1.0))
        return ScoreInterval(low, high, self.p(0.0))


def _end(excess: Callable[[float], float], estimate: float, step: float) -> float | None:
    """The first rejected value on one side; None without one.

    Zero is always tried, so the interval leaves out zero exactly when its p is below .05.
    """
    inside = estimate
    if (step > 0) == (estimate < 0.0):
        if excess(0.0) < 0:
            return _crossing(excess, inside, 0.0)
        inside = 0.0
    reach = _FIRST_STEP_SE
    while reach < FURTHEST_SE:
        outside = inside + reach * step
        if excess(outside) < 0:
            return _crossing(excess, inside, outside)
        inside, reach = outside, _GROWTH * reach
    return None


def _crossing(excess: Callable[[float], float], inside: float, outside: float) -> float:
    return float(brentq(excess, inside, outside, xtol=_END_TOLERANCE * abs(outside - inside)))


class ScoreBootstrap(Interval95):
    """The test for one column of the design, given the model fitted to all of them.

    Other coefficients follow the tested value to first order, along the part of the column that
    they do not explain. The score is orthogonal to them, so a refit would change it at second
    order only (Neyman's C(α), 1959). The fit shrinks each creator's residuals; they are corrected
    as by Kauermann & Carroll (2001, J. Am. Stat. Assoc. 96, 1387–1396).
    """

    def __init__(
        self,
        column: int,
        x: FloatArray,
        y: FloatArray,
        model: Model,
        information: FloatArray,
        groups: Groups,
    ):
        """`information` is each creator's Σ weights x x', (clusters, k, k)."""
        others = [index for index in range(x.shape[1]) if index != column]
        total = information.sum(axis=0)
        share = np.linalg.solve(total[np.ix_(others, others)], total[others, column])
        within = information[:, others][:, :, others]
        across = information[:, others, column] - within @ share
        lever = leverage_corrections(within, across, np.linalg.inv(total[np.ix_(others, others)]))
        other_columns = x[:, others]
        self._free: FloatArray = x[:, column] - applied(
            other_columns, np.asarray(share, dtype=np.float64)
        )
        self._corrected = self._free + np.einsum("ik,ik->i", other_columns, lever[groups.codes])
        self._predictor = np.log(model.mean)
        self._y, self._alpha, self._groups = y, model.alpha, groups
        self._estimate = float(model.beta[column])

    def tests(self, value: float) -> Sequence[FlippedSums]:
        """The test of the hypothesis that the coefficient is `value`."""
        predictor = self._predictor + (value - self._estimate) * self._free
        mean = np.exp(np.clip(predictor, -_LARGEST_PREDICTOR, _LARGEST_PREDICTOR))
        residual = (self._y - mean) / (1 + self._alpha * mean)
        total = float(np.einsum("i,i->", self._free, residual))
        return [flipped_sums(self._groups.sums(self._corrected * residual), total)]

    def interval(self, se: float) -> ScoreInterval:
        """The interval, searched outwards from the estimate in steps of about `se`."""
        return self.around(self._estimate, se)


def sign_flip_p(scores: FloatArray, total: float) -> float:
    """The share of sums Σ ± |score| that are at least as far from zero as `total`."""
    return flipped_sums(scores, total).p


def flipped_sums(scores: FloatArray, total: float) -> FlippedSums:
    """The sums Σ ± |score|, to compare with `total`.

    The signs of the 12 largest scores are enumerated. The sum of the others is taken as normal,
    which is right to within 1 % of p = .05.
    """
    sizes = np.sort(np.abs(scores[scores != 0]))[::-1]
    if not len(sizes) or total == 0:
        return NOTHING_OBSERVED
    sizes, aim = sizes / sizes[0], abs(total) / float(sizes[0])
    spread = float(np.sqrt((sizes[_ENUMERATED:] ** 2).sum()))
    return FlippedSums(signed_sums(sizes[:_ENUMERATED]), aim, spread, len(sizes))


def leverage_corrections(within: FloatArray, across: FloatArray, bread: FloatArray) -> FloatArray:
    """The leverage correction of each creator by the other columns, (clusters, k - 1).

    P' (I - H)^(-1/2) r = P' r + across' B φ(A B) Z' r with φ(λ) = ((1 - λ)^(-1/2) - 1) / λ, where
    A is `within`, B is `bread`, and Z' r the creator's scores of the other columns.
    """
    strong = np.einsum("gij,ji->g", within, bread) > _WEAK
    levers: FloatArray = np.empty_like(across)
    levers[~strong] = _by_series(within[~strong], across[~strong], bread)
    levers[strong] = _by_eigenvectors(within[strong], across[strong], bread)
    return levers


def _by_series(within: FloatArray, across: FloatArray, bread: FloatArray) -> FloatArray:
    term: FloatArray = across @ bread
    series = _SERIES[0] * term
    for factor in _SERIES[1:]:
        term = np.einsum("gi,gij->gj", term, within) @ bread
        series = series + factor * term
    return series


def _by_eigenvectors(within: FloatArray, across: FloatArray, bread: FloatArray) -> FloatArray:
    root = np.linalg.cholesky(bread)
    shares, axes = np.linalg.eigh(root.T @ within @ root)
    unexplained = np.maximum(1 - shares, _MOST_CORRECTED**-2)
    factors = np.where(shares > 1e-9, (unexplained**-0.5 - 1) / np.maximum(shares, 1e-9), 0.5)
    turned = np.einsum("gji,gj->gi", axes, across @ root) * factors
    levers: FloatArray = np.einsum("gij,gj->gi", axes, turned) @ root.T
    return levers
