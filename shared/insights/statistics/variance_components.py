"""Variance components of crossed random effects, by restricted maximum likelihood (REML).

The model is y = mean + an effect of every factor + residual. Effects of one factor are independent
with one variance. Tables may be unbalanced and cells may be missing. The likelihood is profiled
over the mean and the residual variance, as in lme4 (Bates, Mächler, Bolker & Walker 2015, J. Stat.
Softw. 67(1)). What is optimised are the variances relative to the residual's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.optimize import minimize  # type: ignore[import-untyped]

from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.mixed_model_equations import MixedModelEquations
from shared.insights.statistics.resampling import FloatArray, IntArray

RESIDUAL = "residual"
_GREATEST = 1e6
"""The greatest variance, relative to the residual's, that is sought."""
_LINEAR_TO = 0.01
"""Relative variances are sought on a scale that is linear below this and logarithmic above."""
_ZERO = 1e-6
"""At the boundary a relative variance falls below this, and counts as 0."""
_NEGLIGIBLE = 1e-10
"""What stands for a relative variance of 0 in the equations, whose slope it keeps."""


@dataclass(frozen=True, slots=True)
class VarianceComponents:
    """A variance per factor and the residual's, in squared units of y; 0 at the boundary.

    `criterion` is -2 times the restricted log likelihood, constants included (lme4's REMLcrit).
    """

    components: dict[str, float]
    mean: float
    criterion: float
    n: int


def reml(y: FloatArray, factors: Mapping[str, IntArray]) -> VarianceComponents:
    """Variance components of y (n,) for factors: a code (n,) of each value's level, by name.

    Give an interaction as a factor with its own codes (`crossing`). Raises NotEstimable where a
    factor has one level, a level for each value, or the same levels as another factor, and where
    no residual is left.
    """
    coded = {name: np.unique(codes, return_inverse=True)[1] for name, codes in factors.items()}
    _refuse_confounded(y, coded)
    centre, scale = float(y.mean()), float(y.std())
    if scale == 0:
        return VarianceComponents(dict.fromkeys([*coded, RESIDUAL], 0.0), centre, -np.inf, len(y))
    equations = MixedModelEquations.of((y - centre) / scale, coded)
    relative = _optimum(equations)
    if relative.max() > _GREATEST / 4:
        sentence = "values of the same levels hardly differ, so no residual is left"
        raise NotEstimable("no_residual", sentence)
    solution = equations.solve(np.sqrt(np.maximum(relative, _NEGLIGIBLE**2)))
    residual = solution.penalized_squares / (len(y) - 1) * scale**2
    variances = (relative * residual).tolist()
    components = dict(zip(equations.names, variances, strict=True))
    return VarianceComponents(
        {name: components[name] for name in coded} | {RESIDUAL: residual},
        centre + solution.mean * scale,
        solution.deviance + (len(y) - 1) * (1 + np.log(2 * np.pi / (len(y) - 1) * scale**2)),
        len(y),
    )


def crossing(*factors: IntArray) -> IntArray:
    """The codes of an interaction: a level for each combination of levels that occurs."""
    return np.unique(np.stack(factors), axis=1, return_inverse=True)[1].astype(np.int64).ravel()


def levels(codes: IntArray) -> int:
    """The number of levels that occur."""
    return len(np.unique(codes))


def _optimum(equations: MixedModelEquations) -> FloatArray:
    """The relative variances at the least deviance, exactly 0 for a component at the boundary.

    In logarithms the deviance is nearly quadratic, but flat near 0: a search that comes there
    stays, though a greater variance were better. In variances it is not flat, but badly scaled.
    """
    count = len(equations.names)
    base = equations.solve(np.ones(count)).deviance

    def deviance(places: FloatArray) -> tuple[float, FloatArray]:
        variances = _LINEAR_TO * np.expm1(places)
        ratios = np.sqrt(np.maximum(variances, _NEGLIGIBLE))
        solution = equations.solve(ratios)
        slopes = solution.slopes / (2 * ratios) * (variances + _LINEAR_TO)
        # The deviance grows with the table. Its change alone keeps the digits that tell the optimum
        # of a component with few levels.
        return solution.deviance - base, slopes

    result = minimize(
        deviance,
        np.full(count, np.log1p(1 / _LINEAR_TO)),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, np.log1p(_GREATEST / _LINEAR_TO))] * count,
        options={"ftol": 1e-15, "gtol": 1e-7, "maxiter": 500},
    )
    variances = _LINEAR_TO * np.expm1(result.x)
    return np.where(variances < _ZERO, 0.0, variances)


def _refuse_confounded(y: FloatArray, coded: Mapping[str, IntArray]) -> None:
    if not coded:
        raise NotEstimable("no_factor", "no factor; give at least one")
    if not np.isfinite(y).all():
        raise NotEstimable("missing", "a value is missing or infinite; leave its row out")
    for name, codes in coded.items():
        if levels(codes) < 2:
            raise NotEstimable("one_level", f"{name} has one level, so its variance is unknown")
        if levels(codes) == len(y):
            raise NotEstimable("is_residual", f"each value has its own {name}: it is the residual")
    for (first, codes), (second, others) in combinations(coded.items(), 2):
        if levels(codes) == levels(others) == levels(crossing(codes, others)):
            raise NotEstimable("confounded", f"{first} and {second} have the same levels")
