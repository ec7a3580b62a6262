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
_TOLERANCE = 1e-6
"""The largest negative value at the end, as a share of the largest value."""

_POSITIVE = 1e-4
"""Values below this share of the largest may still be falling. The next pass judges their rows."""

_NOTHING = 1e-6
"""Without separation all values fall to 0, each as fast as the others. Rounding starts at 1e-8."""

_HEAVY = 1e8
"""The weight of rows with counts: least squares then fits 0 there."""


def separated(y: FloatArray, x: FloatArray, absorbed: Absorbed) -> BoolArray:
    """Which rows are separated. `x` are standardised columns."""
    zero: BoolArray = y == 0
    if not zero.any():
        return zero
    weights = np.where(zero, 1.0, _HEAVY)
    target = zero.astype(np.float64)
    projection = absorbed.weighted(weights)
    free_x = projection.swept(x)
    gram = crossed(free_x * weights[:, None], free_x)
    inverse = np.linalg.pinv(gram, rcond=1e-12, hermitian=True)
    for _ in range(_MOST_STEPS):
        free = projection.swept(target[:, None])[:, 0]
        slopes = inverse @ crossed(free_x, free * weights)
        fitted = target - (free - applied(free_x, slopes))
        largest = float(fitted[zero].max())
        if largest < _NOTHING:
            break
        if float(fitted[zero].min()) > -_TOLERANCE * largest:
            positive: BoolArray = zero & (fitted > _POSITIVE * largest)
            return positive
        target = np.where(zero, np.maximum(fitted, 0.0), 0.0)
    return np.zeros(len(y), dtype=bool)
