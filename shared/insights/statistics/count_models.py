"""Negative binomial regression by Newton's method, safe for counts from 0 to 10^15."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq  # type: ignore[import-untyped]
from scipy.special import digamma, xlog1py, xlogy  # type: ignore[import-untyped]

from shared.insights.statistics.products import applied, crossed
from shared.insights.statistics.resampling import FloatArray

MOST_STEPS = 200
_TOLERANCE = 1e-11
"""Newton stops when no linear predictor moves by more."""

_LARGEST_STEP = 5.0
"""No step moves a linear predictor by more than this, so that none overflows on the way."""

_SAFE_STEP = 0.1
"""Below this the curvature hardly changes, so a Newton step needs no check. A check could only stop
it too early: for huge counts the likelihood is rounded coarsely."""

_LARGEST_PREDICTOR = 300.0
_SMALLEST_LOG_SIZE, _LARGEST_LOG_SIZE = -12.0, 20.0
"""The bounds of the search for the NB2 size 1/α: α between 2e-9 (Poisson) and 160,000."""


class NotConverged(Exception):
    """The fit has no finite solution, or the steps did not reach one. The message says which."""


@dataclass(frozen=True)
class Model:
    """A fitted log-linear mean with the variance μ + αμ². `beta` begins with the intercept."""

    beta: FloatArray
    mean: FloatArray
    alpha: float
    note: str | None = None

    def scores(self, y: FloatArray) -> FloatArray:
        """Derivative of each row's quasi-likelihood by its linear predictor."""
        return (y - self.mean) / (1 + self.alpha * self.mean)

    @property
    def weights(self) -> FloatArray:
        """Expected information of each row on its linear predictor."""
        return self.mean / (1 + self.alpha * self.mean)


def negative_binomial(y: FloatArray, x: FloatArray, offset: FloatArray) -> Model:
    """Maximum likelihood of the NB2 model (Cameron & Trivedi 2013). Raises NotConverged.

    The size 1/α is where the profile score is zero. Counts no more dispersed than Poisson counts
    have no such size: then α is 0 and a note says so. The search uses the score, not the
    likelihood, because sums of log Γ lose all digits for counts of 10^12.
    """
    beta = _start(y, x, offset)

    def score(log_size: float) -> float:
        nonlocal beta
        size = float(np.exp(log_size))
        beta = _newton(y, x, offset, 1 / size, beta)
        return float(size * _size_score(y, np.exp(offset + applied(x, beta)), size).sum())

    log_size = _root(score)
    if log_size is None:
        alpha, note = 0.0, "the values vary no more than Poisson counts, so alpha is 0"
        beta = _start(y, x, offset)
    else:
        alpha, note = float(np.exp(-log_size)), None
    beta = _newton(y, x, offset, alpha, beta)
    return Model(beta, np.exp(offset + applied(x, beta)), alpha, note)


def _root(score: Callable[[float], float]) -> float | None:
    """The log size at which the profile score is zero; None if the score stays positive."""
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
    total = size + mean
    rise = digamma(y + size) - digamma(size)
    score: FloatArray = rise + np.log(size / total) + (mean - y) / total
    return score


def _start(y: FloatArray, x: FloatArray, offset: FloatArray) -> FloatArray:
    """Starting values: the log of the overall rate for the intercept, 0 for the others."""
    beta = np.zeros(x.shape[1])
    largest = offset.max()
    beta[0] = np.log(y.sum()) - largest - np.log(np.exp(offset - largest).sum())
    return beta


def _newton(
    y: FloatArray, x: FloatArray, offset: FloatArray, alpha: float, beta: FloatArray
) -> FloatArray:
    """Newton steps for one α, halved where they overshoot; the likelihood is concave in beta."""
    predictor = offset + applied(x, beta)
    gap = _half_deviance(y, predictor, alpha)
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
            candidate = predictor + shrink * move
            candidate_gap = _half_deviance(y, candidate, alpha)
            if candidate_gap <= gap or shrink * reach < _SAFE_STEP:
                break
            shrink /= 2
        beta, predictor, gap = beta + shrink * step, candidate, candidate_gap
        if np.abs(predictor).max() > _LARGEST_PREDICTOR:
            raise NotConverged("a rate runs off to 0 or infinity (separation)")
    raise NotConverged(f"no convergence in {MOST_STEPS} steps")


def _half_deviance(y: FloatArray, predictor: FloatArray, alpha: float) -> float:
    """Half the deviance, up to a constant that does not depend on the predictor."""
    mean = np.exp(predictor)
    if alpha == 0:
        return float((xlogy(y, y / mean) - (y - mean)).sum())
    # y log(y/μ) - (y + θ) log((y + θ)/(μ + θ)), written so that two huge terms do not cancel.
    size = 1 / alpha
    excess = xlog1py(y, (size / mean) * ((y - mean) / (y + size)))
    return float((excess - size * np.log((y + size) / (mean + size))).sum())
