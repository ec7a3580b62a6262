"""Covariances of estimates that allow for any dependence within a creator.

An estimate solves Σ x_i s_i = 0 over rows; `scores` are the s_i and `weights` the derivatives
-ds_i/dη_i > 0, so that Σ weights x x' is its sensitivity.
"""

import numpy as np

from shared.insights.products import applied, crossed
from shared.insights.resampling import FloatArray, Groups

_SINGULAR = 1e-10


class NotIdentified(Exception):
    """Without this creator the estimate would not exist, so no covariance does."""

    def __init__(self, cluster: int):
        super().__init__(f"cluster {cluster}")
        self.cluster = cluster


def sandwich(rows: FloatArray, sensitivity: FloatArray, groups: Groups) -> FloatArray | None:
    """Sandwich over creators with the factor G / (G - 1) · (n - 1) / (n - k).

    `rows` (n, k) are the rows' estimating functions; None if the sensitivity is singular.
    """
    n, k = rows.shape
    clusters = groups.count
    try:
        bread = np.linalg.inv(sensitivity)
    except np.linalg.LinAlgError:
        return None
    sums = groups.sums(rows)
    factor = clusters / (clusters - 1) * (n - 1) / (n - k)
    covariance: FloatArray = factor * bread @ crossed(sums, sums) @ bread.T
    return covariance


def bias_reduced(
    x: FloatArray, weights: FloatArray, scores: FloatArray, groups: Groups
) -> tuple[FloatArray, FloatArray]:
    """The covariance of Mancl & DeRouen (2001) for independence estimating equations, and its df.

    Its residuals (I - H_g)^-1 r_g ask for a matrix as wide as the creator has videos. With H_g of
    rank k the push-through identity gives the same creator sums from k × k matrices:
    D'V^-1 (I - H_g)^-1 r = (I - A_g B)^-1 s_g, A_g = Σ w x x', B = (Σ A_g)^-1, s_g = Σ x s.
    The second answer is a degree of freedom per coefficient, from how unevenly creators contribute
    to its variance (Pan & Wall 2002, Stat. Med. 21(10), 1429–1441), at most creators - 1.

    For a linear model the first is the delete-one-cluster jackknife (CR3) up to its factor.
    """
    k = x.shape[1]
    parts = np.stack([groups.sums(x * (weights * column)[:, None]) for column in x.T], axis=1)
    bread = np.linalg.inv(parts.sum(axis=0))
    without = np.eye(k) - parts @ bread
    smallest = np.abs(np.linalg.det(without))
    if smallest.min() < _SINGULAR:
        raise NotIdentified(int(smallest.argmin()))
    sums = groups.sums(x * scores[:, None])
    solved = np.linalg.solve(without, sums[:, :, None])[:, :, 0]
    corrected = np.asarray(solved, dtype=np.float64)
    each = applied(corrected, np.asarray(bread, dtype=np.float64))
    return crossed(each, each), _degrees(each * each)


def _degrees(shares: FloatArray) -> FloatArray:
    """Satterthwaite's degrees of freedom of a sum over creators of squared contributions."""
    clusters = len(shares)
    noise = ((shares - shares.mean(axis=0)) ** 2).sum(axis=0) * clusters / (clusters - 1)
    total = shares.sum(axis=0)
    most = float(clusters - 1)
    known = noise > 0
    found: FloatArray = np.where(known, 2 * total**2 / np.where(known, noise, 1.0), most)
    return np.clip(found, 1.0, most)
