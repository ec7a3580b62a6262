"""Power: the correlations that a sample can find, and the number of videos it takes."""

from math import atanh, ceil, sqrt, tanh

import numpy as np

from shared.insights.statistics.distributions import normal_cdf, normal_quantile, normal_tail, ranks
from shared.insights.statistics.resampling import FloatArray, Groups

RANK_INFLATION = 1.06
"""Variance of Fisher's z of Spearman's against Pearson's (Fieller, Hartley & Pearson 1957)."""

_Z = float(normal_quantile(0.975))


def icc1(values: FloatArray, groups: Groups) -> float | None:
    """ICC(1): the share of variance between creators, from a one-way analysis of variance.

    Creators of unequal size count as in Donner (1986, Int. Stat. Rev. 54(1), 67–82). It can be
    below 0. None if no creator has two videos, there is one creator, or nothing varies.
    """
    n, clusters = groups.n, groups.count
    if clusters < 2 or n <= clusters or np.ptp(values) == 0:
        return None
    centred = np.asarray(values, dtype=np.float64) - np.mean(values)
    centred = centred / np.abs(centred).max()
    means = groups.means(centred)
    between = float((groups.sizes * means**2).sum()) / (clusters - 1)
    within = float(((centred - means[groups.codes]) ** 2).sum()) / (n - clusters)
    size = (n - float((groups.sizes.astype(np.float64) ** 2).sum()) / n) / (clusters - 1)
    return (between - within) / (between + (size - 1) * within)


def design_effect(x: FloatArray, y: FloatArray, groups: Groups) -> float:
    """The factor by which clustering by creator raises the videos a correlation needs; >= 1.

    Kish's 1 + (m - 1) · ICC, with m = Σ m_g² / n, which weighs creators by their videos (Kish
    1965). The ICC is that of the product x·y: the product of both ICCs, on ranks and at least 0.
    """
    shares = [icc1(ranks(column), groups) for column in (x, y)]
    clustered = np.prod([max(0.0, share or 0.0) for share in shares])
    size = float((groups.sizes.astype(np.float64) ** 2).sum()) / groups.n
    return float(1 + (size - 1) * clustered)


def power_of_test(rho: float, n: int, design_effect: float = 1.0) -> float:
    """Chance to find Spearman's rho at two-sided .05 with n videos; from Fisher's z, in [0, 1]."""
    rows = n / _at_least_one(design_effect) - 3
    if rows <= 0:
        return 0.05
    shift = abs(atanh(_correlation(rho))) / sqrt(RANK_INFLATION / rows)
    return float(normal_tail(_Z - shift) + normal_cdf(-_Z - shift))


def n_needed(rho: float, power: float = 0.8, design_effect: float = 1.0) -> int:
    """Videos for this chance to find Spearman's rho at two-sided .05. ValueError at rho 0."""
    if _correlation(rho) == 0:
        raise ValueError("rho 0: no number of videos finds a correlation of zero")
    reach = (_Z + float(normal_quantile(_chance(power)))) / atanh(rho)
    return ceil(_at_least_one(design_effect) * (3 + RANK_INFLATION * reach**2))


def smallest_rho(n: int, power: float = 0.8, design_effect: float = 1.0) -> float | None:
    """The smallest Spearman's rho that n videos find with this chance; None if n is too small."""
    rows = n / _at_least_one(design_effect) - 3
    if rows <= 0:
        return None
    return tanh((_Z + float(normal_quantile(_chance(power)))) * sqrt(RANK_INFLATION / rows))


def _correlation(rho: float) -> float:
    if not -1 < rho < 1:
        raise ValueError(f"rho {rho}: between -1 and 1")
    return rho


def _chance(power: float) -> float:
    if not 0.05 < power < 1:
        raise ValueError(f"power {power}: above .05 and below 1")
    return power


def _at_least_one(design_effect: float) -> float:
    if not design_effect >= 1:
        raise ValueError(f"design effect {design_effect}: 1 or more")
    return design_effect
