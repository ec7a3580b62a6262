"""Warnings as sentences; each module has one subject."""

from collections.abc import Sequence

from shared.insights.cautions.ages import mixed_ages
from shared.insights.cautions.counts import counting
from shared.insights.cautions.precision import failed_models, precision, rare_predictors
from shared.insights.cautions.raters import mixed_raters
from shared.insights.cautions.ratings import rating_values
from shared.insights.cautions.sampling import sampling, source_breaks
from shared.insights.plan import Plan
from shared.insights.quality_gate import Gate
from shared.insights.robustness import Robustness
from shared.insights.statistics.effect import Effect


def cautions(
    passed: Gate,
    plan: Plan,
    effects: Sequence[Effect],
    primary: Effect | None,
    robustness: Robustness,
    notes: Sequence[str],
) -> tuple[str, ...]:
    """Every warning that applies, the gravest kind first. `notes` come from the analysis."""
    frame = passed.frame
    return (
        *sampling(passed, plan),
        *source_breaks(passed, plan),
        *counting(passed),
        *precision(plan, effects, primary, robustness),
        *mixed_ages(frame, plan),
        *rating_values(passed, plan),
        *mixed_raters(frame),
        *rare_predictors(passed, plan),
        *notes,
        *failed_models(effects),
    )
