"""The rules over several keys of a plan: every one that it breaks is a sentence.

A sentence begins with the key to mend, so that the reader of a file can add the line.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations

from shared.inputs.suggestions import listed, nearest
from shared.insights.plan_keys import PlanKeys
from shared.insights.table.schema import (
    AGE,
    DERIVED,
    MEANS,
    POSTING_HOUR,
    TOPIC,
    Kind,
    standard_kind,
)

CONTENTS: dict[Kind, str] = {"id": "names", "text": "words", "time": "times"}
"""What columns of these kinds hold instead of numbers."""


def broken_rules(plan: PlanKeys) -> Iterator[str]:
    """A sentence for each rule that the plan breaks, without the full stop."""
    yield from _taken_names(plan)
    yield from _unknown_names(plan)
    yield from _two_roles(plan)
    yield from _transforms(plan)
    yield from _unmeasurable(plan)
    yield from _scales(plan)
    yield from _missing_keys(plan)


def _taken_names(plan: PlanKeys) -> Iterator[str]:
    for name in sorted(set(DERIVED) & plan.columns.keys()):
        yield f"columns: {name} is computed from {DERIVED[name]}; use another name"
    for name in sorted(plan.differences.keys() & ({*DERIVED} | plan.columns.keys())):
        yield f"differences: {name} is a column already; use another name"


def _unknown_names(plan: PlanKeys) -> Iterator[str]:
    columns = tuple(plan.columns)
    measures = (*columns, *plan.differences)
    pairs = plan.interactions
    minuends = [name for pair in plan.differences.values() for name in pair]
    yield from _unknown("differences", minuends, columns)
    yield from _unknown("filters", plan.filters, (*measures, *DERIVED))
    yield from _unknown("predictors", plan.predictors, measures)
    yield from _unknown("outcomes", plan.outcomes, columns)
    yield from _unknown("controls", plan.controls, (*measures, *DERIVED))
    control = [plan.negative_control] if plan.negative_control else []
    yield from _unknown("negative_control", control, measures)
    yield from _unknown("exposure", plan.exposure, plan.outcomes, "outcomes")
    yield from _unknown("exposure", plan.exposure.values(), (*columns, AGE))
    yield from _unknown("cluster", [plan.cluster] if plan.cluster else [], columns)
    yield from _unknown("sound", [plan.sound] if plan.sound else [], columns)
    yield from _unknown("interactions", (pair[0] for pair in pairs), plan.predictors, "predictors")
    yield from _unknown("interactions", (pair[1] for pair in pairs), measures)
    yield from _unknown("reliability", plan.reliability, plan.predictors, "predictors")
    if primary := plan.primary:
        yield from _unknown("primary.predictor", [primary.predictor], plan.predictors, "predictors")
        yield from _unknown("primary.outcome", [primary.outcome], plan.outcomes, "outcomes")


def _unknown(
    key: str, names: Iterable[str], allowed: tuple[str, ...], role: str = "columns"
) -> Iterator[str]:
    for name in names:
        if name not in allowed:
            yield (
                f"{key}: {name} is not among the {role} of the plan"
                f"{nearest(name, allowed)}; {listed(allowed)}"
            )


def _two_roles(plan: PlanKeys) -> Iterator[str]:
    roles = {
        "predictors": set(plan.predictors),
        "outcomes": set(plan.outcomes),
        "controls": set(plan.controls),
        "cluster": {plan.cluster} if plan.cluster else set(),
        "sound": {plan.sound} if plan.sound else set(),
        "negative_control": {plan.negative_control} if plan.negative_control else set(),
    }
    for first, second in combinations(roles, 2):
        for name in sorted(roles[first] & roles[second]):
            yield f"{second}: {name} is in {first} and in {second}; it can be only one"
    outcome_of = {plan.columns.get(name, name): name for name in plan.outcomes}
    for name in (*plan.predictors, *plan.controls):
        outcome = outcome_of.get(plan.columns.get(name, ""))
        if outcome is not None and outcome != name:
            yield f"columns: {name} and the outcome {outcome} are the same column"


def _transforms(plan: PlanKeys) -> Iterator[str]:
    for outcome, exposure in plan.exposure.items():
        if outcome == exposure:
            yield f"exposure: {outcome} per {exposure} is always 1"
    for control, transform in plan.controls.items():
        if (transform == "cyclic") != (control == POSTING_HOUR):
            yield f"controls: cyclic goes with {POSTING_HOUR}, and only with it"
        if control == AGE and transform == "categorical":
            yield "controls: age is a number of days; give log or linear"
        if control == TOPIC and transform != "categorical":
            yield "controls: topic is a hashtag; give categorical"
    if TOPIC in plan.filters and plan.filters[TOPIC].one_of is None:
        yield "filters: topic is a hashtag; give one, or a list of them"


def _unmeasurable(plan: PlanKeys) -> Iterator[str]:
    """Numbers that are asked of a column that holds names, words or times."""
    for key, name in _numeric_names(plan):
        kind = plan.kind(name) if name in plan.columns else "number"
        if kind in CONTENTS:
            yield (
                f"{key}: {name} holds {CONTENTS[kind]}, and a number is needed"
                f"{'; as a control it can be categorical' if kind == 'text' else ''}"
            )
    for key, names in (("outcomes", plan.outcomes), ("exposure", plan.exposure.values())):
        for name in names:
            if standard_kind(name) in ("time", "text", "yes_or_no"):
                yield f"{key}: {name} is not a count, so it cannot be an exposure either"


def _numeric_names(plan: PlanKeys) -> Iterator[tuple[str, str]]:
    """The names that need numbers, each with its key."""
    yield from (("predictors", name) for name in plan.predictors)
    yield from (("outcomes", name) for name in plan.outcomes)
    yield from (("exposure", name) for name in plan.exposure.values())
    yield from (("interactions", name) for pair in plan.interactions for name in pair)
    yield from (("differences", name) for pair in plan.differences.values() for name in pair)
    if plan.negative_control:
        yield "negative_control", plan.negative_control
    for name, transform in plan.controls.items():
        if transform != "categorical":
            yield "controls", name
    for name, rows in plan.filters.items():
        if rows.one_of is None:
            yield "filters", name


def _missing_keys(plan: PlanKeys) -> Iterator[str]:
    dated = "columns.created_at, and columns.collected_at or as_of"
    names = {*plan.controls, *plan.exposure.values(), *plan.filters}
    if AGE in names and not _has_age(plan):
        yield f"{AGE} needs {dated}"
    if plan.min_age_days is not None and not _has_age(plan):
        yield f"min_age_days needs {dated}"
    if POSTING_HOUR in names and "created_at" not in plan.columns:
        yield f"{POSTING_HOUR} needs columns.created_at"
    if TOPIC in names and not {"hashtags", "caption"} & plan.columns.keys():
        yield f"{TOPIC} needs columns.hashtags or columns.caption"
    if plan.within_creator and plan.cluster is None:
        yield "within_creator needs the key cluster: the column that names the creator"
    if plan.calendar_weeks and "created_at" not in plan.columns:
        yield "calendar_weeks needs columns.created_at"
    if plan.equal_age_days is not None and "video_id" not in plan.columns:
        yield "equal_age_days needs columns.video_id"
    if plan.duration_profile and "duration_s" not in plan.columns:
        yield "duration_profile needs columns.duration_s"
    for key in ("raters", "first_released_after"):
        if getattr(plan, key) and "rater" not in plan.columns:
            yield f"{key} needs columns.rater, the column that names who rated"
    for key in ("inverted_u", "equivalence", "negative_control"):
        if getattr(plan, key) and plan.primary is None:
            yield f"{key} needs the key primary"


def _scales(plan: PlanKeys) -> Iterator[str]:
    for outcome, exposure in plan.exposure.items():
        if outcome in MEANS:
            yield f"exposure: {outcome} is a mean over views already; leave out its exposure"
        if exposure in MEANS:
            yield f"exposure: {exposure} is a mean over views, so nothing can be divided by it"
    primary = plan.primary
    if primary and (primary.outcome in MEANS) != (primary.scale == "mean"):
        names = ", ".join(sorted(MEANS))
        yield (
            f"primary: {primary.outcome} is a mean over views; give scale: mean"
            if primary.outcome in MEANS
            else f"primary: scale mean is for {names}; give count or rate for {primary.outcome}"
        )
    elif primary and primary.scale == "rate" and primary.outcome not in plan.exposure:
        yield f"primary: scale rate needs exposure.{primary.outcome}, the denominator of the rate"


def _has_age(plan: PlanKeys) -> bool:
    return "created_at" in plan.columns and ("collected_at" in plan.columns or bool(plan.as_of))
