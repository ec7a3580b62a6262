"""The keys of a plan, each checked by itself."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, field_validator

from shared.insights.plan_fields import (
    STRICT,
    Day,
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
from shared.insights.table.schema import Kind, standard_kind


class PlanKeys(BaseModel):
    """The questions, before they are checked against each other.

    `columns` maps our names to the table's. `exposure` maps an outcome to the denominator of its
    rate: a column, or `age` (days). `reliability` (0–1] and `equivalence` (a correlation) are
    assumptions of the author. `duration_profile` lists borders in seconds. `sound` names the column
    of a video's sound. `equal_age_days` is the age of the counts in the view kpis_at_age.
    `negative_control` is a column that should not go with the primary's outcome. Of more than
    `most_videos` the associations rest on a sample of about so many. `raters` are beginnings of the
    names of eligible raters, and `first_released_after` is a day after which their models must have
    been released; both only decide whether a run is confirmatory.
    """

    model_config = STRICT

    columns: Annotated[dict[Name, Name], BeforeValidator(as_own_names), Field(min_length=1)]
    differences: dict[Name, Annotated[NamePair, BeforeValidator(as_tuple)]] = {}
    filters: dict[Name, Filter] = {}
    predictors: Annotated[Names, Field(min_length=1, max_length=20)]
    outcomes: Annotated[Names, Field(min_length=1, max_length=20)]
    primary: PrimaryQuestion | None = None
    controls: Annotated[dict[Name, Transform], BeforeValidator(with_usual_transforms)] = {}
    negative_control: Name | None = None
    exposure: dict[Name, Name] = {}
    cluster: Name | None = None
    min_age_days: Annotated[float, Field(ge=0, le=36_500)] | None = None
    as_of: Moment | None = None
    sampling_frame: Annotated[str, Field(max_length=20_000)] | None = None
    resamples: Annotated[int, Field(ge=100, le=100_000)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    most_videos: Annotated[int, Field(ge=10_000, le=100_000_000)] | None = None
    calendar_weeks: bool = False
    sound: Name | None = None
    equal_age_days: Annotated[float, Field(gt=0, le=36_500)] | None = None
    within_creator: bool = False
    inverted_u: bool = False
    interactions: NamePairs = ()
    duration_profile: Annotated[tuple[float, ...], BeforeValidator(as_tuple)] = ()
    equivalence: Annotated[float, Field(gt=0, lt=1)] | None = None
    reliability: dict[Name, Annotated[float, Field(gt=0, le=1)]] = {}
    raters: Annotated[Names, Field(max_length=50)] = ()
    first_released_after: Day | None = None

    @field_validator("min_age_days", "equal_age_days", "equivalence", mode="before")
    @classmethod
    def _whole_numbers_too(cls, value: object) -> object:
        return float(value) if type(value) is int else value

    @field_validator("duration_profile")
    @classmethod
    def _ascending(cls, borders: tuple[float, ...]) -> tuple[float, ...]:
        if any(low >= high for low, high in zip((0.0, *borders), borders, strict=False)):
            raise ValueError("borders in seconds must be above 0 and ascend")
        return borders

    def kind(self, name: str) -> Kind:
        """What a column holds: by its role in the plan, else by its standard name."""
        standard = standard_kind(name)
        if name in (self.cluster, self.sound) or standard == "id":
            return "id"
        if standard in ("count", "seconds", "part"):
            return standard
        if name in self.outcomes or name in self.exposure.values():
            return "count"
        if standard is not None:
            return standard
        values = self.filters[name].one_of if name in self.filters else None
        is_text = bool(values) and all(isinstance(value, str) for value in values or ())
        return "text" if is_text or self.controls.get(name) == "categorical" else "number"
