"""Henderson's mixed-model equations of crossed random effects, solved in blocks.

Most levels belong to one video: the video's own effect and its interactions. They form a small
block for each video, and a narrow border holds what videos share. So a solution costs a batch of
small inverses and one of the border's width, not a matrix of all levels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from shared.insights.statistics.resampling import FloatArray, IntArray

Entries = tuple[IntArray, FloatArray]
"""For each value, a column of the design and the number that stands in it."""


@dataclass(frozen=True, slots=True)
class MixedModelSolution:
    """The profiled likelihood at given ratios of standard deviations.

    `deviance` leaves out what does not depend on the ratios; `slopes` (factors,) are its
    derivatives by the ratios.
    """

    deviance: float
    slopes: FloatArray
    penalized_squares: float
    mean: float


@dataclass(frozen=True)
class MixedModelEquations:
    """Cross products of the design (levels, mean) and y, split into blocks and their border.

    Shapes: blocks (b, m, m), coupling (b, m, r), border (r, r). The border's last two columns are
    the mean and y. `of_block` (m,) and `of_border` (r - 2,) say to which factor a column belongs.
    """

    names: tuple[str, ...]
    n: int
    blocks: FloatArray
    coupling: FloatArray
    border: FloatArray
    of_block: IntArray
    of_border: IntArray

    @classmethod
    def of(cls, y: FloatArray, factors: Mapping[str, IntArray]) -> Self:
        """From y (n,) and the codes of each factor, which run from 0."""
        block_of, nested = _best_blocks(factors)
        crossed = [name for name in factors if name not in nested]
        inner, widths = _columns({name: _within(block_of, factors[name]) for name in nested})
        outer, spans = _columns({name: factors[name] for name in crossed})
        width, reach = sum(widths), sum(spans)
        ones = np.ones(len(y))
        own = [(column, ones) for column in inner]
        shared = [(column, ones) for column in outer]
        shared += [(np.full(len(y), reach), ones), (np.full(len(y), reach + 1), y)]
        return cls(
            (*nested, *crossed),
            len(y),
            _cross_products(block_of, own, own, (width, width)),
            _cross_products(block_of, own, shared, (width, reach + 2)),
            _cross_products(np.zeros_like(block_of), shared, shared, (reach + 2, reach + 2))[0],
            np.repeat(np.arange(len(nested)), widths),
            np.repeat(np.arange(len(nested), len(factors)), spans),
        )

    def solve(self, ratios: FloatArray) -> MixedModelSolution:
        """The solution where `ratios` (factors,), above 0, are deviations over the residual's."""
        inner, outer = ratios[self.of_block], np.append(ratios[self.of_border], (1.0, 1.0))
        scaled = self.blocks * inner[:, None] * inner + np.eye(len(inner))
        coupling = self.coupling * inner[:, None] * outer
        inverse = np.asarray(np.linalg.inv(scaled), dtype=np.float64)
        follow = inverse @ coupling
        border = self.border * outer[:, None] * outer
        border[np.diag_indices(len(outer) - 2)] += 1.0
        border -= np.tensordot(coupling, follow, axes=((0, 1), (0, 1)))
        pivots = np.diag(np.linalg.cholesky(border))
        squares = float(pivots[-1] ** 2)
        logarithms = np.linalg.slogdet(scaled)[1].sum() + 2 * np.log(pivots[:-1]).sum()
        covariance = np.linalg.inv(border[:-1, :-1])
        effects = covariance @ border[:-1, -1]
        errors, lengths = _errors_and_lengths(inverse, follow, covariance, effects)
        levels = np.append(np.full(len(inner), len(self.blocks)), np.ones(len(outer) - 2))
        by_column = 2 * (levels - errors - (self.n - 1) * lengths / squares)
        of_factor = np.append(self.of_block, self.of_border)
        return MixedModelSolution(
            deviance=float(logarithms + (self.n - 1) * np.log(squares)),
            slopes=np.bincount(of_factor, by_column, len(self.names)) / ratios,
            penalized_squares=squares,
            mean=float(effects[-1]),
        )


def _errors_and_lengths(
    inverse: FloatArray, follow: FloatArray, covariance: FloatArray, effects: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Of each column of blocks, then of the border: error variance and square of its effects.

    With C the matrix of the equations and u the scaled effects, the derivative of log |C| by a
    ratio is 2 (levels - trace of C⁻¹) / ratio, and that of the penalized squares -2 u'u / ratio.
    """
    others, of_y = follow[:, :, :-1], follow[:, :, -1]
    in_blocks = np.einsum("bmm->m", inverse) + ((others @ covariance) * others).sum(axis=(0, 2))
    errors = np.append(in_blocks, np.diag(covariance)[:-1])
    of_blocks = of_y - others @ effects
    return errors, np.append((of_blocks**2).sum(axis=0), effects[:-1] ** 2)


def _best_blocks(factors: Mapping[str, IntArray]) -> tuple[IntArray, list[str]]:
    """The factor whose levels are the blocks, and the factors nested in it: least border."""

    def border(block: str) -> int:
        return sum(_levels(codes) for name, codes in factors.items() if name not in nested[block])

    nested = {
        block: [name for name, codes in factors.items() if _is_nested(codes, factors[block])]
        for block in factors
    }
    best = min(factors, key=border)
    return factors[best], nested[best]


def _is_nested(codes: IntArray, block_of: IntArray) -> bool:
    """Whether each level lies in one block."""
    pairs = np.unique(codes * _levels(block_of) + block_of)
    return len(pairs) == _levels(codes)


def _levels(codes: IntArray) -> int:
    return int(codes.max()) + 1


def _within(block_of: IntArray, codes: IntArray) -> IntArray:
    """The number of each value's level among the levels of its block."""
    levels, first = np.unique(codes, return_index=True)
    order = np.lexsort((levels, block_of[first]))
    blocks = block_of[first][order]
    starts = np.flatnonzero(np.append(True, blocks[1:] != blocks[:-1]))
    numbers = np.empty(len(levels), dtype=np.int64)
    sizes = np.diff(np.append(starts, len(blocks)))
    numbers[order] = np.arange(len(levels)) - np.repeat(starts, sizes)
    return numbers[codes]


def _columns(factors: Mapping[str, IntArray]) -> tuple[list[IntArray], list[int]]:
    """The column of each value for each factor, one factor after the other, and their widths."""
    widths = [_levels(codes) for codes in factors.values()]
    starts = np.cumsum([0, *widths])
    return [codes + start for codes, start in zip(factors.values(), starts, strict=False)], widths


def _cross_products(
    block_of: IntArray,
    rows: Sequence[Entries],
    columns: Sequence[Entries],
    shape: tuple[int, int],
) -> FloatArray:
    """Per block, the products of two designs, summed over the block's values: (b, *shape)."""
    blocks, size = _levels(block_of), shape[0] * shape[1]
    total = np.zeros(blocks * size)
    for row, of_row in rows:
        for column, of_column in columns:
            cells = (block_of * shape[0] + row) * shape[1] + column
            total += np.bincount(cells, of_row * of_column, blocks * size)
    return total.reshape(blocks, *shape)
