"""The weighted linear regression that a Poisson fit with creator effects solves at convergence.

Its weights are the fitted means and its residuals (y - mean) / mean, so one Gram matrix of the
swept columns has every partial R². Sensitivity to a confounder (sensitivity.py) is that of this
regression: creators and weeks are swept out of the outcome, the predictor and every benchmark.
"""

from collections.abc import Sequence

import numpy as np

from shared.insights.statistics.fixed_effects import FixedEffectsFit
from shared.insights.statistics.products import crossed
from shared.insights.statistics.resampling import FloatArray
from shared.insights.statistics.sensitivity import Confounder


class WorkingRegression:
    """The regression of a fit, seen from the coefficient of one column. KeyError if it has none."""

    def __init__(self, fit: FixedEffectsFit, predictor: str):
        if predictor not in fit.names:
            raise KeyError(predictor)
        residual = (fit.y - fit.mean) / fit.mean
        gram = crossed(fit.free * fit.mean[:, None], fit.free)
        units = np.sqrt(np.diag(gram))  # followers beside a yes or no: the inverse needs one unit
        self._names = fit.names
        self._gram: FloatArray = gram / np.outer(units, units)
        self._beta: FloatArray = fit.beta * units
        self._unexplained = float(np.einsum("i,i,i->", fit.mean, residual, residual))
        self._at = fit.names.index(predictor)
        self._unit = float(units[self._at])
        self._others = [at for at in range(len(fit.names)) if at != self._at]
        across = self._gram[self._others, self._at]
        self._slopes: FloatArray = np.linalg.solve(
            self._gram[np.ix_(self._others, self._others)], across
        )
        self._free = 1 - float(across @ self._slopes)

    @property
    def spread_ratio(self) -> float:
        """The outcome's remaining standard deviation by the predictor's: se · √df without clusters.

        In log counts per unit of the predictor.
        """
        return float(np.sqrt(self._unexplained / self._free)) / self._unit

    @property
    def partial_r2(self) -> float:
        """The share of the outcome's remaining variance that the predictor explains."""
        explained = float(self._beta[self._at]) ** 2 * self._free
        return explained / (explained + self._unexplained)

    def strength(self, columns: Sequence[str]) -> Confounder:
        """What these columns explain together, of the predictor and of the outcome given it."""
        chosen = [self._names.index(name) for name in columns]
        places = [self._others.index(at) for at in chosen]
        of_outcome = _explained(self._gram, self._beta, chosen)
        gram = self._gram[np.ix_(self._others, self._others)]
        of_predictor = _explained(gram, self._slopes, places)
        return Confounder(
            r2_predictor=of_predictor / (of_predictor + self._free),
            r2_outcome=of_outcome / (of_outcome + self._unexplained),
        )


def _explained(gram: FloatArray, beta: FloatArray, columns: list[int]) -> float:
    """The sum of squares that is lost without these columns: β' (G⁻¹ of them)⁻¹ β."""
    block = np.linalg.inv(gram)[np.ix_(columns, columns)]
    return float(beta[columns] @ np.linalg.solve(block, beta[columns]))
