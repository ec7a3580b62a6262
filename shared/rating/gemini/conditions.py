"""The conditions that one deployment of Gemini serves: its own, and those that RATERS names."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from shared.config import GeminiSettings
from shared.errors import Misconfigured
from shared.named_raters import LITERATURE, STANDARD_WORDING, ConditionWord, NamedRater
from shared.rating.gemini.question import GeminiCondition

Variant = tuple[GeminiSettings, dict[str, Any]]


class UnknownCondition(ValueError):
    """The deployment has no such condition; the message says which it has."""


@dataclass(frozen=True)
class GeminiConditions:
    """The settings of Gemini in one deployment, and its named raters.

    Raises Misconfigured for an entry that Gemini would refuse, and for two that make one rater.
    """

    settings: GeminiSettings
    raters: tuple[NamedRater, ...] = ()

    def __post_init__(self) -> None:
        owners: dict[str, str] = {}
        for name in self.names:
            rater = self.condition(str(ConditionWord(name))).name
            if rater in owners:
                both = " and ".join(sorted((owners[rater] or "the default", name)))
                raise Misconfigured(f"RATERS: {both} are the same rater, {rater}. Remove one")
            owners[rater] = name

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the entries, after the empty one of the default."""
        return ("", *(rater.name for rater in self.raters))

    @property
    def models(self) -> tuple[str, ...]:
        """Every model that is asked, the default first."""
        settings = (self._variants[name][0] for name in self.names)
        return tuple(dict.fromkeys(each.model for each in settings))

    def entry(self, name: str) -> NamedRater | None:
        """The entry of that name; None for the deployment's own settings."""
        return next((rater for rater in self.raters if rater.name == name), None)

    def condition(self, word: str) -> GeminiCondition:
        """The condition of a word such as `gemini:flash+caption`. Raises UnknownCondition."""
        try:
            parsed = ConditionWord.parse(word)
        except ValueError as error:
            raise UnknownCondition(str(error)) from error
        if parsed.name not in self._variants:
            names = ", ".join(self.names[1:]) or "none"
            raise UnknownCondition(f"{word}: RATERS has no {parsed.name}; it has {names}")
        settings, fields = self._variants[parsed.name]
        return GeminiCondition(settings, parsed.sees_caption, parsed.literature, **fields)

    def of_entry(self, name: str) -> Iterator[GeminiCondition]:
        """Every condition of an entry: blind, and with what else a rater may be shown."""
        for literature in LITERATURE:
            for sees_caption in (False, True):
                yield self.condition(str(ConditionWord(name, literature, sees_caption)))

    @cached_property
    def _variants(self) -> dict[str, Variant]:
        return {"": (self.settings, {})} | {
            rater.name: self._variant(rater) for rater in self.raters
        }

    def _variant(self, rater: NamedRater) -> Variant:
        changes: dict[str, Any] = {} if rater.model is None else {"model": rater.model}
        changes |= {} if rater.fps is None else {"fps": rater.fps, "fps_long": rater.fps}
        try:
            settings = GeminiSettings.model_validate(self.settings.model_dump() | changes)
        except ValidationError as error:
            why = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
            raise Misconfigured(f"RATERS: {rater.name}: {why}") from error
        wording = rater.wording or STANDARD_WORDING
        variant: dict[str, Any] = {"wording": wording, "entry": rater.name, "own_fps": rater.fps}
        if not GeminiCondition(settings, **variant).has_wording:
            raise Misconfigured(f"RATERS: {rater.name}: this rubric has no wording {wording}")
        return settings, variant
