"""Ranks and correlations of columns for many sets of weights of the rows at once.

Weights are whole numbers: how often each row is in a resample. Everything is counted in doubled
ranks, which are whole numbers too, so no sum over them depends on its order.
"""

from collections.abc import Sequence

import numpy as np

from shared.insights.statistics.resampling import FloatArray, IntArray

_EXACT_BELOW = 250_000
"""Up to as many rows every sum of products of doubled ranks (n³ / 3) is a whole number under 2^53.
Then no order of adding, and so no number of threads, changes a bit of it."""

_EXPLAINED = 1e-9
"""A share of a column's variance below this is rounding: the controls explain the column."""


class Ranked:
    """Columns whose average ranks can be had again for any whole-number weights of the rows."""

    def __init__(self, columns: Sequence[FloatArray]):
        self._columns: list[tuple[IntArray, int]] = []
        for column in columns:
            values, codes = np.unique(column, return_inverse=True)
            self._columns.append((codes.astype(np.int64), len(values)))
        self._places: list[IntArray] = []
        self._out: FloatArray = np.empty((0, 0, 0))

    @property
    def codes(self) -> list[IntArray]:
        """For each column, the place of each row's value among the distinct values."""
        return [codes for codes, _ in self._columns]

    def at(self, weights: FloatArray) -> FloatArray:
        """Twice the centred average ranks, (columns, sets, rows), for weights (sets, rows).

        A value that w rows share, with b rows below it, has rank b + (w + 1) / 2. The answer is
        overwritten by the next call.
        """
        sets, rows = weights.shape
        total = weights.sum(axis=1)[:, None]
        if self._out.shape[1:] != weights.shape:
            self._out = np.empty((len(self._columns), sets, rows))
            steps = np.arange(sets)[:, None]
            self._places = [(codes + values * steps).ravel() for codes, values in self._columns]
        flat = weights.ravel()
        for out, places, (codes, values) in zip(
            self._out, self._places, self._columns, strict=True
        ):
            held = np.bincount(places, flat, values * sets).reshape(sets, values)
            doubled = 2 * np.cumsum(held, axis=1) - held - total
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
    products: FloatArray, wanted: Sequence[tuple[int, int]], kept: int | None = None
) -> FloatArray:
    """Correlations (sets, wanted) from `products` (sets, columns, columns) as of `moments`.

    With `kept`, of what the columns from there on leave of the first ones (Schur complement). NaN
    where a column is constant or explained by those.
    """
    kept = products.shape[1] if kept is None else kept
    scale = np.sqrt(np.diagonal(products, axis1=1, axis2=2))
    safe = np.where(scale > 0, scale, 1.0)
    unit = products / safe[:, :, None] / safe[:, None, :]
    left = unit[:, :kept, :kept]
    if products.shape[1] > kept:
        # The pseudo-inverse drops controls that repeat others, and those that are constant here.
        inverse = np.linalg.pinv(unit[:, kept:, kept:], rcond=_EXPLAINED, hermitian=True)
        across = unit[:, :kept, kept:]
        left = left - across @ inverse @ across.transpose(0, 2, 1)
    found = np.full((len(products), len(wanted)), np.nan)
    for place, (i, j) in enumerate(wanted):
        own = left[:, i, i], left[:, j, j]
        varies = (scale[:, i] > 0) & (scale[:, j] > 0) & (np.minimum(*own) > _EXPLAINED)
        square = np.where(varies, own[0] * own[1], 1.0)
        found[:, place] = _bounded(np.where(varies, left[:, i, j] / np.sqrt(square), np.nan))
    return found


def _bounded(correlation: FloatArray) -> FloatArray:
    """Rounding can carry a perfect correlation a hair beyond 1, or leave it a hair short."""
    near = np.abs(correlation) > 1 - 1e-14
    return np.where(near, np.sign(correlation), correlation)
