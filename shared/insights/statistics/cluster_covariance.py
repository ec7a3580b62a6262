"""The covariance of estimates that allows for any dependence within a creator.

An estimate solves Σ x_i s_i = 0 over rows; `scores` are the s_i and `weights` the derivatives
-ds_i/dη_i > 0, so that Σ weights x x' is its sensitivity.
"""

import numpy as np

from shared.insights.statistics.products import applied, crossed
from shared.insights.statistics.resampling import FloatArray, Groups

_SINGULAR = 1e-10


class NotIdentified(Exception):
    """One creator alone determines a coefficient, so there is no covariance."""

    def __init__(self, cluster: int):
        super().__init__(f"cluster {cluster}")
        self.cluster = cluster


def information(x: FloatArray, weights: FloatArray, groups: Groups) -> FloatArray:
    """Each creator's Σ weights x x': (clusters, k, k)."""
    parts = [groups.sums(x * (weights * column)[:, None]) for column in x.T]
    return np.stack(parts, axis=1)


def bias_reduced(
    parts: FloatArray, x: FloatArray, scores: FloatArray, groups: Groups
) -> FloatArray:
    """The covariance of Mancl & DeRouen (2001) for independence estimating equations.

    Its residuals (I - H_g)^-1 r_g need a matrix as wide as the number of the creator's videos. As
    H_g has rank k, the push-through identity gives the same creator sums from k × k matrices:
    D'V^-1 (I - H_g)^-1 r = (I - A_g B)^-1 s_g, A_g = Σ w x x' (`parts`), B = (Σ A_g)^-1,
    s_g = Σ x s. Raises NotIdentified when a creator alone determines a coefficient.

    For a linear model it is the delete-one-cluster jackknife (CR3) up to its factor.
    """
    return corrected_covariance(parts, groups.sums(x * scores[:, None]))


def corrected_covariance(parts: FloatArray, sums: FloatArray) -> FloatArray:
    """The covariance of `bias_reduced` from sums by creator: (clusters, k, k) and (clusters, k)."""
    each = corrected_moves(parts, sums)
    return crossed(each, each)


def corrected_moves(parts: FloatArray, sums: FloatArray) -> FloatArray:
    """How far each creator moves the coefficients: nearly the estimate less that without it."""
    bread = np.linalg.inv(parts.sum(axis=0))
    without = np.eye(parts.shape[1]) - parts @ bread
    smallest = np.abs(np.linalg.det(without))
    if smallest.min() < _SINGULAR:
        raise NotIdentified(int(smallest.argmin()))
    solved = np.linalg.solve(without, sums[:, :, None])[:, :, 0]
    corrected = np.asarray(solved, dtype=np.float64)
    return applied(corrected, np.asarray(bread, dtype=np.float64))
