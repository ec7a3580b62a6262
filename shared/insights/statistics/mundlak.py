"""A creator's habit and a video's departure from it, as two columns (Mundlak 1978)."""

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.resampling import BoolArray, FloatArray, Groups


def between_within(values: pd.Series, name: str, groups: Groups) -> pd.DataFrame:
    """Columns `name_between`, each creator's mean, and `name_within`, the rest; they sum to values.

    In one model the second is free of everything that is constant within a creator (Mundlak 1978,
    Econometrica 46(1), 69–85). Raises NotEstimable where one of the two would not vary.
    """
    column = np.asarray(values, dtype=np.float64)
    means = groups.means(column)
    # A creator whose videos all have one value has that mean exactly, whatever the rounding.
    between = np.where(_steady(column, groups)[groups.codes], column, means[groups.codes])
    within = column - between
    if not within.any():
        raise NotEstimable(
            "no_within", f"{name} does not vary within any creator: there is nothing to split"
        )
    if np.ptp(means) == 0:
        raise NotEstimable("no_between", f"{name} has the same mean for every creator")
    return pd.DataFrame({f"{name}_between": between, f"{name}_within": within}, index=values.index)


def _steady(column: FloatArray, groups: Groups) -> BoolArray:
    low = np.full(groups.count, np.inf)
    high = np.full(groups.count, -np.inf)
    np.minimum.at(low, groups.codes, column)
    np.maximum.at(high, groups.codes, column)
    steady: BoolArray = low == high
    return steady
