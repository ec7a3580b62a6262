"""Associations of ratings with KPIs when every video is counted at the same age."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.insights.plan import Plan
from shared.insights.quality_gate import FEWEST_CLUSTERS, FEWEST_ROWS, Gate
from shared.insights.statistics.effect import Effect, NotEstimable
from shared.insights.statistics.pairs import ColumnPair
from shared.insights.statistics.resampling import FloatArray, Groups
from shared.insights.statistics.spearman import spearman
from shared.insights.table.schema import MEANS
from shared.processes import IN_THIS_PROCESS, Processes

VIDEO = "video_id"


@dataclass(frozen=True, slots=True)
class AgeEffect:
    """Spearman's correlation among the videos whose KPI at that age is known."""

    age_days: float
    effect: Effect


def at_equal_age(
    ages: Sequence[Mapping[str, Any]],
    gate: Gate,
    plan: Plan,
    processes: Processes = IN_THIS_PROCESS,
) -> tuple[AgeEffect, ...]:
    """Each rating with each KPI, at each age that enough of the gate's videos have."""
    if VIDEO not in gate.frame or not ages:
        return ()
    by_age: dict[float, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for row in ages:
        by_age[float(row["age_days"])][row[VIDEO]] = row
    outcomes = [name for name in plan.outcomes if name in ages[0]]
    return tuple(
        at_age
        for age in sorted(by_age)
        for at_age in _at_age(age, outcomes, by_age[age], gate, plan, processes)
    )


def _at_age(
    age: float,
    outcomes: Sequence[str],
    kpis: Mapping[str, Mapping[str, Any]],
    gate: Gate,
    plan: Plan,
    processes: Processes,
) -> Iterator[AgeEffect]:
    """The effects at one age, outcome by outcome."""
    rows = [kpis.get(video, {}) for video in gate.frame[VIDEO]]
    counts = {
        name: np.array([row.get(name) for row in rows], dtype=np.float64) for name in outcomes
    }
    together: dict[bytes, list[str]] = {}
    for name, values in counts.items():
        together.setdefault(np.isnan(values).tobytes(), []).append(name)
    effects = [
        effect
        for names in together.values()
        for effect in _of_same_videos(age, {n: counts[n] for n in names}, gate, plan, processes)
    ]
    for effect in sorted(effects, key=lambda effect: outcomes.index(effect.outcome)):
        yield AgeEffect(age, effect)


def _of_same_videos(
    age: float, counts: dict[str, FloatArray], gate: Gate, plan: Plan, processes: Processes
) -> Sequence[Effect]:
    """The effects of outcomes that the same videos have, which are resampled together once."""
    counted = ~np.isnan(next(iter(counts.values())))
    rows = gate.frame[counted]
    if len(rows) < FEWEST_ROWS:
        return ()
    labels = rows[plan.cluster] if plan.cluster else [str(row) for row in rows.index]
    groups = Groups.of(labels)
    if groups.count < FEWEST_CLUSTERS:
        return ()
    columns = {outcome: f"{outcome} at {age:g} days" for outcome in counts}
    rows = rows.assign(**{columns[name]: values[counted] for name, values in counts.items()})
    pairs = [
        ColumnPair(name, outcome, "mean" if outcome in MEANS else "count", column)
        for outcome, column in columns.items()
        for name in plan.predictors
        if name not in gate.left_out
    ]
    settings = plan.resamples or 0, plan.seed
    try:
        return spearman(rows, pairs, groups, *settings, processes=processes)
    except NotEstimable:
        return ()
