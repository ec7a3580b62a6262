"""Least squares on restricted cubic splines, with covariances by creator."""

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.statistics.cluster_covariance import NotIdentified, bias_reduced, information
from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.products import applied, crossed
from shared.insights.statistics.resampling import FloatArray, Groups

_KNOTS = (0.05, 0.35, 0.65, 0.95)
"""Quantiles of the knots of a restricted cubic spline with 4 knots (Harrell 2015, table 2.3)."""


def intercept_and_controls(controls: pd.DataFrame | None, n: int) -> FloatArray:
    """Intercept and standardised controls that vary."""
    columns = [np.ones(n)]
    if controls is not None:
        for name in controls.columns:
            column = np.asarray(controls[name], dtype=np.float64)
            if np.ptp(column) > 0:
                columns.append((column - column.mean()) / column.std())
    return np.column_stack(columns)


def restricted_cubic(x: FloatArray) -> FloatArray:
    """Columns of a cubic spline that is linear beyond its outer knots (Durrleman & Simon 1989)."""
    knots = np.unique(np.quantile(x, _KNOTS))
    centre, unit = x.mean(), x.std()
    columns = [(x - centre) / unit]
    if len(knots) >= 3:
        last, before = knots[-1], knots[-2]
        for knot in knots[:-2]:
            cubic = _cube(x - knot) - (
                _cube(x - before) * (last - knot) - _cube(x - last) * (before - knot)
            ) / (last - before)
            # Harrell's scale: without it cubes of scores up to 100 spoil the condition of x'x.
            columns.append(cubic / (last - knots[0]) ** 2 / unit)
    return np.column_stack([column - column.mean() for column in columns])


def _cube(difference: FloatArray) -> FloatArray:
    cube: FloatArray = np.maximum(difference, 0.0) ** 3
    return cube


def least_squares(
    design: FloatArray, y: FloatArray, groups: Groups
) -> tuple[FloatArray, FloatArray | None]:
    """Coefficients and their covariance by creator; None when a creator alone decides one."""
    try:
        solved = np.linalg.solve(crossed(design, design), crossed(design, y))
        beta = np.asarray(solved, dtype=np.float64)
        parts = information(design, np.ones(len(y)), groups)
        return beta, bias_reduced(parts, design, y - applied(design, beta), groups)
    except NotIdentified:
        return beta, None
    except np.linalg.LinAlgError as error:
        raise NotEstimable(
            "collinear", "the controls repeat one another or the predictor: leave some out"
        ) from error
