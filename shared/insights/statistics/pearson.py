"""Pearson's correlation with log counts, a sensitivity check. Its jackknife takes one pass."""

from collections.abc import Sequence

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.statistics.effect import Effect, NotEstimable
from shared.insights.statistics.pairs import ColumnPair, Columns
from shared.insights.statistics.resampling import FloatArray, Groups

_CONSTANT = 1e-12
"""A share of a column's variance below this is rounding."""


def pearson_log1p(
    frame: pd.DataFrame, pairs: Sequence[ColumnPair], groups: Groups
) -> tuple[Effect, ...]:
    """Pearson's correlation of each predictor, untransformed, with log(1 + outcome).

    Where there are zeros it depends on the unit of the outcome (Chen & Roth 2024, Q. J. Econ.
    139(2), 891–936). The interval is that of the delete-one-cluster jackknife at any size: sums
    without a creator are the sums minus the creator's. Raises NotEstimable for an outcome of -1 or
    less.
    """
    table = Columns(frame, pairs, groups)
    outcomes = {pair.outcome_column for pair in pairs}
    columns = []
    for name in table.names:
        column = table.of(name)
        if name in outcomes and column.min() <= -1:
            raise NotEstimable("negative", f"{name} is -1 or less somewhere: it has no log(1 + y)")
        columns.append(_standardised(np.log1p(column) if name in outcomes else column))
    correlations = [
        _with_and_without_each(columns[i], columns[j], groups) for i, j in table.positions()
    ]
    both = np.array(correlations).reshape(len(pairs), groups.count + 1)
    return table.effects("pearson_log1p", both[:, 0], both[:, 1:].T, "jackknife", groups)


def _with_and_without_each(x: FloatArray, y: FloatArray, groups: Groups) -> FloatArray:
    """The correlation over all rows, then without each creator; NaN where nothing varies."""
    parts = groups.sums(np.column_stack([np.ones(len(x)), x, y, x * x, y * y, x * y]))
    whole = parts.sum(axis=0)
    n, to_x, to_y, xx, yy, xy = np.vstack([whole, whole - parts]).T
    some = np.maximum(n, 1)
    of_x, of_y = xx - to_x**2 / some, yy - to_y**2 / some
    varies = np.minimum(of_x, of_y) > _CONSTANT * some
    scale = np.sqrt(np.where(varies, of_x, 1.0)) * np.sqrt(np.where(varies, of_y, 1.0))
    correlation: FloatArray = np.clip((xy - to_x * to_y / some) / scale, -1.0, 1.0)
    return np.where(varies, correlation, np.nan)


def _standardised(column: FloatArray) -> FloatArray:
    """Mean 0 and variance 1; exact zeros for a constant."""
    away: FloatArray = column - column[0]
    width = np.abs(away).max()
    if width == 0:
        return away
    away = away / width  # so that no square of 10^12 loses the others
    standardised: FloatArray = (away - away.mean()) / away.std()
    return standardised
