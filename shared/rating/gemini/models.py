"""How long a model is served, by the dated table beside this module, and which one to use next."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.config import GeminiSettings
from shared.rating.gemini.dated_table import load_table
from shared.rating.gemini.prices import Prices

TABLE = Path(__file__).with_name("models.toml")
NAME = "shared/rating/gemini/models.toml"

NOTICE = timedelta(days=60)
"""How long before a model's end the warnings begin. Ratings by another model are another rater's,
so a study needs time to rate a sample with both (`tta validate` compares them)."""

Platform = Literal["vertex", "developer"]
PLATFORMS: tuple[Platform, ...] = get_args(Platform)
State = Literal["served", "ending", "retired"]


class ServedTerm(BaseModel):
    """How long some models are served on one platform: until an announced or a promised date."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: Annotated[tuple[str, ...], Field(min_length=1)]
    platform: Platform
    retires: date | None = None
    not_before: date | None = None
    source: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _has_a_single_date(self) -> Self:
        if (self.retires is None) == (self.not_before is None):
            raise ValueError(f"{self.names[0]}: give retires or not_before")
        return self

    @property
    def ends(self) -> date:
        return self.retires or self.not_before or date.max

    def state(self, on: date) -> State:
        if self.retires is not None and self.retires <= on:
            return "retired"
        return "ending" if self.ends - NOTICE <= on else "served"


class ModelRelease(BaseModel):
    """When some models were first released as stable, on any platform."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: Annotated[tuple[str, ...], Field(min_length=1)]
    released: date
    source: Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Outlook:
    """How long a model is served, as `sentence`; `todo` says what to do, or is empty.

    `ends` is None without a known date, `choose` is None where nothing needs to be done.
    """

    model: str
    state: State
    ends: date | None
    sentence: str
    todo: str = ""
    choose: str | None = None


class ServedModels(BaseModel):
    """The whole table. `as_of` is the day it was last compared with its sources."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date
    page: str
    model: Annotated[tuple[ServedTerm, ...], Field(min_length=1)]
    release: tuple[ModelRelease, ...] = ()

    @model_validator(mode="after")
    def _speaks_of_each_model_once(self) -> Self:
        for first, second in combinations(self.model, 2):
            both = sorted(set(first.names) & set(second.names))
            if both and first.platform == second.platform:
                raise ValueError(f"{both[0]} has two dates on {first.platform}")
        names = [name for entry in self.release for name in entry.names]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{twice[0]} was released twice")
        return self

    @classmethod
    def load(cls, path: Path = TABLE) -> Self:
        """Read the table. Raises Misconfigured saying what is wrong and where."""
        return load_table(cls, path)

    def term(self, model: str, platform: Platform) -> ServedTerm | None:
        """The table's entry for a model, or None."""
        of_platform = (entry for entry in self.model if entry.platform == platform)
        return next((entry for entry in of_platform if model in entry.names), None)

    def released(self, model: str) -> date | None:
        """The day on which a model was released; None where the table does not know it."""
        return next((entry.released for entry in self.release if model in entry.names), None)

    def outlook(self, model: str, platform: Platform, on: date) -> Outlook:
        """How long a model is served, seen from that day (UTC)."""
        term = self.term(model, platform)
        if term is None:
            return Outlook(model, "served", None, f"{model} has no known end")
        state, choose = term.state(on), self.lasting(platform, on)
        sentence = f"{model} {_when(term, on)} ({term.source}, as of {self.as_of})"
        if state == "served":
            return Outlook(model, state, term.ends, sentence)
        return Outlook(model, state, term.ends, sentence, self._todo(choose), choose)

    def lasting(self, platform: Platform, on: date) -> str | None:
        """The priced model with the longest promise beyond the notice; None when there is none."""
        prices = Prices.load()
        promised = [
            (term.ends, name)
            for term in self.model
            if term.platform == platform and term.not_before and term.state(on) == "served"
            for name in term.names
            if prices.price_of(name, on)
        ]
        return max(promised)[1] if promised else None

    def _todo(self, choose: str | None) -> str:
        if choose is None:
            return f"Choose a model that {self.page} promises, and bring {NAME} up to date."
        return (
            f"Set gemini_model (GEMINI_MODEL) to {choose}. Its ratings are another rater's: see "
            "docs/reference/gemini.md, “When a model ends”."
        )


def _when(term: ServedTerm, on: date) -> str:
    if term.retires is not None:
        return f"{'retires' if on < term.retires else 'was retired'} on {term.retires}"
    if on <= term.ends:
        return f"is promised until {term.ends}"
    return f"was promised until {term.ends} only, and may be gone"


@cache
def served_models() -> ServedModels:
    """The shipped table."""
    return ServedModels.load()


_NAMED = re.compile(r"\bgemini-[a-z0-9.-]*[a-z0-9]")


def advice_on(refusal: str) -> str:
    """What to do about a 404 that names a model with an announced end; empty for any other.

    The advice is as of that end, so it is the same whenever the refusal comes.
    """
    table, match = served_models(), _NAMED.search(refusal)
    for platform in PLATFORMS if match else ():
        assert match is not None
        term = table.term(match[0], platform)
        if term and term.retires:
            outlook = table.outlook(match[0], platform, term.retires)
            return f"{outlook.sentence}. {outlook.todo}"
    return ""


def platform_of(settings: GeminiSettings) -> Platform:
    return "developer" if settings.api_key else "vertex"


def outlook_of(settings: GeminiSettings, on: date) -> Outlook:
    """How long the model that these settings ask is served."""
    return served_models().outlook(settings.model, platform_of(settings), on)
