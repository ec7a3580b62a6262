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
}

SCOPE_NAMES: Mapping[Scope, str] = {
    "creators": "within creators",
    "accounts": "within accounts",
    "account": "on this account",
    "videos": "among these videos",
}

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


COLUMN_NAMES: Mapping[str, str] = {
    AGE: "the age of the video",
    "duration_s": "the duration",
    "followers": "the number of followers",
    "loudness_lufs": "loudness",
    "posting_hour": "the hour of posting",
}


def column_name(column: str) -> str:
    """How a sentence speaks of a control or another column of the plan."""
    return COLUMN_NAMES.get(column, column.replace("_", " "))


def outcome_name(outcome: str, scale: str, exposure: Mapping[str, str]) -> str:
    """`likes per view` for a rate; a count by its name."""
    name = outcome.replace("_", " ")
    if scale != "rate":
        return name
    per = exposure[outcome]
    return f"{name} per {'day' if per == AGE else per.removesuffix('s').replace('_', ' ')}"
