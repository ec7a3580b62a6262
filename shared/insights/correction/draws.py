"""Rank correlations in bootstrap draws of creators, shared by all corrections of one sample.

Corrections of three ratings by nine outcomes need the same columns again and again. So each asks
for its correlations first; then every column is ranked once in each draw, and all correlations of
the draw come from one table of products. Shared draws also keep the covariance of estimates.
"""

import hashlib
from dataclasses import dataclass, field

import numpy as np

from shared.insights.statistics.distributions import t_quantile
from shared.insights.statistics.resampling import (
    BoolArray,
    FloatArray,
    Groups,
    IntArray,
    worth_processes,
)
from shared.insights.statistics.weighted_correlation import ratio
from shared.insights.statistics.weighted_ranks import WeightedRanks
from shared.processes import IN_THIS_PROCESS, Processes

BLOCK = 100
"""Draws that come from one seed."""

_AT_ONCE = 2**16
_CONFIDENCE = 0.95
_NEARLY_ONE = 1 - 1e-6


@dataclass(frozen=True, slots=True)
class AskedCorrelation:
    """Where a correlation stands among those that were asked for."""

    rows: int
    pair: int


@dataclass
class _RankedRows:
    """Columns of some rows, and the pairs of them whose correlation was asked for."""

    mask: BoolArray
    design_weights: FloatArray | None
    columns: list[FloatArray] = field(default_factory=list)
    positions: dict[bytes, int] = field(default_factory=dict)
    pairs: list[tuple[int, int]] = field(default_factory=list)

    def position(self, column: FloatArray) -> int:
        key = _digest(column)
        if key not in self.positions:
            self.positions[key] = len(self.columns)
            self.columns.append(column)
        return self.positions[key]


class CorrelationDraws:
    """Collects the correlations that are asked for, then computes all of them in every draw."""

    def __init__(self, groups: Groups, resamples: int, seed: int):
        self.groups, self.resamples, self._seed = groups, resamples, seed
        self._rows: list[_RankedRows] = []
        self._keys: dict[bytes, int] = {}
        self._points: list[FloatArray] = []
        self._draws: list[FloatArray] = []

    def ask(
        self,
        x: FloatArray,
        y: FloatArray,
        mask: BoolArray | None = None,
        design_weights: FloatArray | None = None,
    ) -> AskedCorrelation:
        """Ask for Spearman's correlation of two columns, which have the rows of the mask.

        `design_weights` (rows of the mask) count beside how often a row is drawn.
        """
        mask = np.ones(self.groups.n, dtype=np.bool_) if mask is None else mask
        key = _digest(mask) + (b"" if design_weights is None else _digest(design_weights))
        if key not in self._keys:
            self._keys[key] = len(self._rows)
            self._rows.append(_RankedRows(mask, design_weights))
        rows = self._rows[self._keys[key]]
        rows.pairs.append((rows.position(x), rows.position(y)))
        return AskedCorrelation(self._keys[key], len(rows.pairs) - 1)

    def compute(self, processes: Processes = IN_THIS_PROCESS) -> None:
        """Compute every correlation over all rows, and in each draw."""
        if not self._rows:
            return
        work = _Block(
            self.groups.codes,
            self.groups.count,
            self._seed,
            self.resamples,
            tuple(_PairsOfRows.of(rows) for rows in self._rows),
        )
        self._points = work.correlations(np.ones((1, self.groups.n)))
        starts = range(0, self.resamples, BLOCK)
        workers = worth_processes(processes, self.groups.n, self.resamples)
        blocks = list(workers.map(work, starts))
        self._draws = [np.concatenate(parts) for parts in zip(*blocks, strict=True)]

    def point(self, key: AskedCorrelation) -> float:
        """The correlation over all rows."""
        return float(self._points[key.rows][0, key.pair])

    def draws(self, key: AskedCorrelation) -> FloatArray:
        """The correlation in each draw: (resamples,)."""
        return self._draws[key.rows][:, key.pair]


def _digest(column: FloatArray | BoolArray) -> bytes:
    return hashlib.blake2b(column.tobytes()).digest()


@dataclass(frozen=True)
class _PairsOfRows:
    """The correlations of pairs of columns, under weights of all rows."""

    mask: BoolArray
    design_weights: FloatArray | None
    ranked: WeightedRanks
    pairs: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, rows: _RankedRows) -> "_PairsOfRows":
        return cls(rows.mask, rows.design_weights, WeightedRanks(rows.columns), tuple(rows.pairs))

    def __call__(self, times: FloatArray) -> FloatArray:
        """(sets, pairs) for weights (sets, all rows)."""
        weights = times if self.mask.all() else np.ascontiguousarray(times[:, self.mask])
        if self.design_weights is not None:
            weights = weights * self.design_weights
        products = self.ranked.products(weights)
        unit = (4 * weights.sum(axis=1)) ** 2
        return np.stack(
            [
                ratio(products[:, i, j], products[:, i, i] * products[:, j, j], unit)
                for i, j in self.pairs
            ],
            axis=1,
        )


@dataclass(frozen=True)
class _Block:
    """The draws of a block, by its first draw: an array (draws, pairs) for each set of rows."""

    codes: IntArray
    creators: int
    seed: int
    resamples: int
    parts: tuple[_PairsOfRows, ...]

    def __call__(self, start: int) -> list[FloatArray]:
        count = min(BLOCK, self.resamples - start)
        random = np.random.default_rng((self.seed, start))
        chosen = random.integers(0, self.creators, (count, self.creators))
        size = max(1, _AT_ONCE // len(self.codes))
        batches = [
            self.correlations(self._times(chosen[at : at + size])) for at in range(0, count, size)
        ]
        return [np.concatenate(parts) for parts in zip(*batches, strict=True)]

    def correlations(self, times: FloatArray) -> list[FloatArray]:
        return [part(times) for part in self.parts]

    def _times(self, chosen: IntArray) -> FloatArray:
        """How often each row is in each of some draws."""
        counts = [np.bincount(draw, minlength=self.creators) for draw in chosen]
        return np.stack(counts).astype(np.float64)[:, self.codes]


def correlation_interval(estimate: float, draws: FloatArray, groups: Groups) -> tuple[float, float]:
    """The 95 % interval of a correlation from its draws, on Fisher's z with t on creators - 1.

    The variance of draws of few creators is too small by (creators - 1) / creators, and is
    corrected. Percentiles of the draws would cover about two in a hundred less.
    """
    inside = np.clip(draws[np.isfinite(draws)], -_NEARLY_ONE, _NEARLY_ONE)
    se = float(np.arctanh(inside).std(ddof=1)) * (groups.count / (groups.count - 1)) ** 0.5
    middle = float(np.arctanh(np.clip(estimate, -_NEARLY_ONE, _NEARLY_ONE)))
    reach = float(t_quantile((1 + _CONFIDENCE) / 2, groups.count - 1)) * se
    return float(np.tanh(middle - reach)), float(np.tanh(middle + reach))
