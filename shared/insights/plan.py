"""The analysis plan: what is asked of a table of videos, written down before it is looked at.

A key that is absent is off, a column that is not named is not used, and the plan's hash stands on
every result.
"""

from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from shared.errors import Permanent
from shared.inputs.yaml_input import BadYaml, Lines, read_yaml
from shared.insights.suggestions import listed, nearest
from shared.insights.table.kinds import refuse_unmeasurable
from shared.model import digest

AGE = "age"
"""Days from the post to its collection, from `created_at` and `collected_at` (or `as_of`)."""

POSTING_HOUR = "posting_hour"
"""Hour of the day, in UTC, of `created_at`."""

DERIVED = (AGE, POSTING_HOUR)
DEFAULT_PLAN = Path(__file__).parent / "default_plan.yaml"

Transform = Literal["linear", "log", "log1p", "categorical", "cyclic"]
USUAL: dict[str, Transform] = {
    "followers": "log1p",
    "duration_s": "log",
    AGE: "log",
    "language": "categorical",
    POSTING_HOUR: "cyclic",
}
"""How a control that is only named enters the model; any other enters as it is."""


class BadPlan(Permanent):
    """The plan is not what a plan should be, or does not fit itself."""

    def __init__(self, sentence: str):
        super().__init__("bad_plan", sentence)


def _unquoted(value: object) -> object:
    if isinstance(value, bool):  # YAML 1.1 reads no, the code of Norwegian, as false
        raise ValueError("YAML reads this as true or false: put it in quotes")
    if isinstance(value, int | float):
        raise ValueError("YAML reads this as a number: put it in quotes")
    return value


def _in_utc(value: object) -> object:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if not isinstance(value, datetime):
        raise ValueError("not a date like 2026-01-31")
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _named_alone(value: object) -> object:
    """`[followers, age]` is short for each name with what is usual for it."""
    if isinstance(value, list | tuple):
        return {name: USUAL.get(name, "linear") for name in _strings(value)}
    return value


def _as_they_are(value: object) -> object:
    """`[views, likes]` is short for columns of those very names."""
    return {name: name for name in _strings(value)} if isinstance(value, list) else value


def _strings(values: list[object] | tuple[object, ...]) -> list[str]:
    for value in values:
        _unquoted(value)
        if not isinstance(value, str):
            raise ValueError("not a name")
    names = [value for value in values if isinstance(value, str)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{twice[0]} is named twice")
    return names


def _each_once(value: object) -> object:
    return tuple(_strings(value)) if isinstance(value, list) else value


def _tuple(value: object) -> object:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value


Name = Annotated[str, Field(min_length=1, max_length=300), BeforeValidator(_unquoted)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_each_once)]
Pair = tuple[Name, Name]
Pairs = Annotated[tuple[Pair, ...], BeforeValidator(_tuple)]
Moment = Annotated[datetime, BeforeValidator(_in_utc)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class Primary(_Part):
    """The one association whose p value is not corrected for the others."""

    predictor: Name
    outcome: Name
    scale: Literal["count", "rate"]


class Filter(_Part):
    """Which rows are meant: a value, one of several, or a range with both ends included."""

    one_of: tuple[bool | int | float | str, ...] | None = None
    min: float | None = None
    max: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, said: object) -> object:
        if isinstance(said, dict):
            if not said or not said.keys() <= {"min", "max"}:
                raise ValueError("give a value, a list of values, or min and max")
            return {key: float(end) if type(end) is int else end for key, end in said.items()}
        values = tuple(said) if isinstance(said, list) else (said,)
        if not values:
            raise ValueError("an empty list keeps no row")
        return {"one_of": values}


class Plan(_Part):
    """What is asked. Reading checks that every name is known and that no method lacks its key.

    `columns` maps our names to the table's. `exposure` maps an outcome to what its rate is per: a
    column, or `age` (days). `reliability` (0–1] and `equivalence` (a correlation) are assumptions
    of the person who plans. `duration_profile` lists borders in seconds.
    """

    columns: Annotated[dict[Name, Name], BeforeValidator(_as_they_are), Field(min_length=1)]
    differences: dict[Name, Annotated[Pair, BeforeValidator(_tuple)]] = {}
    filters: dict[Name, Filter] = {}
    predictors: Annotated[Names, Field(min_length=1, max_length=20)]
    outcomes: Annotated[Names, Field(min_length=1, max_length=20)]
    primary: Primary | None = None
    controls: Annotated[dict[Name, Transform], BeforeValidator(_named_alone)] = {}
    exposure: dict[Name, Name] = {}
    cluster: Name | None = None
    min_age_days: Annotated[float, Field(ge=0, le=36_500)] | None = None
    as_of: Moment | None = None
    sampling_frame: Annotated[str, Field(max_length=20_000)] | None = None
    resamples: Annotated[int, Field(ge=100, le=100_000)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    within_creator: bool = False
    inverted_u: bool = False
    interactions: Pairs = ()
    duration_profile: Annotated[tuple[float, ...], BeforeValidator(_tuple)] = ()
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
        _names_are_known(self)
        _roles_are_apart(self)
        refuse_unmeasurable(self)
        _methods_have_their_keys(self)
        return self

    @cached_property
    def hash(self) -> str:
        """16 hex digits: the same for the same plan, however its file is laid out."""
        return digest(self.model_dump(mode="json"), 16)

    def used(self) -> set[str]:
        """Names of `columns` that something asks for; the rest is not even read."""
        asked = {*self.predictors, *self.outcomes, *self.controls, *self.filters}
        asked |= {*self.exposure.values(), *(name for pair in self.interactions for name in pair)}
        asked |= {name for pair in self.differences.values() for name in pair}
        asked |= {self.cluster} if self.cluster else set()
        asked |= {"duration_s"} if self.duration_profile else set()
        return (asked | set(GATED)) & self.columns.keys()


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


def read_plan(path: Path) -> Plan:
    """Read a plan. Raises BadPlan: which line, which key, and what to do."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadPlan(f"{path}: {error.strerror or error}.") from error
    return parse_plan(content, path.name)


def default_plan() -> Plan:
    """The plan that ships: unexpectedness × views, over the columns of the fact table."""
    return parse_plan(default_text().encode(), DEFAULT_PLAN.name)


def default_text() -> str:
    return DEFAULT_PLAN.read_text(encoding="utf-8")


def parse_plan(content: bytes, name: str) -> Plan:
    """Read a plan from bytes; `name` is what the sentences call it. Raises BadPlan."""
    try:
        said, lines = read_yaml(content)
    except BadYaml as error:
        raise BadPlan(f"{name}: {error}.") from error
    if not isinstance(said, dict):
        raise BadPlan(f"{name} needs keys such as columns, predictors and outcomes.")
    try:
        return Plan.model_validate(said)
    except ValidationError as error:
        raise BadPlan(f"{name}{_first_problem(error, lines)}") from error


def _first_problem(error: ValidationError, lines: Lines) -> str:
    """The place in the file and what is wrong there."""
    first = error.errors(include_url=False)[0]
    place = [part for part in first["loc"] if part != "[key]"]
    line = lines.of(place)
    at = f", line {line}" if line else ""
    key = ".".join(map(str, place))
    if first["type"] == "extra_forbidden":
        known = tuple(_fields(place[:-1]))
        return f"{at}: there is no key {key}{nearest(str(place[-1]), known)}; {listed(known)}."
    if first["type"] == "missing":
        return f"{at}: the key {key} is missing."
    message = first["msg"].removeprefix("Value error, ")
    if not key:  # a rule over several keys names the one at fault first
        line = lines.of(message.split(maxsplit=1)[0].rstrip(":").split("."))
        at = f", line {line}" if line else ""
    return f"{at}{', ' + key if key else ''}: {message.rstrip('.')}."


def _fields(place: list[int | str]) -> list[str]:
    part: type[BaseModel] = Primary if place and place[0] == "primary" else Plan
    return list(part.model_fields)


def _names_are_known(plan: Plan) -> None:
    if taken := sorted(set(DERIVED) & plan.columns.keys()):
        raise ValueError(f"columns: {taken[0]} is computed from created_at; use another name")
    if taken := sorted(plan.differences.keys() & ({*DERIVED} | plan.columns.keys())):
        raise ValueError(f"differences: {taken[0]} is a column already; use another name")
    columns = tuple(plan.columns)
    measures = (*columns, *plan.differences)
    _known("differences", (n for pair in plan.differences.values() for n in pair), columns)
    _known("filters", plan.filters, (*measures, *DERIVED))
    _known("predictors", plan.predictors, measures)
    _known("outcomes", plan.outcomes, columns)
    _known("controls", plan.controls, (*measures, *DERIVED))
    _known("exposure", plan.exposure, plan.outcomes, "outcomes")
    _known("exposure", plan.exposure.values(), (*columns, AGE))
    _known("cluster", [plan.cluster] if plan.cluster else [], columns)
    _known("interactions", (first for first, _ in plan.interactions), plan.predictors, "predictors")
    _known("interactions", (second for _, second in plan.interactions), measures)
    _known("reliability", plan.reliability, plan.predictors, "predictors")
    if plan.primary:
        _known("primary.predictor", [plan.primary.predictor], plan.predictors, "predictors")
        _known("primary.outcome", [plan.primary.outcome], plan.outcomes, "outcomes")


def _known(key: str, names: Any, known: tuple[str, ...], where: str = "columns") -> None:
    for name in names:
        if name not in known:
            raise ValueError(
                f"{key}: {name} is not among the {where} of the plan"
                f"{nearest(name, known)}; {listed(known)}"
            )


def _roles_are_apart(plan: Plan) -> None:
    roles = {
        "predictors": set(plan.predictors),
        "outcomes": set(plan.outcomes),
        "controls": set(plan.controls),
        "cluster": {plan.cluster} if plan.cluster else set(),
    }
    names = list(roles)
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            if both := sorted(roles[one] & roles[other]):
                raise ValueError(f"{both[0]} is in {one} and in {other}; it can be only one")
    outcome_of = {plan.columns[name]: name for name in plan.outcomes}
    for name in (*plan.predictors, *plan.controls):
        if (same := outcome_of.get(plan.columns.get(name, ""))) is not None:
            raise ValueError(f"columns: {name} and the outcome {same} are the same column")
    for outcome, per in plan.exposure.items():
        if outcome == per:
            raise ValueError(f"exposure: {outcome} per {per} is always 1")
    for control, transform in plan.controls.items():
        if (transform == "cyclic") != (control == POSTING_HOUR):
            raise ValueError(f"controls: cyclic goes with {POSTING_HOUR}, and only with it")
        if control == AGE and transform == "categorical":
            raise ValueError("controls: age is a number of days; give log or linear")


def _methods_have_their_keys(plan: Plan) -> None:
    dated = "columns.created_at, and columns.collected_at or as_of"
    asking = {*plan.controls, *plan.exposure.values(), *plan.filters}
    if AGE in asking and not _knows_age(plan):
        raise ValueError(f"{AGE} needs {dated}")
    if plan.min_age_days is not None and not _knows_age(plan):
        raise ValueError(f"min_age_days needs {dated}")
    if POSTING_HOUR in asking and "created_at" not in plan.columns:
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
            f"primary: scale rate needs exposure.{primary.outcome}, what the rate is per"
        )


def _knows_age(plan: Plan) -> bool:
    return "created_at" in plan.columns and ("collected_at" in plan.columns or bool(plan.as_of))
