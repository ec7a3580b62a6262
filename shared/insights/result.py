"""The results of an analysis, and their output contract."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from shared.canonical import canonical, versions
from shared.insights import coverage
from shared.insights.corrections import Correction
from shared.insights.for_whom import ForWhom
from shared.insights.headline import Headline
from shared.insights.measurement import measurement, result_hash
from shared.insights.missing_ratings import MissingRatings
from shared.insights.overturn import Overturn
from shared.insights.plan import Plan
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
    warnings: tuple[str, ...]
    n: int
    clusters: int
    input_sha256: str
    missing_ratings: MissingRatings | None = None
    for_whom: ForWhom | None = None
    """How creators differ in the primary; None without a primary or named creators."""

    @cached_property
    def plan_hash(self) -> str:
        """The plan with what was measured: 16 hex digits."""
        return result_hash(self.plan, self.gate.frame)

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
                "synthetic": self.gate.synthetic > 0,
                "n": self.n,
                "clusters": self.clusters,
                "dropped": self.gate.dropped,
                "quality": self.gate.document(),
                "effects": [effect.document() for effect in self.effects],
                "primary": self.primary.document() if self.primary else None,
                "headline": self._headline_document(),
                "overturn": self.overturn.document(),
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
        return self.headline.document(self.plan.primary.predictor)
