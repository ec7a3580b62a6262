"""Correlations of ranks, each with an interval from resampling creators.

Spearman's is Pearson's correlation of average ranks. The partial one is the correlation of the
residuals of the ranks after a least-squares fit on the ranks of the controls.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.statistics.effect import Effect
from shared.insights.statistics.interval import resampled
from shared.insights.statistics.pairs import Columns, Pair, enough, numbers
from shared.insights.statistics.resampling import FloatArray, Groups, Progress, Statistic
from shared.insights.statistics.weighted_ranks import Ranked, correlations, moments


def spearman(
    frame: pd.DataFrame,
    pairs: Sequence[Pair],
    groups: Groups,
    resamples: int,
    seed: int,
    on_progress: Progress | None = None,
) -> tuple[Effect, ...]:
    """Spearman's correlation of each pair. A column without variation gives None and a note."""
    table = Columns(frame, pairs, groups)
    ranked, wanted = Ranked(table.all()), table.places()

    def statistic(weights: FloatArray) -> FloatArray:
        return correlations(moments(ranked.at(weights), weights), wanted)

    estimates = _of_all(statistic, groups)
    way, replicates = resampled(statistic, groups, resamples, seed, on_progress)
    return table.effects("spearman", estimates, replicates, way, groups)


def spearman_and_partial(
    frame: pd.DataFrame,
    pairs: Sequence[Pair],
    controls: pd.DataFrame,
    groups: Groups,
    resamples: int,
    seed: int,
    on_progress: Progress | None = None,
) -> tuple[Effect, ...]:
    """Spearman's correlation of each pair, then of what the ranks of the controls leave of each.

    Both come from the same resamples; each resample ranks and fits the controls again. `controls`
    are numeric columns, categories as 0/1 columns with one left out. Constant and repeated
    controls take nothing away. A pair that a control explains wholly gives None. Raises TooFew
    where there are hardly more rows than controls.
    """
    if len(controls) != len(frame):
        raise ValueError(f"{len(controls)} rows of controls for {len(frame)} rows")
    table = Columns(frame, pairs, groups)
    held = [numbers(controls[name], str(name)) for name in controls.columns]
    enough(len(frame) - len(held), groups, f"{len(held)} controls")
    ranked, wanted, kept = Ranked(table.all() + held), table.places(), len(table.names)

    def statistic(weights: FloatArray) -> FloatArray:
        products = moments(ranked.at(weights), weights)
        raw = correlations(products[:, :kept, :kept], wanted)
        return np.hstack([raw, correlations(products, wanted, kept)])

    estimates = _of_all(statistic, groups)
    way, replicates = resampled(statistic, groups, resamples, seed, on_progress)
    half = len(wanted)
    return (
        *table.effects("spearman", estimates[:half], replicates[:, :half], way, groups),
        *table.effects("partial_spearman", estimates[half:], replicates[:, half:], way, groups),
    )


def _of_all(statistic: Statistic, groups: Groups) -> FloatArray:
    found: FloatArray = statistic(np.ones((1, groups.n)))[0]
    return found
