"""Where other figures of the primary question differ from the headline in sign or significance.

Each other figure asks another question, so a difference is news and not a mistake. A page that
shows both without a word looks as if it contradicted itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shared.insights.statistics.effect import Effect

ALPHA = 0.05

Verdict = Literal["more", "fewer", "open"]
Difference = Literal["opposite", "only_here", "only_in_headline"]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One figure that differs from the headline. `name` says which: pooled, adjusted, between."""

    name: str
    effect: Effect
    difference: Difference

    def document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "method": self.effect.method,
            "predictor": self.effect.predictor,
            "difference": self.difference,
        }


def verdict(effect: Effect) -> Verdict:
    """What an effect claims: more, fewer, or nothing where its interval holds zero."""
    if effect.estimate is None or effect.p is None or effect.p >= ALPHA:
        return "open"
    return "more" if effect.estimate > 0 else "fewer"


def disagreements(
    effects: Sequence[Effect], primary: Effect | None, latest: Effect | None = None
) -> tuple[Disagreement, ...]:
    """Every other figure of the primary pair that claims something else than the headline.

    `latest` is the headline with the latest counts, where it has counts at equal age.
    """
    if primary is None or primary.p is None:
        return ()
    headline = verdict(primary)
    figures = [(_name(effect, primary), effect) for effect in effects]
    figures += [("latest", latest)] if latest is not None else []
    return tuple(
        Disagreement(name, effect, _difference(headline, verdict(effect)))
        for name, effect in figures
        if name is not None and effect.p is not None and verdict(effect) != headline
    )


def _difference(headline: Verdict, other: Verdict) -> Difference:
    if headline == "open":
        return "only_here"
    return "only_in_headline" if other == "open" else "opposite"


def _name(effect: Effect, primary: Effect) -> str | None:
    """The name of a figure of the primary question; None for other questions and the headline."""
    if (effect.outcome, effect.scale) != (primary.outcome, primary.scale) or effect is primary:
        return None
    if effect.predictor == f"{primary.predictor}_between" and effect.method == "gee_nb":
        return "between"
    if effect.predictor != primary.predictor or effect.method == primary.method:
        return None
    return {"spearman": "pooled", "partial_spearman": "adjusted", "gee_nb": "ratio"}.get(
        effect.method
    )
