"""The analysis plan: the questions to a table of videos, written down before anyone reads it.

A key that is absent is off, a column without a name in the plan is not used, and the plan's hash
stands on every result.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import combinations
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, Field, field_validator, model_validator

from shared.errors import Permanent
from shared.inputs.suggestions import listed, nearest
from shared.insights.plan_fields import (
    STRICT,
    Filter,
    Moment,
    Name,
    NamePair,
    NamePairs,
    Names,
    PrimaryQuestion,
    Transform,
    as_own_names,
    as_tuple,
    with_usual_transforms,
)
from shared.insights.table.schema import (
    AGE,
    DERIVED,
    POSTING_HOUR,
    Kind,
    TableSchema,
    standard_kind,
)
from shared.model import digest

CONTENTS: dict[Kind, str] = {"id": "names", "text": "words", "time": "times"}
"""What columns of these kinds hold instead of numbers."""


class BadPlan(Permanent):
    """The plan is not valid, or does not fit itself."""

    def __init__(self, sentence: str):
        super().__init__("bad_plan", sentence)


class Plan(BaseModel):
    """The questions. Validation checks every name, and that every method has the keys it needs.

    `columns` maps our names to the table's. `exposure` maps an outcome to the denominator of its
    rate: a column, or `age` (days). `reliability` (0–1] and `equivalence` (a correlation) are
    assumptions of the author. `duration_profile` lists borders in seconds.
    """

    model_config = STRICT

    columns: Annotated[dict[Name, Name], BeforeValidator(as_own_names), Field(min_length=1)]
    differences: dict[Name, Annotated[NamePair, BeforeValidator(as_tuple)]] = {}
    filters: dict[Name, Filter] = {}
    predictors: Annotated[Names, Field(min_length=1, max_length=20)]
    outcomes: Annotated[Names, Field(min_length=1, max_length=20)]
    primary: PrimaryQuestion | None = None
    controls: Annotated[dict[Name, Transform], BeforeValidator(with_usual_transforms)] = {}
    exposure: dict[Name, Name] = {}
    cluster: Name | None = None
    min_age_days: Annotated[float, Field(ge=0, le=36_500)] | None = None
    as_of: Moment | None = None
    sampling_frame: Annotated[str, Field(max_length=20_000)] | None = None
    resamples: Annotated[int, Field(ge=100, le=100_000)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    within_creator: bool = False
    inverted_u: bool = False
    interactions: NamePairs = ()
    duration_profile: Annotated[tuple[float, ...], BeforeValidator(as_tuple)] = ()
    equivalence: Annotated[float, Field(gt=0, lt=1)] | None = None
    reliability: dict[Name, Annotated[float, Field(gt=0, le=1)]] = {}

    @field_validator("min_age_days", "equivalence", mode="before")
    @classmethod
    def _whole_numbers_too(cls, value: object) -> object:
        return float(value) if type(value) is int else value

    @field_validator("duration_profile")
    @classmethod
    def _ascending(cls, borders: tuple[float, ...]) -> tuple[float, ...]:
        if any(low >= high for low, high in zip((0.0, *borders), borders, strict=False)):
            raise ValueError("borders in seconds must be above 0 and ascend")
        return borders

    @model_validator(mode="after")
    def _fits_itself(self) -> Self:
        _refuse_unknown_names(self)
        _refuse_two_roles(self)
        _refuse_unmeasurable(self)
        _refuse_missing_keys(self)
        return self

    @cached_property
    def hash(self) -> str:
        """16 hex digits: the same for the same plan, however its file is laid out."""
        # The dump has every default, so a plan that spells a default out has the same hash.
        return digest(self.model_dump(mode="json"), 16)

    def used(self) -> set[str]:
        """Names of `columns` that a question or the quality gate needs."""
        names = {*self.predictors, *self.outcomes, *self.controls, *self.filters}
        names |= {*self.exposure.values(), *(name for pair in self.interactions for name in pair)}
        names |= {name for pair in self.differences.values() for name in pair}
        names |= {self.cluster} if self.cluster else set()
        names |= {"duration_s"} if self.duration_profile else set()
        return (names | set(GATED)) & self.columns.keys()

    def kind(self, name: str) -> Kind:
        """What a column holds: by its role in the plan, else by its standard name."""
        standard = standard_kind(name)
        if name == self.cluster or standard == "id":
            return "id"
        if standard == "count" or name in self.outcomes or name in self.exposure.values():
            return "count"
        if standard is not None:
            return standard
        values = self.filters[name].one_of if name in self.filters else None
        is_text = bool(values) and all(isinstance(value, str) for value in values or ())
        return "text" if is_text or self.controls.get(name) == "categorical" else "number"

    @property
    def table_schema(self) -> TableSchema:
        """The columns that a table needs to answer the plan."""
        derived = {*self.controls, *self.filters, *self.exposure.values()} & {*DERIVED}
        return TableSchema(
            sources=self.columns,
            kinds={name: self.kind(name) for name in sorted(self.used())},
            differences=self.differences,
            derived=frozenset(derived | ({AGE} if self.min_age_days is not None else set())),
            as_of=self.as_of,
        )


GATED = (
    "video_id",
    "views",
    "likes",
    "comments",
    "shares",
    "saves",
    "created_at",
    "collected_at",
    "synthetic",
    "rating_status",
    "rater",
    "source",
)
"""Columns that the quality gate looks at wherever the plan names them."""


def _refuse_unknown_names(plan: Plan) -> None:
    if taken := sorted(set(DERIVED) & plan.columns.keys()):
        raise ValueError(f"columns: {taken[0]} is computed from created_at; use another name")
    if taken := sorted(plan.differences.keys() & ({*DERIVED} | plan.columns.keys())):
        raise ValueError(f"differences: {taken[0]} is a column already; use another name")
    columns = tuple(plan.columns)
    measures = (*columns, *plan.differences)
    _refuse_unknown(
        "differences", (name for pair in plan.differences.values() for name in pair), columns
    )
    _refuse_unknown("filters", plan.filters, (*measures, *DERIVED))
    _refuse_unknown("predictors", plan.predictors, measures)
    _refuse_unknown("outcomes", plan.outcomes, columns)
    _refuse_unknown("controls", plan.controls, (*measures, *DERIVED))
    _refuse_unknown("exposure", plan.exposure, plan.outcomes, "outcomes")
    _refuse_unknown("exposure", plan.exposure.values(), (*columns, AGE))
    _refuse_unknown("cluster", [plan.cluster] if plan.cluster else [], columns)
    _refuse_unknown(
        "interactions", (first for first, _ in plan.interactions), plan.predictors, "predictors"
    )
    _refuse_unknown("interactions", (second for _, second in plan.interactions), measures)
    _refuse_unknown("reliability", plan.reliability, plan.predictors, "predictors")
    if plan.primary:
        _refuse_unknown(
            "primary.predictor", [plan.primary.predictor], plan.predictors, "predictors"
        )
        _refuse_unknown("primary.outcome", [plan.primary.outcome], plan.outcomes, "outcomes")


def _refuse_unknown(
    key: str, names: Iterable[str], allowed: tuple[str, ...], role: str = "columns"
) -> None:
    for name in names:
        if name not in allowed:
            raise ValueError(
                f"{key}: {name} is not among the {role} of the plan"
                f"{nearest(name, allowed)}; {listed(allowed)}"
            )


def _refuse_two_roles(plan: Plan) -> None:
    roles = {
        "predictors": set(plan.predictors),
        "outcomes": set(plan.outcomes),
        "controls": set(plan.controls),
        "cluster": {plan.cluster} if plan.cluster else set(),
    }
    for first, second in combinations(roles, 2):
        if both := sorted(roles[first] & roles[second]):
            raise ValueError(f"{both[0]} is in {first} and in {second}; it can be only one")
    outcome_of = {plan.columns[name]: name for name in plan.outcomes}
    for name in (*plan.predictors, *plan.controls):
        if (same := outcome_of.get(plan.columns.get(name, ""))) is not None:
            raise ValueError(f"columns: {name} and the outcome {same} are the same column")
    for outcome, exposure in plan.exposure.items():
        if outcome == exposure:
            raise ValueError(f"exposure: {outcome} per {exposure} is always 1")
    for control, transform in plan.controls.items():
        if (transform == "cyclic") != (control == POSTING_HOUR):
            raise ValueError(f"controls: cyclic goes with {POSTING_HOUR}, and only with it")
        if control == AGE and transform == "categorical":
            raise ValueError("controls: age is a number of days; give log or linear")


def _refuse_unmeasurable(plan: Plan) -> None:
    """Raises ValueError for a number from a column that holds names, words or times."""
    for key, name in _numeric_names(plan):
        kind = plan.kind(name) if name in plan.columns else "number"
        if kind in CONTENTS:
            raise ValueError(
                f"{key}: {name} holds {CONTENTS[kind]}, and a number is needed"
                f"{'; as a control it can be categorical' if kind == 'text' else ''}"
            )
    for name in (*plan.outcomes, *plan.exposure.values()):
        if standard_kind(name) in ("time", "text", "yes_or_no"):
            raise ValueError(f"outcomes: {name} is not a count, so it cannot be an exposure either")


def _numeric_names(plan: Plan) -> Iterator[tuple[str, str]]:
    """The names that need numbers, each with its key."""
    yield from (("predictors", name) for name in plan.predictors)
    yield from (("outcomes", name) for name in plan.outcomes)
    yield from (("exposure", name) for name in plan.exposure.values())
    yield from (("interactions", name) for pair in plan.interactions for name in pair)
    yield from (("differences", name) for pair in plan.differences.values() for name in pair)
    for name, transform in plan.controls.items():
        if transform != "categorical":
            yield "controls", name
    for name, rows in plan.filters.items():
        if rows.one_of is None:
            yield "filters", name


def _refuse_missing_keys(plan: Plan) -> None:
    dated = "columns.created_at, and columns.collected_at or as_of"
    names = {*plan.controls, *plan.exposure.values(), *plan.filters}
    if AGE in names and not _knows_age(plan):
        raise ValueError(f"{AGE} needs {dated}")
    if plan.min_age_days is not None and not _knows_age(plan):
        raise ValueError(f"min_age_days needs {dated}")
    if POSTING_HOUR in names and "created_at" not in plan.columns:
        raise ValueError(f"{POSTING_HOUR} needs columns.created_at")
    if plan.within_creator and plan.cluster is None:
        raise ValueError("within_creator needs the key cluster: the column that names the creator")
    if plan.duration_profile and "duration_s" not in plan.columns:
        raise ValueError("duration_profile needs columns.duration_s")
    for key in ("inverted_u", "equivalence"):
        if getattr(plan, key) and plan.primary is None:
            raise ValueError(f"{key} needs the key primary")
    primary = plan.primary
    if primary and primary.scale == "rate" and primary.outcome not in plan.exposure:
        raise ValueError(
            f"primary: scale rate needs exposure.{primary.outcome}, the denominator of the rate"
        )


def _knows_age(plan: Plan) -> bool:
    return "created_at" in plan.columns and ("collected_at" in plan.columns or bool(plan.as_of))
