"""Cautions about the precision of the estimates, and about models without an interval."""

from collections.abc import Iterator, Sequence

import pandas as pd  # type: ignore[import-untyped]

from shared.insights.coverage import few_creators_warning, rare_predictor_warning
from shared.insights.figure_names import kpi_name, method_name, predictor_name
from shared.insights.needed_videos import ratio_power
from shared.insights.plan import Plan
from shared.insights.predictor_steps import step_in
from shared.insights.quality_gate import Gate
from shared.insights.robustness import Robustness
from shared.insights.statistics.effect import Effect

RARE_SHARE = 0.2
USEFUL_RHO = 0.2
"""Correlations of content with success beyond this are rare."""


def precision(
    passed: Gate,
    plan: Plan,
    effects: Sequence[Effect],
    primary: Effect | None,
    robustness: Robustness,
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
    smallest = (robustness.power or {}).get("smallest_rho")
    if primary and (smallest is None or smallest > USEFUL_RHO):
        yield f"The sample is small: {primary.n:,} videos {_reach(passed, primary, smallest)}"


def _reach(passed: Gate, primary: Effect, smallest_rho: float | None) -> str:
    """What they find: in the terms of the headline where it has an interval."""
    step = step_in(passed.frame, primary.predictor)
    power = None if step is None else ratio_power(primary, step.size)
    if power is not None:
        return (
            f"find a ratio of {power.smallest_ratio:.2f} or more for one step of the rating with a "
            "power of 80 %."
        )
    can = (
        "hardly any correlation"
        if smallest_rho is None
        else f"only pooled ρ from {smallest_rho:.2f}"
    )
    return f"find {can} with a power of 80 %; content and success usually correlate at .05 to .20."


def rare_predictors(passed: Gate, plan: Plan) -> Iterator[str]:
    """Predictors with two values, one of them rare: their rate ratios have short intervals."""
    if plan.cluster is None:
        return
    for name in plan.predictors:
        counts = passed.frame[name].value_counts() if name not in passed.left_out else pd.Series()
        if len(counts) == 2 and counts.min() < RARE_SHARE * counts.sum():
            yield rare_predictor_warning(name, passed.frame[plan.cluster].nunique())


def outcome_label(effect: Effect) -> str:
    name = kpi_name(effect.outcome)
    return f"rate of {name}" if effect.scale == "rate" else name


def failed_models(effects: Sequence[Effect]) -> Iterator[str]:
    failed = [effect for effect in effects if effect.p is None]
    if failed:
        labels = dict.fromkeys(
            f"{predictor_name(effect.predictor)} × {outcome_label(effect)} "
            f"({method_name(effect.method)})"
            for effect in failed
        )
        yield (
            f"{len(failed)} of {len(effects)} estimates have no interval; their notes say why: "
            f"{', '.join(list(labels)[:5])}{' …' if len(labels) > 5 else ''}."
        )
