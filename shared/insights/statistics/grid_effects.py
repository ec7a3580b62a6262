"""Fixed effects of the rows and the columns of a grid, swept out exactly.

A grid (rows, columns) holds a value for each video and second. The normal equations of two-way
effects have a diagonal block of rows, so the Schur complement leaves a system as large as the
number of columns. All sums of products need the sums over rows and over columns only.
"""

import numpy as np

from shared.insights.statistics.products import applied, crossed
from shared.insights.statistics.resampling import FloatArray

_RIDGE = 1e-11
"""Relative. The system lacks a rank for each part of the grid that no weight connects."""

_SMALLEST = 1e-300


class GridProjection:
    """The weighted projection on the effects of rows and columns, for weights (rows, columns) ≥ 0.

    A row or a column without weight has the effect 0.
    """

    def __init__(self, weights: FloatArray):
        self.weights = weights
        by_row, by_column = weights.sum(axis=1), weights.sum(axis=0)
        self._per_row = np.where(by_row > 0, 1 / np.maximum(by_row, _SMALLEST), 0.0)
        self._shares: FloatArray = weights * self._per_row[:, None]
        # Columns whose weights differ by powers of ten count alike.
        unit = np.where(by_column > 0, 1 / np.sqrt(np.maximum(by_column, _SMALLEST)), 0.0)
        system = np.diag(by_column) - crossed(weights, self._shares)
        system = system * np.outer(unit, unit)
        # Adding a number to all columns changes no fit: this direction gets the eigenvalue 1.
        level = np.sqrt(by_column / by_column.sum())
        system += np.outer(level, level) + _RIDGE * np.eye(len(unit))
        self._inverse: FloatArray = np.linalg.inv(system) * np.outer(unit, unit)

    def sums(self, weighted: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Sums over columns (rows, k) and over rows (columns, k) of weights · values (k, …)."""
        return weighted.sum(axis=2).T, weighted.sum(axis=1).T

    def column_effects(self, by_row: FloatArray, by_column: FloatArray) -> FloatArray:
        """The effects of the columns (columns, k) on values with these weighted sums."""
        return applied(self._inverse, self._free(by_row, by_column))

    def row_effects(self, by_row: FloatArray, column_effects: FloatArray) -> FloatArray:
        """The effects of the rows (rows, k), once those of the columns are known."""
        effects: FloatArray = by_row * self._per_row[:, None] - applied(
            self._shares, column_effects
        )
        return effects

    def explained(
        self, first: tuple[FloatArray, FloatArray], second: tuple[FloatArray, FloatArray]
    ) -> FloatArray:
        """The part of Σ weights · a b that the effects explain, from the sums of both: (p, q)."""
        rows = crossed(first[0], second[0] * self._per_row[:, None])
        return rows + crossed(self._free(*first), self.column_effects(*second))

    def swept(self, values: FloatArray, weighted: FloatArray) -> FloatArray:
        """Values (k, rows, columns) less their projection."""
        by_row, by_column = self.sums(weighted)
        columns = self.column_effects(by_row, by_column)
        rows = self.row_effects(by_row, columns)
        free: FloatArray = values - rows.T[:, :, None] - columns.T[:, None, :]
        return free

    def _free(self, by_row: FloatArray, by_column: FloatArray) -> FloatArray:
        """Sums by column of what the rows do not explain."""
        return by_column - crossed(self._shares, by_row)
