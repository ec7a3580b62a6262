"""Resampling of creators: the jackknife and the bootstrap of a statistic over clusters.

A resample is a weight per row, so nothing is copied: a creator drawn twice has weight 2 on each
of its videos. The cluster bootstrap draws as many creators as there are,
with replacement, each with all its videos (the pairs cluster bootstrap of Cameron, Gelbach &
Miller 2008, Rev. Econ. Stat. 90(3), 414–427). The delete-one-cluster jackknife leaves each
creator out once; it is better when creators are few (Cameron & Miller 2015, J. Hum.
Resour. 50(2), 317–372; MacKinnon, Nielsen & Webb 2023, J. Econometrics 232(2), 272–299).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd  # type: ignore[import-untyped]

from shared.processes import IN_THIS_PROCESS, Processes

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Statistic = Callable[[FloatArray], FloatArray]
"""From weights (sets, rows) to numbers (sets, k); NaN where a number is not defined."""
OnDraws = Callable[[int, int], None]
"""Called with the number of draws so far, and of all."""

_AT_ONCE = 2**17
_BLOCK = 50
"""Resamples in one piece of work. It says how often progress is told, and nothing else."""

_WORTH_PROCESSES = 20_000_000
"""Rows × resamples from which on children save more than the second or two that they start in."""

JACKKNIFE_UP_TO = 2000
"""Up to this number of creators the interval comes from the jackknife, above it from the bootstrap.

The jackknife costs at most as much as 2,000 draws. It is better where creators are few or differ
much in size: there the bootstrap's standard error is too small.
docs/explanation/measured/coverage.md has both."""


@dataclass(frozen=True)
class Groups:
    """The creator of each row; codes run from 0 in the order of first appearance."""

    codes: IntArray
    names: tuple[str, ...]

    @classmethod
    def of(cls, labels: Iterable[object]) -> Self:
        """From a label per row. Labels are compared as text; a missing label is refused."""
        column = labels if hasattr(labels, "__array__") else list(labels)
        values = np.asarray(column, dtype=object)
        if pd.isna(values).any() or "" in values.tolist():
            raise ValueError("a row has no creator; drop or name such rows first")
        code_of: dict[str, int] = {}
        codes = [code_of.setdefault(name, len(code_of)) for name in map(str, values)]
        return cls(np.array(codes, dtype=np.int64), tuple(code_of))

    @property
    def n(self) -> int:
        return len(self.codes)

    @property
    def count(self) -> int:
        return len(self.names)

    @cached_property
    def sizes(self) -> IntArray:
        return np.bincount(self.codes, minlength=self.count).astype(np.int64)

    def where(self, mask: BoolArray) -> "Groups":
        """The groups of the rows where the mask is true, without creators that have no row left."""
        codes, present = pd.factorize(self.codes[mask])
        return Groups(codes.astype(np.int64), tuple(self.names[code] for code in present))

    def sums(self, rows: FloatArray) -> FloatArray:
        """Sum of each creator's rows: (n,) gives (clusters,), (n, k) gives (clusters, k)."""
        if rows.ndim == 1:
            return np.bincount(self.codes, rows, self.count).astype(np.float64, copy=False)
        sums = np.empty((self.count, rows.shape[1]))
        for at, column in enumerate(rows.T):
            sums[:, at] = self.sums(column)
        return sums

    def means(self, rows: FloatArray) -> FloatArray:
        """Each creator's mean."""
        return self.sums(rows) / self.sizes


def jackknife(
    statistic: Statistic, groups: Groups, processes: Processes = IN_THIS_PROCESS
) -> FloatArray:
    """The statistic without each creator in turn: (clusters, k)."""
    work = _Resamples(statistic, groups, None)
    return np.concatenate(list(_blocks(work, groups.count, processes)))


def bootstrap(
    statistic: Statistic,
    groups: Groups,
    resamples: int,
    seed: int,
    on_progress: OnDraws | None = None,
    processes: Processes = IN_THIS_PROCESS,
) -> FloatArray:
    """The statistic over `resamples` draws of all creators with replacement: (resamples, k).

    Draw b depends on `seed` and b alone, so 500 resamples are the first 500 of 2,000.
    """
    replicates = []
    for block in _blocks(_Resamples(statistic, groups, seed), resamples, processes):
        replicates.append(block)
        if on_progress is not None:
            on_progress(min(len(replicates) * _BLOCK, resamples), resamples)
    return np.concatenate(replicates)


@dataclass(frozen=True)
class _Resamples:
    """A range of resamples: draws by `seed`, or where it is None, each without one creator."""

    statistic: Statistic
    groups: Groups
    seed: int | None

    def __call__(self, block: range) -> FloatArray:
        # As many together as fit the processor's cache.
        size = max(1, _AT_ONCE // self.groups.n)
        batches = (block[start : start + size] for start in range(0, len(block), size))
        return np.concatenate([self.statistic(self._weights(batch)) for batch in batches])

    def _weights(self, batch: range) -> FloatArray:
        if self.seed is None:
            left_out = self.groups.codes != np.array(batch)[:, None]
            return np.asarray(left_out, dtype=np.float64)
        return np.stack([drawn(self.groups, self.seed, draw) for draw in batch])


def _blocks(work: _Resamples, count: int, processes: Processes) -> Iterator[FloatArray]:
    blocks = [range(first, min(first + _BLOCK, count)) for first in range(0, count, _BLOCK)]
    return worth_processes(processes, work.groups.n, count).map(work, blocks)


def worth_processes(processes: Processes, rows: int, resamples: int) -> Processes:
    """These processes, or this one alone where children would take longer to start than to help."""
    return processes if rows * resamples >= _WORTH_PROCESSES else IN_THIS_PROCESS


def drawn(groups: Groups, seed: int, draw: int) -> FloatArray:
    """How often each row is in one draw of the creators: a whole number per row."""
    # The draw's number is part of the seed: batches of any size give the same draws.
    generator = np.random.default_rng((seed, draw))
    chosen = generator.integers(0, groups.count, groups.count)
    times = np.bincount(chosen, minlength=groups.count).astype(np.float64)
    return times[groups.codes]


def jackknife_variance(left_out: FloatArray) -> FloatArray:
    """Variance of a statistic from its delete-one-cluster values, (clusters, k) to (k,)."""
    clusters = len(left_out)
    spread = left_out - left_out.mean(axis=0)
    # Around the mean of the values (CV3J); around the estimate it would be CV3.
    result: Any = (clusters - 1) / clusters * (spread**2).sum(axis=0)
    return np.asarray(result, dtype=np.float64)
