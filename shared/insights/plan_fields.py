"""The types of a plan's keys: names, pairs, filters, times and the short forms of them."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from shared.inputs.suggestions import nearest
from shared.insights.table.schema import AGE, POSTING_HOUR, TOPIC

Transform = Literal["linear", "log", "log1p", "categorical", "cyclic"]
USUAL_TRANSFORMS: dict[str, Transform] = {
    "followers": "log1p",
    "duration_s": "log",
    AGE: "log",
    "language": "categorical",
    POSTING_HOUR: "cyclic",
    TOPIC: "categorical",
}
"""How a control enters the model when the plan gives its name alone; any other enters as it is."""


def _unquoted(value: object) -> object:
    if isinstance(value, bool):  # YAML 1.1 reads `no`, the code of Norwegian, as false
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


def _as_day(value: object) -> object:
    if isinstance(value, str):
        value = date.fromisoformat(value)
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError("not a day like 2026-01-31")
    return value


def with_usual_transforms(value: object) -> object:
    """`[followers, age]` is short for each name with its usual transform."""
    if isinstance(value, list | tuple):
        return {name: USUAL_TRANSFORMS.get(name, "linear") for name in _strings(value)}
    return value


def as_own_names(value: object) -> object:
    """`[views, likes]` is short for columns with the same names as in the file."""
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


def as_tuple(value: object) -> object:
    return tuple(map(as_tuple, value)) if isinstance(value, list) else value


Name = Annotated[str, Field(min_length=1, max_length=300), BeforeValidator(_unquoted)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_each_once)]
NamePair = tuple[Name, Name]
NamePairs = Annotated[tuple[NamePair, ...], BeforeValidator(as_tuple)]
Day = Annotated[date, BeforeValidator(_as_day)]
Moment = Annotated[datetime, BeforeValidator(_in_utc)]


STRICT = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class PrimaryQuestion(BaseModel):
    """The one association whose p value is not corrected for the others."""

    model_config = STRICT

    predictor: Name
    outcome: Name
    scale: Literal["count", "rate", "mean"]


ENDS = ("min", "max")
FORMS = "give a value, a list of values, or min and max"


class Filter(BaseModel):
    """Which rows to analyse: a value, one of several, or a range that includes both ends."""

    model_config = STRICT

    one_of: tuple[bool | int | float | str, ...] | None = None
    min: float | None = None
    max: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, content: object) -> object:
        if isinstance(content, dict):
            for key in content:
                if key not in ENDS:
                    raise ValueError(f"there is no key {key}{nearest(str(key), ENDS)}; {FORMS}")
            if not content:
                raise ValueError(FORMS)
            return {key: float(end) if type(end) is int else end for key, end in content.items()}
        values = tuple(content) if isinstance(content, list) else (content,)
        if not values:
            raise ValueError("an empty list keeps no row")
        return {"one_of": values}
