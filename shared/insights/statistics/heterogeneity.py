"""How much estimates differ between creators: random-effects meta-analysis.

Each creator has an estimate b with a known sampling variance v. True values are taken as normal
around a common mean with variance τ² (Paule & Mandel 1982, J. Res. Natl. Bur. Stand. 87, 377–385).
"""

from dataclasses import dataclass

import numpy as np

from shared.insights.statistics.distributions import (
    chi2_quantile,
    chi2_tail,
    normal_quantile,
    t_quantile,
)
from shared.insights.statistics.effect import TooFew
from shared.insights.statistics.interval import CONFIDENCE
from shared.insights.statistics.resampling import FloatArray

FEWEST_CREATORS = 5
"""With fewer creators nothing is said about how they differ."""

_TAU2_GRID = 61
_NORMAL_GRID = 101
_MOST_STEPS, _TOLERANCE, _NO_FALL = 200, 1e-13, 1e-300
_TAIL = (1 - CONFIDENCE) / 2


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends of a 95 % interval, on the scale of the estimates."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class VarianceBetween:
    """The variance of true values between creators, τ².

    `tau2_quantiles` are evenly spaced quantiles of its confidence distribution. `shared` is the
    variance of an error that all estimates have in common; it says nothing about τ².
    """

    tau2: float
    tau2_quantiles: FloatArray
    shared: float


@dataclass(frozen=True, slots=True)
class Heterogeneity(VarianceBetween):
    """The distribution of true values over creators.

    `tau2_ends` is the interval of τ² (Q-profile). `q` is Cochran's Q with `creators` - 1 degrees of
    freedom, `p` its probability if all creators have one value, and `i2` in [0, 1] the
    share of Q beyond that. `mean` has its interval in `mean_ends`. `prediction` is to hold the
    value of a new creator in 95 % of samples. `prediction_hts` is the shorter interval of Higgins,
    Thompson & Spiegelhalter (2009), which takes τ² as known. The common error is in the intervals.
    """

    creators: int
    tau2_ends: Ends
    q: float
    p: float
    i2: float
    mean: float
    mean_se: float
    mean_ends: Ends
    prediction: Ends
    prediction_hts: Ends


def heterogeneity(
    estimates: FloatArray,
    variances: FloatArray,
    shared: float = 0.0,
    predicted_from: FloatArray | None = None,
) -> Heterogeneity:
    """How estimates with these variances differ; `shared` is that of their common error.

    `prediction` and the quantiles of τ² come from the variances `predicted_from` (default: all from
    the same). Raises TooFew for under 5 creators, ValueError for a variance that is not above 0.
    """
    profile, unit = _profile(estimates, variances, shared)
    wider = (
        (profile, unit) if predicted_from is None else _profile(estimates, predicted_from, shared)
    )
    quantiles = wider[0].tau2_quantiles()
    return _in_units(
        profile,
        unit,
        prediction=_times(wider[0].prediction(quantiles), wider[1]),
        tau2_quantiles=quantiles * wider[1] ** 2,
    )


def variance_between(estimates: FloatArray, variances: FloatArray) -> VarianceBetween:
    """τ² alone, which takes a tenth of the time of `heterogeneity`. Raises as it does."""
    profile, unit = _profile(estimates, variances, 0.0)
    return VarianceBetween(profile.tau2 * unit**2, profile.tau2_quantiles() * unit**2, 0.0)


def _profile(
    estimates: FloatArray, variances: FloatArray, shared: float
) -> tuple["_Profile", float]:
    """The profile in units of the typical error, and that error.

    So the search for τ² starts at the same scale for all data.
    """
    b, v = np.asarray(estimates, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if len(b) < FEWEST_CREATORS:
        raise TooFew(f"{len(b)} creators with an estimate; it takes {FEWEST_CREATORS}")
    if not (np.isfinite(b).all() and np.isfinite(v).all() and (v > 0).all()):
        raise ValueError("estimates must be finite, variances finite and above 0")
    unit = float(np.median(v))
    return _Profile(b / np.sqrt(unit), v / unit, shared / unit), float(np.sqrt(unit))


def shrunken(
    estimates: FloatArray, variances: FloatArray, over: VarianceBetween
) -> tuple[FloatArray, FloatArray]:
    """Each creator's estimate moved towards the mean, and its standard error (empirical Bayes).

    Both are averages over the confidence distribution of τ²: with the one best τ² the intervals
    hold the truth in 73 to 90 % of creators (Morris 1983, J. Am. Stat. Assoc. 78, 47–55).
    """
    values, squares = [], []
    for tau2 in over.tau2_quantiles:
        mean, se = weighted_mean(estimates, variances, float(tau2))
        share = tau2 / (tau2 + variances)
        values.append(mean + share * (estimates - mean))
        squares.append(share * variances + ((1 - share) * se) ** 2 + over.shared)
    errors: FloatArray = np.sqrt(np.mean(squares, axis=0) + np.var(values, axis=0))
    return np.asarray(np.mean(values, axis=0), dtype=np.float64), errors


def weighted_mean(b: FloatArray, v: FloatArray, tau2: float) -> tuple[float, float]:
    """The mean with weights 1 / (v + τ²), and its standard error by Hartung & Knapp.

    The error is never below that of known weights (Röver, Knapp & Friede 2015, BMC Med. Res.
    Methodol. 15, 99): the plain one is too small where creators differ in size.
    """
    weights = 1 / (v + tau2)
    mean = float(weights @ b / weights.sum())
    spread = float(weights @ (b - mean) ** 2) / (len(b) - 1)
    return mean, float(np.sqrt(max(1.0, spread) / weights.sum()))


def hts_prediction(b: FloatArray, v: FloatArray, tau2: float, shared: float = 0.0) -> Ends:
    """Mean ± t · √(τ² + variance of the mean), with creators - 2 degrees of freedom.

    Higgins, Thompson & Spiegelhalter (2009, J. R. Stat. Soc. A 172(1), 137–159).
    """
    weights = 1 / (v + tau2)
    mean = float(weights @ b / weights.sum())
    variance = tau2 + 1 / weights.sum() + shared
    reach = float(t_quantile(1 - _TAIL, len(b) - 2) * np.sqrt(variance))
    return Ends(mean - reach, mean + reach)


def q_statistic(b: FloatArray, v: FloatArray, tau2: float = 0.0) -> float:
    """Cochran's Q with variances v + τ²."""
    weights = 1 / (v + tau2)
    mean = weights @ b / weights.sum()
    return float(weights @ (b - mean) ** 2)


class _Profile:
    """Values of τ² that go with quantiles of Q (Viechtbauer 2007, Stat. Med. 26(1), 37–52)."""

    def __init__(self, b: FloatArray, v: FloatArray, shared: float):
        self.b, self.v, self.shared = b, v, shared
        self.df = len(b) - 1
        self.q = q_statistic(b, v)

    @property
    def tau2(self) -> float:
        """The estimate of Paule & Mandel: Q equals its expectation."""
        return float(self.tau2_at(np.array([self.df]))[0])

    def tau2_at(self, levels: FloatArray) -> FloatArray:
        """The τ² at which Q falls to each level; 0 where it never is as large.

        Q is convex and falls, so Newton's steps from 0 never go too far.
        """
        tau2 = np.zeros(len(levels))
        for _ in range(_MOST_STEPS):
            weights = 1 / (self.v + tau2[:, None])
            means = (weights * self.b).sum(axis=1) / weights.sum(axis=1)
            parts = weights * (self.b - means[:, None]) ** 2
            fall = np.maximum((weights * parts).sum(axis=1), _NO_FALL)
            step = np.maximum(parts.sum(axis=1) - levels, 0.0) / fall
            tau2 += step
            if (step <= _TOLERANCE * tau2).all():
                break
        return tau2

    def mean(self, tau2: float) -> tuple[float, float]:
        """The mean, and its standard error with the common one."""
        mean, se = weighted_mean(self.b, self.v, tau2)
        return mean, float(np.hypot(se, np.sqrt(self.shared)))

    def tau2_ends(self) -> Ends:
        low, high = self.tau2_at(chi2_quantile(np.array([1 - _TAIL, _TAIL]), self.df))
        return Ends(float(low), float(high))

    def tau2_quantiles(self) -> FloatArray:
        chances = (np.arange(_TAU2_GRID) + 0.5) / _TAU2_GRID
        return self.tau2_at(chi2_quantile(chances, self.df))

    def prediction(self, tau2_quantiles: FloatArray) -> Ends:
        """The interval of Nagashima, Noma & Furukawa (2019, Stat. Methods Med. Res. 28, 1689–1702).

        τ² is not taken as known: it runs through its confidence distribution, here that of the
        Q-profile. Grids of quantiles stand for random draws, so the ends do not depend on a seed.
        """
        steps = (np.arange(_NORMAL_GRID) + 0.5) / _NORMAL_GRID
        error, spread = t_quantile(steps, self.df), normal_quantile(steps)
        draws = []
        for tau2 in tau2_quantiles:
            mean, se = self.mean(float(tau2))
            draws.append(mean + se * error[:, None] + np.sqrt(tau2) * spread[None, :])
        low, high = np.quantile(np.concatenate(draws, axis=None), [_TAIL, 1 - _TAIL])
        return Ends(float(low), float(high))


def _in_units(
    profile: _Profile, unit: float, prediction: Ends, tau2_quantiles: FloatArray
) -> Heterogeneity:
    tau2 = profile.tau2
    mean, se = profile.mean(tau2)
    reach = float(t_quantile(1 - _TAIL, profile.df)) * se
    ends = profile.tau2_ends()
    return Heterogeneity(
        creators=len(profile.b),
        tau2=tau2 * unit**2,
        tau2_ends=Ends(ends.low * unit**2, ends.high * unit**2),
        q=profile.q,
        p=float(chi2_tail(profile.q, profile.df)),
        i2=max(0.0, 1 - profile.df / profile.q) if profile.q > 0 else 0.0,
        mean=mean * unit,
        mean_se=se * unit,
        mean_ends=Ends((mean - reach) * unit, (mean + reach) * unit),
        prediction=prediction,
        prediction_hts=_times(hts_prediction(profile.b, profile.v, tau2, profile.shared), unit),
        shared=profile.shared * unit**2,
        tau2_quantiles=tau2_quantiles,
    )


def _times(ends: Ends, unit: float) -> Ends:
    return Ends(ends.low * unit, ends.high * unit)
