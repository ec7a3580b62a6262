"""Cautions about the precision of the estimates, and about models without an interval."""

from collections.abc import Iterator, Sequence

import pandas as pd  # type: ignore[import-untyped]

from shared.insights.coverage import few_creators_warning, rare_predictor_warning
from shared.insights.plan import Plan
from shared.insights.quality_gate import Gate
from shared.insights.robustness import Robustness
from shared.insights.statistics.effect import Effect

RARE_SHARE = 0.2
USEFUL_RHO = 0.2
"""Correlations of content with success beyond this are rare."""


def precision(
    plan: Plan, effects: Sequence[Effect], primary: Effect | None, robustness: Robustness
) -> Iterator[str]:
    if plan.primary is None:
        yield "No primary question was declared beforehand: everything here is exploratory."
    if plan.cluster is None:
        yield (
            "The plan names no cluster, so videos count as independent; videos of one creator are "
            "alike, so the intervals are too short."
        )
    elif sentence := few_creators_warning(effects):
        yield sentence
    power = robustness.power or {}
    smallest = power.get("smallest_rho")
    if primary and (smallest is None or smallest > USEFUL_RHO):
        can = "hardly any correlation" if smallest is None else f"correlations from {smallest:.2f}"
        yield (
            f"The sample is small: {primary.n:,} videos are worth about "
            f"{power.get('n_effective', primary.n):,.0f} independent ones, enough to find {can} "
            "with a power of 80 %; content and success usually correlate at .05 to .20."
        )


def rare_predictors(passed: Gate, plan: Plan) -> Iterator[str]:
    """Predictors with two values, one of them rare: their rate ratios have short intervals."""
    if plan.cluster is None:
        return
    for name in plan.predictors:
        counts = passed.frame[name].value_counts() if name not in passed.left_out else pd.Series()
        if len(counts) == 2 and counts.min() < RARE_SHARE * counts.sum():
            yield rare_predictor_warning(name, passed.frame[plan.cluster].nunique())


def failed_models(effects: Sequence[Effect]) -> Iterator[str]:
    failed = [effect for effect in effects if effect.p is None]
    if failed:
        labels = dict.fromkeys(
            f"{effect.predictor} × {effect.outcome} ({effect.method})" for effect in failed
        )
        yield (
            f"{len(failed)} of {len(effects)} estimates have no interval; their notes say why: "
            f"{', '.join(list(labels)[:5])}{' …' if len(labels) > 5 else ''}."
        )
