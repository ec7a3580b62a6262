"""Rows of a Poisson model that no finite coefficients fit.

A row with count 0 is separated when some combination of columns and fixed effects is negative there
and never positive at other zeros, and 0 wherever the count is above 0: the likelihood then grows
without end as the coefficient does. Such rows say nothing about the other coefficients and are
dropped (Correia, Guimarães & Zylkin 2021, arXiv:1903.01633, the iterative rectifier).
"""

import numpy as np

from shared.insights.statistics.absorption import Absorbed
from shared.insights.statistics.products import applied, crossed
from shared.insights.statistics.resampling import BoolArray, FloatArray

_MOST_STEPS = 500
_TOLERANCE = 1e-5
_HEAVY = 1e8
"""The weight of rows with counts: least squares then fits 0 there."""


def separated(y: FloatArray, x: FloatArray, absorbed: Absorbed) -> BoolArray:
    """Which rows are separated. `x` are standardised columns."""
    zero: BoolArray = y == 0
    if not zero.any():
        return zero
    weights = np.where(zero, 1.0, _HEAVY)
    target = zero.astype(np.float64)
    free_x = absorbed.swept(x, weights)
    gram = crossed(free_x * weights[:, None], free_x)
    inverse = np.linalg.pinv(gram, rcond=1e-12, hermitian=True)
    for _ in range(_MOST_STEPS):
        free = absorbed.swept(target[:, None], weights)[:, 0]
        slopes = inverse @ crossed(free_x, free * weights)
        fitted = target - (free - applied(free_x, slopes))
        fitted[np.abs(fitted) < _TOLERANCE] = 0.0
        if not (fitted[zero] < 0).any():
            found: BoolArray = zero & (fitted > _TOLERANCE)
            return found
        target = np.where(zero, np.maximum(fitted, 0.0), 0.0)
    return np.zeros(len(y), dtype=bool)
