"""The cost of a call, by the dated price table beside this module."""

from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.config import GeminiSettings
from shared.rating.gemini.dated_table import load_table
from shared.rating.gemini.usage import Usage

TABLE = Path(__file__).with_name("prices.toml")
GLOBAL = "global"
_PER = 1_000_000

Usd = Annotated[float, Field(ge=0, lt=10_000, allow_inf_nan=False)]


class ModelPrice(BaseModel):
    """Prices of some models from one day to another, in USD per million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: Annotated[tuple[str, ...], Field(min_length=1)]
    since: Annotated[date, Field(alias="from")] = date.min
    until: date = date.max
    input: Usd
    audio_input: Usd | None = None
    cached_input: Usd | None = None
    cached_audio_input: Usd | None = None
    output: Usd
    outside_global: Annotated[float, Field(ge=1, lt=10)] = 1.0

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.since > self.until:
            raise ValueError(f"from {self.since} is later than until {self.until}")
        return self

    def holds(self, model: str, on: date) -> bool:
        return model in self.models and self.since <= on <= self.until

    def usd(self, usage: Usage, factor: float) -> float:
        """Cost in USD. No call reports the modality of its cached tokens.

        The cache holds a common beginning of prompts. So text, image and video tokens count as
        cached first, and only the rest is sound. Without `cached_input` there is no discount.
        """
        sound = self.input if self.audio_input is None else self.audio_input
        seen = usage.input_tokens - usage.audio_tokens
        cached_seen = min(usage.cached_tokens, seen)
        cached_sound = min(usage.cached_tokens - cached_seen, usage.audio_tokens)
        fresh = (
            (seen - cached_seen) * self.input
            + (usage.audio_tokens - cached_sound) * sound
            + usage.written_tokens * self.output
        )
        return (
            fresh * factor
            + cached_seen * self._cached(self.cached_input, self.input, factor)
            + cached_sound * self._cached(self.cached_audio_input, sound, factor)
        ) / _PER

    def _cached(self, cached: float | None, fresh: float, factor: float) -> float:
        """The better discount of cache and batch: the two do not combine."""
        return min(fresh * factor, fresh if cached is None else cached)


class Prices(BaseModel):
    """The whole table. `as_of` is the day on which `source` was read.

    Vertex AI charges more outside `global`, so costs are those of `location`. Use
    `Prices.under(settings)` for a deployment: it knows the location.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date
    source: str
    batch_factor: Annotated[float, Field(gt=0, le=1)]
    price: Annotated[tuple[ModelPrice, ...], Field(min_length=1)]
    location: str = GLOBAL

    @model_validator(mode="after")
    def _has_one_price_a_day(self) -> Self:
        for first, second in combinations(self.price, 2):
            both = sorted(set(first.models) & set(second.models))
            if both and first.since <= second.until and second.since <= first.until:
                raise ValueError(f"{both[0]} has two prices on {max(first.since, second.since)}")
        return self

    @classmethod
    def load(cls, path: Path = TABLE) -> Self:
        """Read the table. Raises Misconfigured saying what is wrong and where."""
        return load_table(cls, path)

    @classmethod
    def under(cls, settings: GeminiSettings) -> Self:
        """The shipped table for the location of these settings; the Developer API has one price."""
        return cls.load().at(GLOBAL if settings.api_key else settings.location)

    def at(self, location: str) -> Self:
        """The same table in another location: global, us, eu or a region."""
        return self.model_copy(update={"location": location})

    @property
    def models(self) -> tuple[str, ...]:
        """Every model that has a price on some day."""
        return tuple(dict.fromkeys(model for price in self.price for model in price.models))

    def price_of(self, model: str, on: date) -> ModelPrice | None:
        return next((price for price in self.price if price.holds(model, on)), None)

    def cost_usd(self, model: str, usage: Usage, on: date, batch: bool = False) -> float | None:
        """Cost in USD on that day (UTC) in the location; None for a model without a price then."""
        price = self.price_of(model, on)
        if price is None:
            return None
        times = 1.0 if self.location == GLOBAL else price.outside_global
        return price.usd(usage, self.batch_factor if batch else 1.0) * times


def has_price(model: str, on: date) -> bool:
    """Whether the table prices a model on this day, wherever it is asked."""
    return Prices.load().price_of(model, on) is not None
