"""The next value in time of each row's group, which cannot be a cause of the row."""

import numpy as np

from shared.insights.statistics.resampling import FloatArray, Groups, IntArray


def next_values(values: FloatArray, times: IntArray, groups: Groups) -> FloatArray:
    """The value of the first later row of the same group.

    NaN where no row is later, or where two rows share that later time and so have no order.
    """
    moments = np.column_stack([groups.codes, times])
    unique, first, moment, size = np.unique(
        moments, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    value = np.where(size == 1, values[first], np.nan)
    follows = unique[:-1, 0] == unique[1:, 0]
    following = np.full(len(unique), np.nan)
    following[:-1][follows] = value[1:][follows]
    result: FloatArray = following[moment.reshape(-1)]
    return result
