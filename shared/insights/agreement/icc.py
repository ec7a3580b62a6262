"""Intraclass correlations of a complete table of videos by raters (two-way random model).

Names and formulas are from McGraw & Wong (1996, Psychol. Methods 1(1), 30–46): `A` is absolute
agreement, `1` is the score of one rater, `k` the mean of all k raters.
"""

from dataclasses import dataclass

import numpy as np

from shared.insights.statistics.estimate import Estimate, intraclass, jackknife_estimate
from shared.insights.statistics.resampling import FloatArray


@dataclass(frozen=True, slots=True)
class MeanSquares:
    """Mean ms of videos, raters and error, one of each per weighting."""

    videos: FloatArray
    raters: FloatArray
    error: FloatArray
    n: FloatArray
    k: int


def mean_squares(table: FloatArray, weights: FloatArray) -> MeanSquares:
    """Mean ms of a table (n, k) without gaps under weights (b, n)."""
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
    """ICC(A,1): absolute agreement of single scores."""
    ms = mean_squares(table, weights)
    below = ms.videos + (ms.k - 1) * ms.error + ms.k / ms.n * (ms.raters - ms.error)
    return _ratio(ms.videos - ms.error, below)


def icc_ak(table: FloatArray, weights: FloatArray) -> FloatArray:
    """ICC(A,k): absolute agreement of the mean of all k raters."""
    ms = mean_squares(table, weights)
    return _ratio(ms.videos - ms.error, ms.videos + (ms.raters - ms.error) / ms.n)


def iccs(table: FloatArray) -> tuple[Estimate, Estimate]:
    """ICC(A,1) and ICC(A,k) of a table (n, k) without gaps, with intervals.

    ICC(A,k) is an increasing function of ICC(A,1), so the ends of its interval are transformed.
    """
    n, k = table.shape
    single = jackknife_estimate(lambda weights: icc_a1(table, weights), n, intraclass(k))
    average = None if single.estimate is None else float(icc_ak(table, np.ones((1, n)))[0])
    low, high = (_stepped_up(end, k) for end in (single.ci_low, single.ci_high))
    return single, Estimate(average, low, high, n, single.note)


def _stepped_up(icc: float | None, k: int) -> float | None:
    """Spearman–Brown: from the ICC of one rater to the ICC of the mean of k."""
    return None if icc is None else k * icc / (1 + (k - 1) * icc)


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.abs(below) > 1e-12, above / below, np.nan)
