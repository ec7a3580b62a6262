"""Fixed effects of creators and weeks, swept out of columns instead of standing in the model.

By the theorem of Frisch, Waugh and Lovell a coefficient is the same whether the dummies stand in
the model or every column is first cleared of them. Clearing one kind of dummies is taking away
means. For two kinds the means of one depend on those of the other, which gives a linear system as
large as the number of weeks. It is solved exactly; nothing is iterated.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from shared.insights.statistics.products import applied, crossed
from shared.insights.statistics.resampling import BoolArray, FloatArray, Groups

_NO_WEIGHT = 1e-300
_SINGULAR = 1e-12
_DENSE_UP_TO = 2_000_000
"""A cross table of creators and weeks is an array while creators × weeks² is at most this."""


@dataclass(frozen=True)
class Absorbed:
    """The fixed effects of a model: one per creator and, where given, one per week."""

    creators: Groups
    weeks: Groups | None = None

    def weighted(self, weights: FloatArray) -> "Projection":
        """The projection on all dummies for positive weights (n,)."""
        return Projection(self, weights)

    def swept(self, columns: FloatArray, weights: FloatArray) -> FloatArray:
        """(n, k) columns less their weighted projection on all dummies. Weights are positive."""
        return self.weighted(weights).swept(columns)

    def where(self, mask: BoolArray) -> "Absorbed":
        """The fixed effects of the rows where the mask is true."""
        weeks = None if self.weeks is None else self.weeks.where(mask)
        return Absorbed(self.creators.where(mask), weeks)

    @property
    def parts(self) -> tuple[Groups, ...]:
        return (self.creators,) if self.weeks is None else (self.creators, self.weeks)


class Projection:
    """The weighted projection on the dummies of creators and weeks."""

    def __init__(self, absorbed: Absorbed, weights: FloatArray):
        self._creators, self._weights = absorbed.creators, weights
        self._by_creator = np.maximum(self._creators.sums(weights), _NO_WEIGHT)
        self._weeks = _WeekSystem.of(absorbed, weights, self._by_creator)

    def swept(self, columns: FloatArray) -> FloatArray:
        """(n, k) columns less their projection."""
        free = self._without_creators(columns)
        if self._weeks is None:
            return free
        part = self._weeks.part_of(self._weeks.effects(free * self._weights[:, None]))
        return free - part

    def week_part(self, weighted: FloatArray) -> FloatArray:
        """What weeks explain of values that have no creator means, from weights · values: (n,).

        The values themselves may be too large for their digits, where a weight is tiny.
        """
        if self._weeks is None:
            return np.zeros(len(weighted))
        return self._weeks.part_of(self._weeks.effects(weighted[:, None]))[:, 0]

    def _without_creators(self, columns: FloatArray) -> FloatArray:
        sums = self._creators.sums(columns * self._weights[:, None])
        return columns - (sums / self._by_creator[:, None])[self._creators.codes]


@dataclass(frozen=True)
class _WeekSystem:
    """The linear system of the week effects, given that creators have effects too.

    `shares` is each week's part of a creator's weight, as an array or sparse. `inverse` is scaled
    by `unit`, so that weeks whose weights differ by many powers of ten count alike.
    """

    creators: Groups
    weeks: Groups
    shares: Any
    unit: FloatArray
    inverse: FloatArray

    @classmethod
    def of(
        cls, absorbed: Absorbed, weights: FloatArray, by_creator: FloatArray
    ) -> "_WeekSystem | None":
        creators, weeks = absorbed.creators, absorbed.weeks
        if weeks is None or weeks.count < 2:
            return None
        table = _cross_table(creators, weeks, weights)
        shares = _scaled(table, 1 / by_creator)
        by_week = np.maximum(weeks.sums(weights), _NO_WEIGHT)
        unit = 1 / np.sqrt(by_week)
        system = (np.diag(by_week) - _crossed(table, shares)) * np.outer(unit, unit)
        # The weeks add up to 1, as the creators do, so the system lacks at least one rank.
        return cls(creators, weeks, shares, unit, _pseudo_inverse(system))

    def effects(self, weighted: FloatArray) -> FloatArray:
        """The effect of each week (weeks, k) on columns without creator means, times weights."""
        sums = self.weeks.sums(weighted) * self.unit[:, None]
        effects: FloatArray = applied(self.inverse, sums) * self.unit[:, None]
        return effects

    def part_of(self, effects: FloatArray) -> FloatArray:
        """The rows' week effects, less their creator's mean: (n, k)."""
        if sparse.issparse(self.shares):
            means = self.shares @ effects
        else:
            means = applied(self.shares, effects)
        part: FloatArray = effects[self.weeks.codes] - means[self.creators.codes]
        return part


def _cross_table(creators: Groups, weeks: Groups, weights: FloatArray) -> Any:
    """The weights of each creator in each week."""
    shape = creators.count, weeks.count
    if shape[0] * shape[1] ** 2 > _DENSE_UP_TO:
        return sparse.csr_matrix((weights, (creators.codes, weeks.codes)), shape=shape)
    cells = creators.codes * weeks.count + weeks.codes
    return np.bincount(cells, weights, shape[0] * shape[1]).reshape(shape)


def _pseudo_inverse(system: FloatArray) -> FloatArray:
    """Of a symmetric matrix; numpy's `pinv` takes three times as long for a small one."""
    sizes, axes = np.linalg.eigh(system)
    is_regular = np.abs(sizes) > _SINGULAR * np.abs(sizes).max()
    axes = axes[:, is_regular]
    return crossed((axes / sizes[is_regular]).T, axes.T)


def _scaled(table: Any, rows: FloatArray) -> Any:
    """The table with each row times a number."""
    return sparse.diags(rows) @ table if sparse.issparse(table) else table * rows[:, None]


def _crossed(a: Any, b: Any) -> FloatArray:
    """aᵀ b of two cross tables of one kind."""
    product: FloatArray = (a.T @ b).toarray() if sparse.issparse(a) else crossed(a, b)
    return product
