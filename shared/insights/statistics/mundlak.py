"""Between and within parts of a predictor: the creator's mean and the deviation from it."""

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.resampling import BoolArray, FloatArray, Groups


def between_within(values: pd.Series, name: str, groups: Groups) -> pd.DataFrame:
    """Columns `name_between`, the creator's mean, and `name_within`, the deviation from it.

    In one model the second is free of everything that is constant within a creator (Mundlak 1978,
    Econometrica 46(1), 69–85). Raises NotEstimable when one of the two does not vary.
    """
    column = np.asarray(values, dtype=np.float64)
    means = groups.means(column)
    # A creator whose videos all have one value has that mean exactly, whatever the rounding.
    between = np.where(_is_constant(column, groups)[groups.codes], column, means[groups.codes])
    within = column - between
    if not within.any():
        raise NotEstimable(
            "no_within", f"{name} does not vary within any creator: there is nothing to split"
        )
    if np.ptp(means) == 0:
        raise NotEstimable("no_between", f"{name} has the same mean for every creator")
    return pd.DataFrame({f"{name}_between": between, f"{name}_within": within}, index=values.index)


def _is_constant(column: FloatArray, groups: Groups) -> BoolArray:
    low = np.full(groups.count, np.inf)
    high = np.full(groups.count, -np.inf)
    np.minimum.at(low, groups.codes, column)
    np.maximum.at(high, groups.codes, column)
    constant: BoolArray = low == high
    return constant
