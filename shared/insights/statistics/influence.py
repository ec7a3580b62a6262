"""The influence of each creator on Spearman's correlation."""

from dataclasses import dataclass

import numpy as np

from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.resampling import FloatArray, Groups, IntArray
from shared.insights.statistics.weighted_ranks import WeightedRanks, correlations, moments

EXACT_UP_TO = 200
"""So many creators, those with the largest one-step influence, are left out exactly."""


@dataclass(frozen=True, slots=True)
class Influence:
    """The correlation without one creator; `exact` unless it is the one-step approximation.

    `estimate_without` and `change` (without less with) are None if nothing else varies.
    """

    cluster: str
    n: int
    estimate_without: float | None
    change: float | None
    exact: bool


def influence(x: FloatArray, y: FloatArray, groups: Groups) -> tuple[Influence, ...]:
    """Every creator's influence on Spearman's correlation, the largest |change| first.

    One step along the influence function (Hampel 1974, J. Am. Stat. Assoc. 69, 383–393) for all
    creators takes O(n log n). Then the EXACT_UP_TO largest are left out exactly. Raises
    NotEstimable if a column is constant.
    """
    ranked = WeightedRanks([np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)])
    estimate = _rho(ranked, np.ones(groups.n))
    if np.isnan(estimate):
        raise NotEstimable("constant", "a column is constant, so no creator has an influence")
    steps = -groups.sums(one_step(ranked, groups.n))
    closest = np.lexsort((np.arange(groups.count), -np.abs(steps)))[:EXACT_UP_TO]
    exact = {int(code): _rho(ranked, (groups.codes != code).astype(np.float64)) for code in closest}
    influences = [
        _influence_of(groups, code, estimate, float(steps[code]), exact)
        for code in range(groups.count)
    ]
    return tuple(
        sorted(influences, key=lambda creator: (-abs(creator.change or 0.0), creator.cluster))
    )


def one_step(ranked: WeightedRanks, n: int) -> FloatArray:
    """Derivative of Spearman's correlation by each row's weight, at weights 1.

    With d the doubled centred ranks, more weight on row i moves d_j by sign(x_j - x_i).
    """
    x, y = ranked.at(np.ones((1, n)))[:, 0].copy()
    first, second = ranked.codes
    cross = x * y + _shift(first, y) + _shift(second, x)
    square_x = x * x + 2 * _shift(first, x)
    square_y = y * y + 2 * _shift(second, y)
    scale_x, scale_y = float((x * x).sum()), float((y * y).sum())
    rho = float((x * y).sum()) / np.sqrt(scale_x) / np.sqrt(scale_y)
    slope: FloatArray = cross / np.sqrt(scale_x) / np.sqrt(scale_y)
    slope -= rho / 2 * (square_x / scale_x + square_y / scale_y)
    return slope


def _shift(codes: IntArray, other: FloatArray) -> FloatArray:
    """Σ_j sign(x_j - x_i) · other_j for each row i; `other` sums to zero."""
    sums: FloatArray = np.bincount(codes, weights=other).astype(np.float64, copy=False)
    shift: FloatArray = (sums - 2 * np.cumsum(sums))[codes]
    return shift


def _rho(ranked: WeightedRanks, weights: FloatArray) -> float:
    products = moments(ranked.at(weights[None]), weights[None])
    return float(correlations(products, [(0, 1)])[0, 0])


def _influence_of(
    groups: Groups, code: int, estimate: float, step: float, exact: dict[int, float]
) -> Influence:
    name, size = groups.names[code], int(groups.sizes[code])
    without = exact.get(code, min(1.0, max(-1.0, estimate + step)))
    if np.isnan(without):
        return Influence(name, size, None, None, True)
    return Influence(name, size, without, without - estimate, code in exact)
