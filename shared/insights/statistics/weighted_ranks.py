"""Ranks and correlations of columns for many sets of weights of the rows at once.

Weights are whole numbers: how often each row is in a resample. All sums use doubled ranks, which
are whole numbers too, so no sum depends on its order.
"""

from collections.abc import Sequence

import numpy as np

from shared.insights.statistics.resampling import FloatArray, IntArray

_EXPLAINED = 1e-9
"""A share of a column's variance below this is rounding: the controls explain the column."""


_AT_ONCE = 2**11
"""Ranks of so many rows are multiplied at once: those of 20 columns fit the processor's cache."""


class WeightedRanks:
    """Average ranks of columns for any whole-number weights of the rows."""

    def __init__(self, columns: Sequence[FloatArray]):
        self._columns: list[tuple[IntArray, int]] = []
        for column in columns:
            values, codes = np.unique(column, return_inverse=True)
            self._columns.append((codes.astype(np.int64), len(values)))

    @property
    def codes(self) -> list[IntArray]:
        """For each column, the index of each row's value among the distinct values."""
        return [codes for codes, _ in self._columns]

    def at(self, weights: FloatArray) -> FloatArray:
        """Twice the centred average ranks, (columns, sets, rows), for weights (sets, rows).

        A value that w rows share, with b rows below it, has rank b + (w + 1) / 2.
        """
        ranks = np.empty((len(self._columns), *weights.shape))
        self._fill(ranks, self._of_values(weights), slice(None))
        return ranks

    def products(self, weights: FloatArray) -> FloatArray:
        """Weighted sums of products of twice the ranks, (sets, columns, columns).

        They are exact below some 250,000 rows, where all sums are whole numbers under 2^53.
        """
        sets, rows = weights.shape
        of_values = self._of_values(weights)
        step = min(rows, _AT_ONCE) if sets == 1 else rows
        ranks = np.empty((len(self._columns), sets, step))
        weighted = np.empty_like(ranks)
        total = np.zeros((sets, len(self._columns), len(self._columns)))
        for start in range(0, rows, step):
            some = slice(start, min(start + step, rows))
            chunk, product = ranks[:, :, : some.stop - start], weighted[:, :, : some.stop - start]
            self._fill(chunk, of_values, some)
            np.multiply(chunk, weights[:, some], out=product)
            total += product.transpose(1, 0, 2) @ chunk.transpose(1, 2, 0)
        return total

    def _of_values(self, weights: FloatArray) -> list[FloatArray]:
        """For each column twice the centred ranks of its distinct values, (sets, values)."""
        return [_doubled(weights, codes, values) for codes, values in self._columns]

    def _fill(self, ranks: FloatArray, of_values: list[FloatArray], rows: slice) -> None:
        for of_column, doubled, (codes, _) in zip(ranks, of_values, self._columns, strict=True):
            some = codes[rows]
            for row, table in zip(of_column, doubled, strict=True):
                np.take(table, some, out=row, mode="clip")


def _doubled(weights: FloatArray, codes: IntArray, values: int) -> FloatArray:
    counts, total = np.empty((len(weights), values)), weights.sum(axis=1)
    for row, of_set, whole in zip(weights, counts, total, strict=True):
        if values == 2:  # counting into two bins waits for its own last addition
            above = np.einsum("i,i->", row, codes)
            of_set[:] = whole - above, above
        else:
            of_set[:] = np.bincount(codes, row, values)
    doubled: FloatArray = np.cumsum(counts, axis=1)
    doubled *= 2
    doubled -= counts
    doubled -= total[:, None]
    return doubled


def correlations(
    products: FloatArray, pairs: Sequence[tuple[int, int]], controls_from: int | None = None
) -> FloatArray:
    """Correlations (sets, pairs) from `WeightedRanks.products` (sets, columns, columns).

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
