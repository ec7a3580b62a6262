"""Weights of a jackknife over blocks of rows: a sum without a block is the sum less the block's."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from shared.insights.statistics.resampling import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class LeftOutBlocks:
    """Weights (sets, rows) that are 0 in one block of rows and 1 elsewhere.

    It stands for the array that `np.asarray` makes of it. `weights @ values`, `weights.sum(axis=1)`
    and `weights[:, mask]` make no such array, so a thousand sets cost as much as one.
    """

    block: IntArray
    """The block of each row."""
    sets: range
    """The block that each set leaves out."""
    blocks: int

    @classmethod
    def of(cls, rows: int, blocks: int, sets: range) -> Self:
        """Every `blocks`-th row is in one block."""
        return cls(np.arange(rows) % blocks, sets, blocks)

    def __len__(self) -> int:
        return len(self.sets)

    def __getitem__(self, key: tuple[slice, BoolArray]) -> "LeftOutBlocks":
        """The weights of some rows: `weights[:, mask]`."""
        _, mask = key
        return LeftOutBlocks(self.block[mask], self.sets, self.blocks)

    def __matmul__(self, values: Any) -> FloatArray:
        """Weighted sums of values (rows,) or (rows, k), also sparse: (sets,) or (sets, k)."""
        if sparse.issparse(values):
            total = np.asarray(values.sum(axis=0), dtype=np.float64).ravel()
            of_blocks: FloatArray = total - (self._indicator() @ values).toarray()
            return of_blocks
        columns = np.asarray(values, dtype=np.float64)
        if columns.ndim == 1:
            return self._without(np.asarray(np.bincount(self.block, columns, self.blocks)))
        sums = [np.bincount(self.block, column, self.blocks) for column in columns.T]
        return self._without(np.stack(sums, axis=1))

    def sum(self, axis: int) -> FloatArray:
        """The sum of each set's weights."""
        return self._without(np.bincount(self.block, minlength=self.blocks).astype(np.float64))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> FloatArray:
        left_out = np.fromiter(self.sets, np.int64)
        return np.asarray(self.block != left_out[:, None], dtype=np.float64)

    def _indicator(self) -> sparse.csr_array:
        """(sets, rows) with 1 in the block that a set leaves out."""
        of_sets = self.block - self.sets.start
        rows = np.flatnonzero((of_sets >= 0) & (of_sets < len(self.sets)))
        cells = (of_sets[rows], rows)
        return sparse.csr_array(
            (np.ones(len(rows)), cells), shape=(len(self.sets), len(self.block))
        )

    def _without(self, sums: FloatArray) -> FloatArray:
        without: FloatArray = sums.sum(axis=0) - sums[self.sets.start : self.sets.stop]
        return without
