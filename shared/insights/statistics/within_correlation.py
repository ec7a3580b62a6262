"""The rank correlation of two columns within creators, and whether it may be chance."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from shared.insights.statistics.distributions import normal_tail, ranks, t_tail
from shared.insights.statistics.resampling import FloatArray, Groups


@dataclass(frozen=True, slots=True)
class WithinCorrelation:
    """`rho` in [-1, 1]; `p` two-sided; `n` and `creators` behind it."""

    rho: float
    p: float
    n: int
    creators: int


def within_correlation(x: FloatArray, y: FloatArray, groups: Groups) -> WithinCorrelation | None:
    """Correlation of the ranks of x and y, less each creator's mean rank; None if one is constant.

    p is the larger of two. The first exchanges the videos of each creator (the variance over all
    permutations within creators, which is exact; Wald & Wolfowitz 1944). The second lets creators
    vary, because a creator's videos in time are alike. With one creator only the first exists.
    """
    a, b = (_centred(ranks(values), groups) for values in (x, y))
    squares = float((a * a).sum()), float((b * b).sum())
    several = groups.sizes > 1
    if min(squares) <= 0 or not several.any():
        return None
    products = groups.sums(a * b)
    total = float(products.sum())
    p = _p(total, exchange_variance(a, b, groups), None)
    creators = int(several.sum())
    if creators > 1:
        p = max(p, _p(total, float((products * products).sum()), creators - 1))
    rho = total / sqrt(squares[0]) / sqrt(squares[1])
    return WithinCorrelation(rho, p, int(groups.sizes[several].sum()), creators)


def exchange_variance(a: FloatArray, b: FloatArray, groups: Groups) -> float:
    """Variance of Σ a·b when the videos of each creator are exchanged; both centred by creator."""
    squares = groups.sums(a * a) * groups.sums(b * b)
    return float((squares / np.maximum(groups.sizes - 1, 1)).sum())


def _centred(values: FloatArray, groups: Groups) -> FloatArray:
    centred: FloatArray = values - groups.means(values)[groups.codes]
    return centred


def _p(total: float, variance: float, df: int | None) -> float:
    if variance <= 0:
        return 1.0
    ratio = abs(total) / sqrt(variance)
    return float(2 * (normal_tail(ratio) if df is None else t_tail(ratio, df)))
