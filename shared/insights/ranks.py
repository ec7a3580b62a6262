"""Correlations of ranks, each with an interval from resampling creators.

Spearman's is Pearson's correlation of average ranks; Kendall's is tau-b; the partial one is the
correlation of what is left of the ranks after a least-squares fit on the ranks of the controls.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.concordance import TauB
from shared.insights.effect import Effect, NotEstimable, TooFew
from shared.insights.interval import Interval, interval_of, resampled
from shared.insights.resampling import FloatArray, Groups, IntArray, Progress

FEWEST_ROWS = 3
FEWEST_CLUSTERS = 2

PARTIAL_RESAMPLES = 400
"""The standard error from as many draws is itself off by about 1 / sqrt(800) = 3.5 %."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A predictor, an outcome, and the column that holds the outcome on the scale named."""

    predictor: str
    outcome: str
    scale: str = "count"
    column: str | None = None

    @property
    def outcome_column(self) -> str:
        return self.column or self.outcome


def spearman(
    frame: pd.DataFrame,
    pairs: Sequence[Pair],
    groups: Groups,
    resamples: int,
    seed: int,
    on_progress: Progress | None = None,
) -> tuple[Effect, ...]:
    """Spearman's correlation of each pair. A column without variation gives None and a note."""
    table = _Columns(frame, pairs, groups)
    ranked = Ranked([table.of(name) for name in table.names])
    wanted = [table.indices(pair) for pair in pairs]

    def statistic(weights: FloatArray) -> FloatArray:
        return correlations(ranked.at(weights), weights, wanted)

    return _effects(
        "spearman", pairs, table.notes(pairs), statistic, groups, resamples, seed, on_progress
    )


def pearson_log1p(
    frame: pd.DataFrame,
    pairs: Sequence[Pair],
    groups: Groups,
    resamples: int,
    seed: int,
    on_progress: Progress | None = None,
) -> tuple[Effect, ...]:
    """Pearson's correlation of the predictor with log(1 + outcome), as a sensitivity check only.

    It depends on the unit of the outcome where there are zeros (Chen & Roth 2024, Q. J. Econ.
    139(2), 891–936). Raises NotEstimable for an outcome of -1 or less.
    """
    table = _Columns(frame, pairs, groups)
    outcomes = {pair.outcome_column for pair in pairs}
    values = []
    for name in table.names:
        column = table.of(name)
        if name in outcomes and column.min() <= -1:
            raise NotEstimable("negative", f"{name} is -1 or less somewhere: it has no log(1 + y)")
        values.append(_standardised(np.log1p(column) if name in outcomes else column))
    stacked = np.array(values)
    wanted = [table.indices(pair) for pair in pairs]

    def statistic(weights: FloatArray) -> FloatArray:
        means = np.einsum("ik,k->i", stacked, weights) / weights.sum()
        return correlations(stacked - means[:, None], weights, wanted, least=_ROUNDING)

    return _effects(
        "pearson_log1p", pairs, table.notes(pairs), statistic, groups, resamples, seed, on_progress
    )


def partial_spearman(
    frame: pd.DataFrame,
    pairs: Sequence[Pair],
    controls: pd.DataFrame,
    groups: Groups,
    resamples: int,
    seed: int,
    on_progress: Progress | None = None,
) -> tuple[Effect, ...]:
    """Spearman's correlation of what the ranks of the controls leave unexplained.

    `controls` are numeric columns, categories as 0/1 columns with one left out. Constant and
    repeated controls take nothing away. A pair that a control explains wholly gives None. Every
    resample ranks and fits all controls again, so no more than PARTIAL_RESAMPLES are drawn.
    """
    if len(controls) != len(frame):
        raise ValueError(f"{len(controls)} rows of controls for {len(frame)} rows")
    table = _Columns(frame, pairs, groups)
    held = [_numbers(controls[name], str(name)) for name in controls.columns]
    _enough(len(frame) - len(held), groups, f"{len(held)} controls")
    ranked = Ranked([table.of(name) for name in table.names] + held)
    wanted = [table.indices(pair) for pair in pairs]
    kept = len(table.names)

    def statistic(weights: FloatArray) -> FloatArray:
        ranks = ranked.at(weights)
        moments = _moments(ranks, weights)
        return _without_controls(moments, kept, wanted)

    return _effects(
        "partial_spearman",
        pairs,
        table.notes(pairs),
        statistic,
        groups,
        min(resamples, PARTIAL_RESAMPLES),
        seed,
        on_progress,
    )


def kendall(frame: pd.DataFrame, pair: Pair, groups: Groups) -> Effect:
    """Kendall's tau-b; its interval is the delete-one-cluster jackknife's at any size.

    Leaving one creator out changes the count of concordant pairs by sums that are known for
    every row, so the jackknife is exact and costs little more than tau itself.
    """
    table = _Columns(frame, [pair], groups)
    tau = TauB(table.of(pair.predictor), table.of(pair.outcome_column), groups)
    note = table.notes([pair])[0]
    found = interval_of(tau.estimate(), tau.without_each(), "jackknife", groups)
    return _effect("kendall", pair, note, found, groups)


class Ranked:
    """Columns whose average ranks can be had again for any whole-number weights of the rows."""

    def __init__(self, columns: Sequence[FloatArray]):
        self._columns: list[tuple[IntArray, int]] = []
        for column in columns:
            values, codes = np.unique(column, return_inverse=True)
            self._columns.append((codes.astype(np.int64), len(values)))
        self._out = np.empty((len(columns), len(columns[0])))

    @property
    def codes(self) -> list[IntArray]:
        """For each column, the place of each row's value among the distinct values."""
        return [codes for codes, _ in self._columns]

    def at(self, weights: FloatArray) -> FloatArray:
        """Twice the centred average ranks, (columns, rows); overwritten by the next call.

        A value that w rows share, with b rows below it, has rank b + (w + 1) / 2. Doubling keeps
        all of them whole numbers, so no sum over them depends on its order.
        """
        total = weights.sum()
        for row, (codes, values) in zip(self._out, self._columns, strict=True):
            held = np.bincount(codes, weights=weights, minlength=values)
            doubled = 2 * np.cumsum(held) - held - total
            np.take(doubled, codes, out=row, mode="clip")
        return self._out


def correlations(
    centred: FloatArray,
    weights: FloatArray,
    wanted: Sequence[tuple[int, int]],
    least: float = 0.0,
) -> FloatArray:
    """Pearson's correlation of rows of `centred` (means zero under `weights`).

    NaN for a row whose variance is not above `least`, which for ranks is exactly 0.
    """
    weighted = {i: centred[i] * weights for i in sorted({i for i, _ in wanted})}
    squares = {
        i: float(np.einsum("k,k,k->", centred[i], centred[i], weights))
        for i in sorted({i for pair in wanted for i in pair})
    }
    found = np.full(len(wanted), np.nan)
    for place, (i, j) in enumerate(wanted):
        if min(squares[i], squares[j]) > least * weights.sum():
            product = float(np.einsum("k,k->", weighted[i], centred[j]))
            found[place] = _bounded(product / np.sqrt(squares[i]) / np.sqrt(squares[j]))
    return found


_ROUNDING = 1e-26
"""What rounding leaves as the variance of a constant, when that of the whole column is 1."""


def _standardised(column: FloatArray) -> FloatArray:
    """Mean 0 and variance 1; exact zeros for a constant."""
    away: FloatArray = column - column[0]
    width = np.abs(away).max()
    if width == 0:
        return away
    away = away / width  # so that no square of 10^12 loses the others
    found: FloatArray = (away - away.mean()) / away.std()
    return found


def _bounded(correlation: float) -> float:
    """Rounding can carry a perfect correlation a hair beyond 1, or leave it a hair short."""
    if abs(correlation) > 1 - 1e-14:
        return 1.0 if correlation > 0 else -1.0
    return correlation


_EXACT_BELOW = 250_000
"""Up to as many rows every sum of products of doubled ranks (n³ / 3) is a whole number under 2^53.
Then no order of adding, and so no number of threads, changes a bit of it."""


def _moments(ranks: FloatArray, weights: FloatArray) -> FloatArray:
    if weights.sum() < _EXACT_BELOW:
        product: FloatArray = (ranks * weights) @ ranks.T
    else:  # slower, but always added in the same order
        product = np.einsum("ik,jk->ij", ranks * weights, ranks)
    return product


_EXPLAINED = 1e-9
"""A share of a column's variance below this is rounding: the controls explain the column."""


def _without_controls(
    moments: FloatArray, kept: int, wanted: Sequence[tuple[int, int]]
) -> FloatArray:
    """Correlations of the first `kept` columns after the rest are taken out (Schur complement)."""
    scale = np.sqrt(np.diag(moments))
    present = scale > 0
    safe = np.where(present, scale, 1.0)
    unit = moments / safe / safe[:, None]
    among = unit[kept:, kept:]
    # The pseudo-inverse drops controls that repeat others, and those that are constant here.
    inverse = np.linalg.pinv(among, rcond=_EXPLAINED, hermitian=True) if len(among) else among
    across = unit[:kept, kept:]
    left = unit[:kept, :kept] - across @ inverse @ across.T
    found = np.full(len(wanted), np.nan)
    for place, (i, j) in enumerate(wanted):
        if present[i] and present[j] and left[i, i] > _EXPLAINED and left[j, j] > _EXPLAINED:
            found[place] = _bounded(left[i, j] / np.sqrt(left[i, i] * left[j, j]))
    return found


class _Columns:
    """The numeric columns that some pairs need, each once."""

    def __init__(self, frame: pd.DataFrame, pairs: Sequence[Pair], groups: Groups):
        if len(frame) != groups.n:
            raise ValueError(f"{len(frame)} rows, but creators for {groups.n}")
        _enough(groups.n, groups)
        wanted = [name for pair in pairs for name in (pair.predictor, pair.outcome_column)]
        self.names = list(dict.fromkeys(wanted))
        self._values = {name: _numbers(frame[name], name) for name in self.names}

    def of(self, name: str) -> FloatArray:
        return self._values[name]

    def indices(self, pair: Pair) -> tuple[int, int]:
        return self.names.index(pair.predictor), self.names.index(pair.outcome_column)

    def notes(self, pairs: Sequence[Pair]) -> list[str | None]:
        return [self._constant(pair) for pair in pairs]

    def _constant(self, pair: Pair) -> str | None:
        for name in (pair.predictor, pair.outcome_column):
            if self._values[name].min() == self._values[name].max():
                return f"{name} is {self._values[name][0]:g} in every row, so it goes with nothing"
        return None


def _numbers(column: pd.Series, name: str) -> FloatArray:
    values = np.asarray(column, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError(f"{name} has missing or infinite values; drop such rows first")
    return values


def _enough(rows: int, groups: Groups, beside: str = "") -> None:
    spent = f" after {beside}" if beside else ""
    if rows < FEWEST_ROWS:
        raise TooFew(f"{max(rows, 0)} rows{spent}: a correlation needs {FEWEST_ROWS} or more")
    if groups.count < FEWEST_CLUSTERS:
        raise TooFew(
            f"{groups.count} creator: an interval needs {FEWEST_CLUSTERS} or more; "
            "add videos of other creators"
        )


def _effects(
    method: str,
    pairs: Sequence[Pair],
    said: Sequence[str | None],
    statistic: Callable[[FloatArray], FloatArray],
    groups: Groups,
    resamples: int,
    seed: int,
    on_progress: Progress | None,
) -> tuple[Effect, ...]:
    estimates = statistic(np.ones(groups.n))
    way, replicates = resampled(statistic, groups, resamples, seed, on_progress)
    return tuple(
        _effect(method, pair, note, interval_of(estimate, column, way, groups), groups)
        for pair, note, estimate, column in zip(pairs, said, estimates, replicates.T, strict=True)
    )


def _effect(method: str, pair: Pair, note: str | None, found: Interval, groups: Groups) -> Effect:
    return Effect(
        predictor=pair.predictor,
        outcome=pair.outcome,
        method=method,
        scale=pair.scale,
        estimate=found.estimate,
        se=found.se,
        ci_low=found.low,
        ci_high=found.high,
        p=found.p,
        q=None,
        n=groups.n,
        clusters=groups.count,
        df=found.df,
        note=note or found.note,
    )
