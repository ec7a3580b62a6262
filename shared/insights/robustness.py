"""How much the answer to the primary question can bear: power, equivalence, single creators."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.insights.plan import Plan
from shared.insights.sample import Question, Sample
from shared.insights.statistics.effect import Effect
from shared.insights.statistics.equivalence import equivalence
from shared.insights.statistics.influence import influence
from shared.insights.statistics.power import design_effect, icc1, n_needed, power_had, smallest_rho

ASKED_RHOS = (0.05, 0.1, 0.15, 0.2, 0.3)
"""Correlations of a content rating with success that one may hope for; .05 to .2 are usual."""
MOST_INFLUENTIAL = 5
ALPHA = 0.05


@dataclass(frozen=True)
class Strength:
    """Top-level parts of the document; None where they do not apply."""

    power: dict[str, Any] | None = None
    equivalence: dict[str, Any] | None = None
    influence: dict[str, Any] | None = None
    disattenuated: tuple[dict[str, Any], ...] = ()

    def document(self) -> dict[str, Any]:
        return {
            "power": self.power,
            "equivalence": self.equivalence,
            "influence": self.influence,
            "disattenuated": list(self.disattenuated),
        }


def strength(
    plan: Plan,
    sample: Sample | None,
    question: Question | None,
    primary: Effect | None,
    effects: tuple[Effect, ...],
) -> Strength:
    """All that the plan and the data allow."""
    disattenuated = _disattenuated(plan, effects)
    if plan.primary is None or sample is None or question is None or primary is None:
        return Strength(disattenuated=disattenuated)
    x = sample.frame[plan.primary.predictor].to_numpy(dtype=np.float64)
    y = sample.values(question)
    return Strength(
        power=_power(x, y, sample),
        equivalence=_equivalence(plan, primary),
        influence=_influence(x, y, sample, primary, plan),
        disattenuated=disattenuated,
    )


def _power(x: Any, y: Any, sample: Sample) -> dict[str, Any]:
    groups, n = sample.groups, len(sample.frame)
    effect = design_effect(x, np.log1p(y), groups)
    return {
        "icc1_predictor": icc1(x, groups),
        "icc1_log_outcome": icc1(np.log1p(y), groups),
        "design_effect": effect,
        "n_effective": n / effect,
        "smallest_rho": smallest_rho(n, design_effect=effect),
        "of": [
            {
                "rho": rho,
                "power": power_had(rho, n, effect),
                "n_needed": n_needed(rho, design_effect=effect),
            }
            for rho in ASKED_RHOS
        ],
    }


def _equivalence(plan: Plan, primary: Effect) -> dict[str, Any] | None:
    """Only where nothing was found: that an association is small is no news beside finding it."""
    if plan.equivalence is None or primary.p is None or primary.p < ALPHA:
        return None
    found = equivalence(primary, plan.equivalence)
    return {
        "bound": found.bound,
        "p": found.p,
        "low": found.low,
        "high": found.high,
        "equivalent": found.equivalent,
    }


def _influence(
    x: Any, y: Any, sample: Sample, primary: Effect, plan: Plan
) -> dict[str, Any] | None:
    """Which clusters the estimate hangs on most; nothing where every video is its own."""
    if plan.cluster is None or primary.estimate is None:
        return None
    found = influence(x, y, sample.groups)
    without = [one.estimate_without for one in found if one.estimate_without is not None]
    return {
        "estimate": primary.estimate,
        "lowest_without_one": min(without, default=None),
        "highest_without_one": max(without, default=None),
        "largest": [
            {
                "cluster": one.cluster,
                "n": one.n,
                "estimate_without": one.estimate_without,
                "change": one.change,
                "exact": one.exact,
            }
            for one in found[:MOST_INFLUENTIAL]
        ],
    }


def _disattenuated(plan: Plan, effects: tuple[Effect, ...]) -> tuple[dict[str, Any], ...]:
    """Spearman's correlations as they would be if the ratings were free of error, by assumption."""
    told = []
    for effect in effects:
        reliability = plan.reliability.get(effect.predictor)
        if effect.method != "spearman" or reliability is None or effect.estimate is None:
            continue
        told.append(
            {
                "predictor": effect.predictor,
                "outcome": effect.outcome,
                "scale": effect.scale,
                "reliability": reliability,
                "estimate": _raised(effect.estimate, reliability),
                "ci_low": _raised(effect.ci_low, reliability),
                "ci_high": _raised(effect.ci_high, reliability),
                "note": "divided by the square root of a reliability that the plan assumes to be "
                "known and errors that are random; ends at ±1",
            }
        )
    return tuple(told)


def _raised(value: float | None, reliability: float) -> float | None:
    return None if value is None else max(-1.0, min(1.0, value / reliability**0.5))
