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
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.spearman import spearman
from shared.insights.table.schema import MEANS

VIDEO = "video_id"


@dataclass(frozen=True, slots=True)
class AgeEffect:
    """Spearman's correlation among the videos whose KPI at that age is known."""

    age_days: float
    effect: Effect


def at_equal_age(
    ages: Sequence[Mapping[str, Any]], gate: Gate, plan: Plan
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
        for outcome in outcomes
        for at_age in _at_age(age, outcome, by_age[age], gate, plan)
    )


def _at_age(
    age: float, outcome: str, kpis: Mapping[str, Mapping[str, Any]], gate: Gate, plan: Plan
) -> Iterator[AgeEffect]:
    frame = gate.frame
    values = [kpis.get(video, {}).get(outcome) for video in frame[VIDEO]]
    counted = np.array([value is not None for value in values], dtype=bool)
    rows = frame[counted]
    if len(rows) < FEWEST_ROWS:
        return
    labels = rows[plan.cluster] if plan.cluster else [str(row) for row in rows.index]
    groups = Groups.of(labels)
    if groups.count < FEWEST_CLUSTERS:
        return
    column = f"{outcome} at {age:g} days"
    rows = rows.assign(**{column: [float(value) for value in values if value is not None]})
    names = [name for name in plan.predictors if name not in gate.left_out]
    scale = "mean" if outcome in MEANS else "count"
    pairs = [ColumnPair(name, outcome, scale, column) for name in names]
    try:
        for effect in spearman(rows, pairs, groups, plan.resamples or 0, plan.seed):
            yield AgeEffect(age, effect)
    except NotEstimable:
        return
