"""Limits of agreement: how far two raters differ, in units of the scale.

Bias is the mean of second minus first. 95 % of the differences lie between the limits if they are
normal (Bland & Altman 1986, Lancet 327, 307–310). `trend` is the slope of the difference on the
mean of both raters; it is not 0 when one rater uses more of the scale.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.insights.statistics.estimate import (
    PLAIN,
    Estimate,
    Statistic,
    jackknife_estimate,
    weighted_mean,
)
from shared.insights.statistics.resampling import FloatArray

_NORMAL_975 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class LimitsOfAgreement:
    """The limits of one pair of raters."""

    bias: Estimate
    lower: Estimate
    upper: Estimate
    trend: Estimate

    def document(self) -> dict[str, Any]:
        return {
            "bias": self.bias.document(),
            "lower": self.lower.document(),
            "upper": self.upper.document(),
            "trend": self.trend.document(),
        }


def bland_altman(first: FloatArray, second: FloatArray) -> LimitsOfAgreement:
    """Limits of agreement over the videos that both rated."""
    both = ~(np.isnan(first) | np.isnan(second))
    a, b = first[both], second[both]
    difference, middle = b - a, (a + b) / 2
    n = len(difference)
    return LimitsOfAgreement(
        jackknife_estimate(weighted_mean(difference), n, PLAIN),
        jackknife_estimate(_limit(difference, -_NORMAL_975), n, PLAIN),
        jackknife_estimate(_limit(difference, _NORMAL_975), n, PLAIN),
        jackknife_estimate(_slope(middle, difference), n, PLAIN),
    )


def _limit(difference: FloatArray, quantile: float) -> Statistic:
    def statistic(weights: FloatArray) -> FloatArray:
        n = weights.sum(axis=1)
        mean = weights @ difference / n
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = (weights @ difference**2 - n * mean**2) / (n - 1)
            limit: FloatArray = mean + quantile * np.sqrt(np.maximum(variance, 0.0))
        return limit

    return statistic


def _slope(x: FloatArray, y: FloatArray) -> Statistic:
    def statistic(weights: FloatArray) -> FloatArray:
        n = weights.sum(axis=1)
        mean_x, mean_y = weights @ x / n, weights @ y / n
        spread = weights @ x**2 / n - mean_x**2
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = (weights @ (x * y) / n - mean_x * mean_y) / spread
            return np.where(spread > 1e-12, slope, np.nan)

    return statistic
