"""The analysis plan: the questions to a table of videos, written down before anyone reads it.

A key that is absent is off, a column without a name in the plan is not used, and the plan's hash
stands on every result.
"""

from functools import cached_property
from typing import Self

from pydantic import model_validator

from shared.errors import Permanent
from shared.insights.plan_keys import PlanKeys
from shared.insights.plan_rules import broken_rules
from shared.insights.table.captions import CAPTION
from shared.insights.table.schema import AGE, DERIVED, YES_OR_NO, TableSchema
from shared.model import digest


class BadPlan(Permanent):
    """The plan is not valid, or does not fit itself."""

    def __init__(self, sentence: str):
        super().__init__("bad_plan", sentence)


class Plan(PlanKeys):
    """The questions. Validation checks every name, and that every method has the keys it needs."""

    @model_validator(mode="after")
    def _fits_itself(self) -> Self:
        if problems := list(dict.fromkeys(broken_rules(self))):
            raise ValueError("\n".join(problems))
        return self

    @cached_property
    def hash(self) -> str:
        """16 hex digits: the same for the same plan, however its file is laid out."""
        # Without the defaults, a plan that spells one out, and a plan that was locked before a key
        # existed, have the same hash.
        return digest(self.model_dump(mode="json", exclude_defaults=True), 16)

    def used(self) -> set[str]:
        """Names of `columns` that a question or the quality gate needs."""
        names = {*self.predictors, *self.outcomes, *self.controls, *self.filters}
        names |= {*self.exposure.values(), *(name for pair in self.interactions for name in pair)}
        names |= {name for pair in self.differences.values() for name in pair}
        single = (self.cluster, self.sound, self.negative_control)
        names |= {name for name in single if name}
        names |= {"duration_s"} if self.duration_profile or "caption" in self.columns else set()
        return (names | set(GATED)) & self.columns.keys()

    @property
    def table_schema(self) -> TableSchema:
        """The columns that a table needs to answer the plan."""
        derived = {*self.controls, *self.filters, *self.exposure.values()} & {*DERIVED}
        optional = {name for name in OPTIONAL if self.columns.get(name) == name}
        names = {*self.columns, *self.columns.values()}
        unnamed = {name: name for name in YES_OR_NO - names}
        with_values = {*self.filters, *self.controls, self.cluster, self.sound}
        return TableSchema(
            sources={**self.columns, **unnamed},
            kinds={name: self.kind(name) for name in sorted(self.used() | unnamed.keys())},
            optional=frozenset(optional | unnamed.keys()),
            differences=self.differences,
            derived=frozenset(derived | ({AGE} if self.min_age_days is not None else set())),
            as_of=self.as_of,
            creator=self.cluster,
            only_compared=frozenset({CAPTION} - with_values),
        )


_OF_THE_RATING = ("config_hash", "rubric_version", "rated_at")
OPTIONAL = (*_OF_THE_RATING, "music_id", "loudness_lufs")
"""Columns that a table may lack. Under another name, the plan's author expects the column."""

GATED = (
    "video_id",
    "views",
    "likes",
    "comments",
    "shares",
    "saves",
    "created_at",
    "collected_at",
    "listed_at",
    "synthetic",
    "rating_status",
    "rater",
    *_OF_THE_RATING,
    "source",
    "caption",
    "content_hash",
    "sha256",
)
"""Columns that the quality gate and the cautions look at wherever the plan names them."""
