"""Correlations of ranks, each with an interval from resampling creators.

Spearman's is Pearson's correlation of average ranks. The partial one is the correlation of the
residuals of the ranks after a least-squares fit on the ranks of the controls.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.statistics.effect import Effect
from shared.insights.statistics.interval import resampled
from shared.insights.statistics.pairs import ColumnPair, Columns, finite_values, refuse_too_few
from shared.insights.statistics.resampling import FloatArray, Groups, OnDraws, Statistic
from shared.insights.statistics.weighted_ranks import WeightedRanks, correlations
from shared.processes import IN_THIS_PROCESS, Processes


def spearman(
    frame: pd.DataFrame,
    pairs: Sequence[ColumnPair],
    groups: Groups,
    resamples: int,
    seed: int,
    on_progress: OnDraws | None = None,
    processes: Processes = IN_THIS_PROCESS,
) -> tuple[Effect, ...]:
    """Spearman's correlation of each pair. A column without variation gives None and a note."""
    table = Columns(frame, pairs, groups)
    statistic = _Correlations(WeightedRanks(table.all()), table.positions())
    estimates = _unweighted(statistic, groups)
    method, replicates = resampled(statistic, groups, resamples, seed, on_progress, processes)
    return table.effects("spearman", estimates, replicates, method, groups)


def spearman_and_partial(
    frame: pd.DataFrame,
    pairs: Sequence[ColumnPair],
    controls: pd.DataFrame,
    groups: Groups,
    resamples: int,
    seed: int,
    on_progress: OnDraws | None = None,
    processes: Processes = IN_THIS_PROCESS,
) -> tuple[Effect, ...]:
    """Spearman's correlation of each pair, then the partial one given the ranks of the controls.

    Both come from the same resamples; each resample ranks and fits the controls again. `controls`
    are numeric columns, with categories as 0/1 columns but one. Constant and repeated controls
    change nothing. A pair that a control explains fully gives None. Raises TooFew when there are
    hardly more rows than controls.
    """
    if len(controls) != len(frame):
        raise ValueError(f"{len(controls)} rows of controls for {len(frame)} rows")
    table = Columns(frame, pairs, groups)
    control_columns = [finite_values(controls[name], str(name)) for name in controls.columns]
    refuse_too_few(len(frame) - len(control_columns), groups, f"{len(control_columns)} controls")
    ranked = WeightedRanks(table.all() + control_columns)
    statistic = _Correlations(ranked, table.positions(), len(table.names))
    estimates = _unweighted(statistic, groups)
    method, replicates = resampled(statistic, groups, resamples, seed, on_progress, processes)
    half = len(pairs)
    return (
        *table.effects("spearman", estimates[:half], replicates[:, :half], method, groups),
        *table.effects("partial_spearman", estimates[half:], replicates[:, half:], method, groups),
    )


@dataclass(frozen=True)
class _Correlations:
    """The correlations of pairs of columns under weights; then, with controls, the partial ones.

    The controls are the columns from `controls_from` on.
    """

    ranked: WeightedRanks
    pairs: list[tuple[int, int]]
    controls_from: int | None = None

    def __call__(self, weights: FloatArray) -> FloatArray:
        products, cut = self.ranked.products(weights), self.controls_from
        if cut is None:
            return correlations(products, self.pairs)
        raw = correlations(products[:, :cut, :cut], self.pairs)
        return np.hstack([raw, correlations(products, self.pairs, cut)])


def _unweighted(statistic: Statistic, groups: Groups) -> FloatArray:
    estimates: FloatArray = statistic(np.ones((1, groups.n)))[0]
    return estimates
