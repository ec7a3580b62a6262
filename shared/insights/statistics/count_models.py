"""Fits of log-linear count models by Newton's method, safe for counts from 0 to 10^15."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq  # type: ignore[import-untyped]
from scipy.special import digamma, polygamma, xlog1py, xlogy  # type: ignore[import-untyped]

from shared.insights.statistics.products import applied, crossed
from shared.insights.statistics.resampling import FloatArray

MOST_STEPS = 200
_TOLERANCE = 1e-11
"""Newton stops when no linear predictor would move by more."""

_LARGEST_STEP = 5.0
"""A step moves no linear predictor by more than this, so that none overflows on its way."""

_SAFE_STEP = 0.1
"""Below this the curvature changes so little that a Newton step needs no check; rounding of the
likelihood, which is coarse for huge counts, could then only stop it early."""

_LARGEST_PREDICTOR = 300.0
_SMALLEST_LOG_SIZE, _LARGEST_LOG_SIZE = -12.0, 20.0
"""Where the NB2 size 1/α is looked for: α between 2e-9 (Poisson) and 160,000."""


class NotConverged(Exception):
    """The fit has no finite answer, or none was reached. The message is for a reader."""


@dataclass(frozen=True)
class Model:
    """Coefficients of a fitted mean, and what its estimating equation is at them."""

    beta: FloatArray
    mean: FloatArray
    alpha: float
    likelihood: bool
    note: str | None = None

    def scores(self, y: FloatArray) -> FloatArray:
        """Derivative of each row's quasi-likelihood by its linear predictor."""
        return (y - self.mean) / (1 + self.alpha * self.mean)

    def weights(self, y: FloatArray, x: FloatArray) -> FloatArray:
        """Expected information of each row on its linear predictor."""
        return self.mean / (1 + self.alpha * self.mean)

    def estimating(self, y: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Rows' estimating functions (n, k) and minus the sum of their derivatives (k, k).

        For a likelihood with α > 0 the last of the k is log(1 / α), and the derivative is the
        observed one; the block of the coefficients does not depend on how α is written.
        """
        rows = x * self.scores(y)[:, None]
        if not self.likelihood or self.alpha == 0:
            return rows, crossed(x * self.weights(y, x)[:, None], x)
        size, mean = 1 / self.alpha, self.mean
        ratio = (size + y) / (size + mean)
        first = size * (_size_score(y, mean, size))
        second = first + size**2 * _size_curvature(y, mean, size)
        observed = mean * size * ratio / (size + mean)
        cross = mean * (y - mean) * size / (size + mean) ** 2
        k = x.shape[1]
        sensitivity = np.empty((k + 1, k + 1))
        sensitivity[:k, :k] = crossed(x * observed[:, None], x)
        sensitivity[:k, k] = sensitivity[k, :k] = -crossed(x, cross)
        sensitivity[k, k] = -second.sum()
        return np.column_stack([rows, first]), sensitivity


def poisson(y: FloatArray, x: FloatArray, offset: FloatArray) -> Model:
    """Poisson quasi-maximum likelihood. Raises NotConverged."""
    beta = _scored(y, x, offset, 0.0, _start(y, x, offset))
    return Model(beta, np.exp(offset + applied(x, beta)), 0.0, likelihood=False)


def nb2(y: FloatArray, x: FloatArray, offset: FloatArray) -> Model:
    """Maximum likelihood of the NB2 model (Cameron & Trivedi 2013). Raises NotConverged.

    The size 1/α is where the profile score is zero. Counts no more dispersed than Poisson have
    none: then α is 0 and a note says so. The score is used, not the likelihood, because sums of
    log Γ lose all digits for counts of 10^12.
    """
    beta = _start(y, x, offset)

    def score(log_size: float) -> float:
        nonlocal beta
        size = float(np.exp(log_size))
        beta = _scored(y, x, offset, 1 / size, beta)
        return float(size * _size_score(y, np.exp(offset + applied(x, beta)), size).sum())

    log_size = _root(score)
    if log_size is None:
        fitted = poisson(y, x, offset)
        return Model(
            fitted.beta,
            fitted.mean,
            0.0,
            likelihood=True,
            note="the counts vary no more than Poisson counts, so alpha is 0",
        )
    alpha = float(np.exp(-log_size))
    beta = _scored(y, x, offset, alpha, beta)
    return Model(beta, np.exp(offset + applied(x, beta)), alpha, likelihood=True)


def _root(score: Callable[[float], float]) -> float | None:
    """Where the profile score crosses zero; None if it stays positive up to Poisson."""
    low, at_low = 0.0, score(0.0)
    step = 1.0 if at_low > 0 else -1.0
    while True:
        high = low + step
        if high > _LARGEST_LOG_SIZE:
            return None
        if high < _SMALLEST_LOG_SIZE:
            raise NotConverged("the counts are too dispersed for a negative binomial model")
        at_high = score(high)
        if at_high == 0 or (at_high > 0) != (at_low > 0):
            break
        low, at_low, step = high, at_high, 1.5 * step
    return float(brentq(score, min(low, high), max(low, high), xtol=1e-12, rtol=1e-13))


def _size_score(y: FloatArray, mean: FloatArray, size: float) -> FloatArray:
    """Derivative of each row's NB2 log-likelihood by its size."""
    found: FloatArray = (
        _digamma_rise(y, size) + np.log(size / (size + mean)) + (mean - y) / (size + mean)
    )
    return found


def _digamma_rise(y: FloatArray, size: float) -> FloatArray:
    found: FloatArray = digamma(y + size) - digamma(size)
    return found


def _size_curvature(y: FloatArray, mean: FloatArray, size: float) -> FloatArray:
    total = size + mean
    rise = polygamma(1, y + size) - polygamma(1, size)
    found: FloatArray = rise + 1 / size - 2 / total + (y + size) / total**2
    return found


def _start(y: FloatArray, x: FloatArray, offset: FloatArray) -> FloatArray:
    """Only the intercept, at the log of the overall rate."""
    beta = np.zeros(x.shape[1])
    largest = offset.max()
    beta[0] = np.log(y.sum()) - largest - np.log(np.exp(offset - largest).sum())
    return beta


def _scored(
    y: FloatArray, x: FloatArray, offset: FloatArray, alpha: float, beta: FloatArray
) -> FloatArray:
    """Newton steps for one α, halved where they overshoot; the likelihood is concave in beta."""
    predictor = offset + applied(x, beta)
    gap = _gap(y, predictor, alpha)
    for _ in range(MOST_STEPS):
        mean = np.exp(predictor)
        weight = mean * (1 + alpha * y) / (1 + alpha * mean) ** 2
        slope = crossed(x, (y - mean) / (1 + alpha * mean))
        try:
            solved = np.linalg.solve(crossed(x * weight[:, None], x), slope)
        except np.linalg.LinAlgError as error:
            raise NotConverged("the weighted design is singular") from error
        step = np.asarray(solved, dtype=np.float64)
        move = applied(x, step)
        reach = float(np.abs(move).max())
        if reach < _TOLERANCE:
            return beta + step
        shrink = min(1.0, _LARGEST_STEP / reach)
        while True:
            tried = predictor + shrink * move
            new = _gap(y, tried, alpha)
            if new <= gap or shrink * reach < _SAFE_STEP:
                break
            shrink /= 2
        beta, predictor, gap = beta + shrink * step, tried, new
        if np.abs(predictor).max() > _LARGEST_PREDICTOR:
            raise NotConverged("a rate runs off to 0 or infinity (separation)")
    raise NotConverged(f"no convergence in {MOST_STEPS} steps")


def _gap(y: FloatArray, predictor: FloatArray, alpha: float) -> float:
    """Half the deviance, up to a constant that does not depend on the predictor."""
    mean = np.exp(predictor)
    if alpha == 0:
        return float((xlogy(y, y / mean) - (y - mean)).sum())
    # y log(y/μ) - (y + θ) log((y + θ)/(μ + θ)), written so that two huge terms do not cancel.
    size = 1 / alpha
    excess = xlog1py(y, (size / mean) * ((y - mean) / (y + size)))
    return float((excess - size * np.log((y + size) / (mean + size))).sum())
