"""The results of an analysis, and their output contract."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from shared.canonical import canonical, versions
from shared.inputs.tables.losses import Losses
from shared.insights import coverage
from shared.insights.caution import Caution
from shared.insights.corrections import Correction
from shared.insights.disagreements import Disagreement, disagreements
from shared.insights.drawn_videos import VideoSample
from shared.insights.for_whom import ForWhom
from shared.insights.headline import Headline
from shared.insights.measurement import measurement, result_hash
from shared.insights.missing_ratings import MissingRatings
from shared.insights.needed_videos import RatioPower, ratio_power
from shared.insights.overturn import Overturn
from shared.insights.plan import Plan
from shared.insights.predictor_steps import step_of
from shared.insights.quality_gate import Gate
from shared.insights.robustness import Robustness
from shared.insights.secondary import Shapes
from shared.insights.statistics.effect import Effect


@dataclass(frozen=True)
class Insights:
    """The results. `effects` begin with the primary, if the plan declares one."""

    plan: Plan
    gate: Gate
    effects: tuple[Effect, ...]
    primary: Effect | None
    headline: Headline | None
    overturn: Overturn
    shapes: Shapes
    robustness: Robustness
    corrected: tuple[Correction, ...]
    corrected_by: tuple[str, ...]
    cautions: tuple[Caution, ...]
    n: int
    clusters: int
    input_sha256: str
    missing_ratings: MissingRatings | None = None
    for_whom: ForWhom | None = None
    """How creators differ in the primary; None without a primary or named creators."""
    people: int = 0
    """Videos of the analysis whose primary predictor people rated."""
    losses: Losses = field(default_factory=Losses)
    """The rows and cells of the table that could not be read."""
    drawn: VideoSample | None = None
    """The sample that the associations rest on; None where it is all rows of the gate."""

    @property
    def analysed(self) -> Gate:
        """The gate with the rows that the associations rest on; its counts are of all rows."""
        return self.gate if self.drawn is None else self.drawn.gate

    @property
    def warnings(self) -> tuple[str, ...]:
        """The sentences of the cautions, in their order."""
        return tuple(caution.sentence for caution in self.cautions)

    @cached_property
    def raters(self) -> tuple[str, ...]:
        """The raters of the analysed rows, as far as the table names them."""
        frame = self.gate.frame
        return tuple(sorted(frame["rater"].dropna().unique())) if "rater" in frame else ()

    @cached_property
    def disagreements(self) -> tuple[Disagreement, ...]:
        """Figures of the primary question that claim something else than the headline."""
        latest = None if self.headline is None else self.headline.latest
        return disagreements(self.effects, self.primary, latest)

    @cached_property
    def power(self) -> RatioPower | None:
        """What these videos could find within creators."""
        if self.primary is None:
            return None
        name = self.primary.predictor
        return ratio_power(self.primary, step_of(self.gate.frame[name], name).size)

    def effect_of_primary(self, method: str) -> Effect | None:
        """The effect of the primary question by one method."""
        question = self.plan.primary
        if question is None:
            return None
        key = (question.predictor, question.outcome, question.scale, method)
        for effect in self.effects:
            if (effect.predictor, effect.outcome, effect.scale, effect.method) == key:
                return effect
        return None

    @cached_property
    def plan_hash(self) -> str:
        """The plan with what was measured: 16 hex digits."""
        return result_hash(self.plan, self.gate.frame, self.gate.kind.is_synthetic)

    def document(self) -> dict[str, Any]:
        """The output contract: no time, no path, no NaN; floats to 12 significant digits."""
        document: dict[str, Any] = canonical(
            {
                "plan_hash": self.plan_hash,
                "measured": list(measurement(self.gate.frame)),
                "plan": self.plan.model_dump(mode="json"),
                "input_sha256": self.input_sha256,
                "seed": self.plan.seed,
                "versions": versions(),
                "synthetic": self.gate.kind.is_synthetic,
                "set_aside": self.gate.kind.document(),
                "n": self.n,
                "clusters": self.clusters,
                "sample": self.drawn and self.drawn.document(),
                "dropped": self.gate.dropped,
                "losses": self.losses.document(),
                "quality": self.gate.document(),
                "effects": [effect.document() for effect in self.effects],
                "primary": self.primary.document() if self.primary else None,
                "headline": self._headline_document(),
                "overturn": self.overturn.document(),
                "disagreements": [item.document() for item in self.disagreements],
                "validated_by_people": self.people,
                "corrected": [correction.document() for correction in self.corrected],
                "corrected_by": list(self.corrected_by),
                "coverage": coverage.document(self.clusters, self.effects)
                if self.plan.cluster
                else [],
                "missing_ratings": self.missing_ratings and self.missing_ratings.document(),
                "warnings": list(self.warnings),
                "shape": self.shapes.document(),
                "for_whom": self.for_whom and self.for_whom.document(),
                **self.robustness.document(),
            }
        )
        return document

    def _headline_document(self) -> dict[str, Any] | None:
        if self.headline is None or self.plan.primary is None:
            return None
        power = None if self.power is None else self.power.document()
        return self.headline.document(self.plan.primary.predictor) | {"power": power}
