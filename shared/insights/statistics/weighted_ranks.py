"""Ranks and correlations of columns for many sets of weights of the rows at once.

Weights are whole numbers: how often each row is in a resample. All sums use doubled ranks, which
are whole numbers too, so no sum depends on its order.
"""

from collections.abc import Sequence

import numpy as np

from shared.insights.statistics.resampling import FloatArray, IntArray

_EXACT_BELOW = 250_000
"""Below this many rows, sums of products of doubled ranks (n³ / 3) are whole numbers under 2^53.
Then neither the order of adding nor the number of threads changes a bit of them."""

_EXPLAINED = 1e-9
"""A share of a column's variance below this is rounding: the controls explain the column."""


class WeightedRanks:
    """Average ranks of columns for any whole-number weights of the rows."""

    def __init__(self, columns: Sequence[FloatArray]):
        self._columns: list[tuple[IntArray, int]] = []
        for column in columns:
            values, codes = np.unique(column, return_inverse=True)
            self._columns.append((codes.astype(np.int64), len(values)))
        self._bins: list[IntArray] = []
        self._out: FloatArray = np.empty((0, 0, 0))

    @property
    def codes(self) -> list[IntArray]:
        """For each column, the index of each row's value among the distinct values."""
        return [codes for codes, _ in self._columns]

    def at(self, weights: FloatArray) -> FloatArray:
        """Twice the centred average ranks, (columns, sets, rows), for weights (sets, rows).

        A value that w rows share, with b rows below it, has rank b + (w + 1) / 2. The next call
        overwrites the result.
        """
        sets, rows = weights.shape
        total = weights.sum(axis=1)[:, None]
        if self._out.shape[1:] != weights.shape:
            self._out = np.empty((len(self._columns), sets, rows))
            steps = np.arange(sets)[:, None]
            self._bins = [(codes + values * steps).ravel() for codes, values in self._columns]
        flat = weights.ravel()
        for out, bins, (codes, values) in zip(self._out, self._bins, self._columns, strict=True):
            counts = np.bincount(bins, flat, values * sets).reshape(sets, values)
            doubled = 2 * np.cumsum(counts, axis=1) - counts - total
            np.take(doubled, codes, axis=1, out=out, mode="clip")
        return self._out


def moments(ranks: FloatArray, weights: FloatArray) -> FloatArray:
    """Sums of products of all columns, (sets, columns, columns)."""
    if weights.sum(axis=1).max() < _EXACT_BELOW:
        by_set = ranks.transpose(1, 0, 2)
        product: FloatArray = (by_set * weights[:, None]) @ by_set.transpose(0, 2, 1)
    else:  # slower, but always added in the same order
        product = np.einsum("isk,jsk->sij", ranks * weights, ranks)
    return product


def correlations(
    products: FloatArray, pairs: Sequence[tuple[int, int]], controls_from: int | None = None
) -> FloatArray:
    """Correlations (sets, pairs) from `products` (sets, columns, columns) as `moments` gives them.

    With `controls_from`, partial correlations: the columns from there on are the controls (Schur
    complement). NaN where a column is constant or the controls explain it.
    """
    columns = products.shape[1] if controls_from is None else controls_from
    scale = np.sqrt(np.diagonal(products, axis1=1, axis2=2))
    safe = np.where(scale > 0, scale, 1.0)
    unit = products / safe[:, :, None] / safe[:, None, :]
    residual = unit[:, :columns, :columns]
    if products.shape[1] > columns:
        # The pseudo-inverse drops controls that repeat others, and those that are constant here.
        inverse = np.linalg.pinv(unit[:, columns:, columns:], rcond=_EXPLAINED, hermitian=True)
        across = unit[:, :columns, columns:]
        residual = residual - across @ inverse @ across.transpose(0, 2, 1)
    result = np.full((len(products), len(pairs)), np.nan)
    for column, (i, j) in enumerate(pairs):
        variances = residual[:, i, i], residual[:, j, j]
        varies = (scale[:, i] > 0) & (scale[:, j] > 0) & (np.minimum(*variances) > _EXPLAINED)
        square = np.where(varies, variances[0] * variances[1], 1.0)
        ratio = np.where(varies, residual[:, i, j] / np.sqrt(square), np.nan)
        result[:, column] = _bounded(ratio)
    return result


def _bounded(correlation: FloatArray) -> FloatArray:
    """Rounding can carry a perfect correlation a hair beyond 1, or leave it a hair short."""
    near = np.abs(correlation) > 1 - 1e-14
    return np.where(near, np.sign(correlation), correlation)
