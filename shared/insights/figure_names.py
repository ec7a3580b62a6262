"""The names of figures that people read: what a method compares, and how it is measured."""

from collections.abc import Mapping

from shared.insights.headline import Scope
from shared.insights.table.schema import AGE

METHOD_NAMES: Mapping[str, str] = {
    "ppml": "within creators",
    "spearman": "pooled ρ",
    "partial_spearman": "pooled ρ, adjusted",
    "pearson_log1p": "pooled r of log counts",
    "gee_nb": "pooled ratio",
    "gee_nb_interaction": "ratio of ratios",
    "two_lines_low": "slope below the breakpoint",
    "two_lines_high": "slope above the breakpoint",
    "ppml_disattenuated": "without the rater’s random error",
    "ppml_predict_then_debias": "as if people had rated all",
    "disattenuated": "without the rater’s random error",
    "predict_then_debias": "as if people had rated all",
    "raw": "as rated",
    "prediction": "a new creator (prediction interval)",
    "shrunken": "moved towards the mean of all",
    "subgroup": "group of creators",
    "mean": "mean of all creators",
}

SCOPE_NAMES: Mapping[Scope, str] = {
    "creators": "within creators",
    "accounts": "within accounts",
    "account": "on this account",
    "videos": "among these videos",
}

FILTER = "filter:"
"""Beginning of the name of a rule that a filter of the plan makes."""

BETWEEN, WITHIN = "_between", "_within"
"""Endings of the two parts of a split predictor."""


def method_name(method: str) -> str:
    """`pooled ratio` for gee_nb; a method without a name of its own in words."""
    return METHOD_NAMES.get(method, method.replace("_", " "))


def predictor_name(predictor: str) -> str:
    """`unexpectedness, between creators` for the creators' means of it."""
    for ending in (BETWEEN, WITHIN):
        if predictor.endswith(ending):
            name = predictor.removesuffix(ending).replace("_", " ")
            return f"{name}, {ending[1:]} creators"
    return predictor.replace("_", " ")


RULE_NAMES: Mapping[str, str] = {
    "duplicate_video": "repeated",
    "not_rated": "not rated",
    "unknown_creator": "without a creator",
    "negative_count": "with a negative count",
    "likes_exceed_views": "with more likes than views",
    "comments_exceed_views": "with more comments than views",
    "reach_exceeds_views": "with more people reached than views",
    "negative_watch_time": "with a watch time below zero",
    "rate_outside_0_1": "with a rate below 0 or above 1",
    "future_created_at": "posted after the last count of the table",
    "created_after_collected": "posted after they were counted",
    "unknown_age": "of unknown age",
    "too_young": "too young",
    "missing_predictor": "without a predictor",
    "missing_outcome": "without the outcome",
    "no_exposure": "without an exposure",
    "missing_control": "without a control",
    "control_without_log": "with a control that has no logarithm",
}
"""Which rows a rule of the quality gate leaves out: `14 with more likes than views`."""


def rule_name(rule: str) -> str:
    """The rows that a rule of the quality gate leaves out, in words."""
    if rule.startswith(FILTER):
        return f"outside the filter of {rule.removeprefix(FILTER).replace('_', ' ')}"
    return RULE_NAMES.get(rule, rule.replace("_", " "))


OUTCOME_NAMES: Mapping[str, str] = {
    "total_watch_s": "total watch time",
    "average_watch_s": "average watch time",
    "completion_rate": "completion rate",
    "hook_rate_3s": "3-second hook rate",
}

COLUMN_NAMES: Mapping[str, str] = {
    AGE: "the age of the video",
    "duration_s": "the duration",
    "followers": "the number of followers",
    "loudness_lufs": "loudness",
    "posting_hour": "the hour of posting",
    **OUTCOME_NAMES,
}


def column_name(column: str) -> str:
    """How a sentence speaks of a control or another column of the plan."""
    return COLUMN_NAMES.get(column, column.replace("_", " "))


def at_start(name: str) -> str:
    """A name as the first word of a sentence."""
    return name[:1].upper() + name[1:]


def kpi_name(outcome: str) -> str:
    """An outcome in words: `3-second hook rate`, `likes`."""
    return OUTCOME_NAMES.get(outcome, outcome.replace("_", " "))


def outcome_name(outcome: str, scale: str, exposure: Mapping[str, str]) -> str:
    """`likes per view` for a rate; a count or a mean by its name."""
    name = kpi_name(outcome)
    if scale != "rate":
        return name
    per = exposure[outcome]
    return f"{name} per {'day' if per == AGE else per.removesuffix('s').replace('_', ' ')}"


def amount_text(outcome: str, scale: str, *, is_more: bool) -> str:
    """`more views`, and of a mean `a higher completion rate`."""
    if scale == "mean":
        return f"a {'higher' if is_more else 'lower'} {outcome}"
    return f"{'more' if is_more else 'fewer'} {outcome}"
