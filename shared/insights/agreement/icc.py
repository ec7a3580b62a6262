"""Intraclass correlations of a complete table: videos by raters, both random (two-way model).

Names and formulas are McGraw & Wong's (1996, Psychol. Methods 1(1), 30–46): `A` is absolute
agreement, `C` consistency, `1` one rater's score, `k` the mean of all k.
"""

from dataclasses import dataclass

import numpy as np

from shared.insights.statistics.estimate import Estimate, intraclass, jackknife_estimate
from shared.insights.statistics.resampling import FloatArray


@dataclass(frozen=True, slots=True)
class MeanSquares:
    """Of videos, of raters, and of what is left, one for each weighting."""

    videos: FloatArray
    raters: FloatArray
    error: FloatArray
    n: FloatArray
    k: int


def mean_squares(table: FloatArray, weights: FloatArray) -> MeanSquares:
    """Mean squares of a table (n, k) without gaps under weights (b, n)."""
    k = table.shape[1]
    centred = table - table.mean()
    n = weights.sum(axis=1)
    of_videos = centred.mean(axis=1)
    grand = weights @ of_videos / n
    of_raters = weights @ centred / n[:, None]
    between = k * (weights @ of_videos**2 - n * grand**2)
    raters = n * ((of_raters - grand[:, None]) ** 2).sum(axis=1)
    total = weights @ (centred**2).sum(axis=1) - n * k * grand**2
    error = np.maximum(total - between - raters, 0.0)
    return MeanSquares(between / (n - 1), raters / (k - 1), error / ((n - 1) * (k - 1)), n, k)


def icc_a1(table: FloatArray, weights: FloatArray) -> FloatArray:
    """ICC(A,1): do single scores of different raters mean the same?"""
    of = mean_squares(table, weights)
    below = of.videos + (of.k - 1) * of.error + of.k / of.n * (of.raters - of.error)
    return _ratio(of.videos - of.error, below)


def icc_ak(table: FloatArray, weights: FloatArray) -> FloatArray:
    """ICC(A,k): the same of the mean of all k raters."""
    of = mean_squares(table, weights)
    return _ratio(of.videos - of.error, of.videos + (of.raters - of.error) / of.n)


def icc_c1(table: FloatArray, weights: FloatArray) -> FloatArray:
    """ICC(C,1): reliability of a single score where a constant shift does not matter."""
    of = mean_squares(table, weights)
    return _ratio(of.videos - of.error, of.videos + (of.k - 1) * of.error)


def iccs(table: FloatArray) -> tuple[Estimate, Estimate]:
    """ICC(A,1) and ICC(A,k) of a table (n, k) without gaps, with intervals.

    The second is an increasing function of the first, so its ends are the first's.
    """
    n, k = table.shape
    single = jackknife_estimate(lambda weights: icc_a1(table, weights), n, intraclass(k))
    average = None if single.estimate is None else float(icc_ak(table, np.ones((1, n)))[0])
    low, high = (_stepped_up(end, k) for end in (single.ci_low, single.ci_high))
    return single, Estimate(average, low, high, n, single.note)


def _stepped_up(icc: float | None, k: int) -> float | None:
    """Spearman–Brown: from one rater to the mean of k."""
    return None if icc is None else k * icc / (1 + (k - 1) * icc)


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.abs(below) > 1e-12, above / below, np.nan)
