"""Variance components of crossed random effects, by restricted maximum likelihood (REML).

The model is y = mean + an effect of every factor + residual. Effects of one factor are independent
with one variance. Tables may be unbalanced and cells may be missing. The likelihood is profiled
over the mean and the residual variance, as in lme4 (Bates, Mächler, Bolker & Walker 2015, J. Stat.
Softw. 67(1)). What is optimised are the standard deviations relative to the residual's.
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
_SMALLEST, _GREATEST = 1e-5, 1e3
"""The standard deviations, relative to the residual's, between which the optimum is sought."""
_ZERO = 1e-3
"""At the boundary a relative standard deviation falls below this, and its variance is 0."""
_NEGLIGIBLE = 1e-12
_RESTART = 0.3
_MOST_STARTS = 5


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
    ratios = _optimum(equations)
    if ratios.max() > _GREATEST / 2:
        sentence = "values of the same levels hardly differ, so no residual is left"
        raise NotEstimable("no_residual", sentence)
    solution = equations.solve(np.maximum(ratios, _NEGLIGIBLE))
    residual = solution.penalized_squares / (len(y) - 1) * scale**2
    variances = (ratios**2 * residual).tolist()
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
    """The ratios at the least deviance, exactly 0 for a component at the boundary."""
    start = np.ones(len(equations.names))
    for _ in range(_MOST_STARTS):
        ratios = _descend(equations, start)
        is_zero = ratios < _ZERO
        slopes = equations.solve(np.maximum(ratios, _SMALLEST)).slopes / ratios
        # A descent in logarithms can get stuck near 0, where its slope vanishes. The slope in the
        # variance does not: where it is negative, a greater variance is better.
        stuck = is_zero & (slopes < 0)
        if not stuck.any():
            break
        start = np.where(stuck, _RESTART, ratios)
    return np.where(is_zero, 0.0, ratios)


def _descend(equations: MixedModelEquations, start: FloatArray) -> FloatArray:
    """Minimise the deviance over the logarithms of the ratios, which make it nearly quadratic."""
    # The deviance grows with the table. Only its change from the start keeps the digits that tell
    # the optimum of a component with few levels.
    base = equations.solve(start).deviance

    def deviance(logarithms: FloatArray) -> tuple[float, FloatArray]:
        ratios = np.exp(logarithms)
        solution = equations.solve(ratios)
        return solution.deviance - base, solution.slopes * ratios

    result = minimize(
        deviance,
        np.log(start),
        jac=True,
        method="L-BFGS-B",
        bounds=[(np.log(_SMALLEST), np.log(_GREATEST))] * len(start),
        options={"ftol": 1e-15, "gtol": 1e-7, "maxiter": 500},
    )
    ratios: FloatArray = np.exp(result.x)
    return ratios


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
