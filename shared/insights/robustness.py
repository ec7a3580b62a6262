"""How robust the answer to the primary question is: power, equivalence, single creators."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.insights.headline import Headline
from shared.insights.influence import HeadlineInfluence, influence
from shared.insights.plan import Plan
from shared.insights.sample import OutcomeQuestion, Sample
from shared.insights.statistics.effect import Effect
from shared.insights.statistics.equivalence import equivalence
from shared.insights.statistics.power import (
    design_effect,
    icc1,
    n_needed,
    power_of_test,
    smallest_rho,
)

USUAL_RHOS = (0.05, 0.1, 0.15, 0.2, 0.3)
"""Plausible correlations of a content rating with success; .05 to .2 are usual."""
ALPHA = 0.05


@dataclass(frozen=True)
class Robustness:
    """Top-level parts of the document; None where they do not apply."""

    power: dict[str, Any] | None = None
    equivalence: dict[str, Any] | None = None
    influence: HeadlineInfluence | None = None
    disattenuated: tuple[dict[str, Any], ...] = ()

    def document(self) -> dict[str, Any]:
        return {
            "power": self.power,
            "equivalence": self.equivalence,
            "influence": self.influence and self.influence.document(),
            "disattenuated": list(self.disattenuated),
        }


def assess_robustness(
    plan: Plan,
    sample: Sample | None,
    question: OutcomeQuestion | None,
    primary: Effect | None,
    effects: tuple[Effect, ...],
    headline: Headline | None = None,
) -> Robustness:
    """Every check that the plan and the data allow."""
    disattenuated = _disattenuated(plan, effects)
    if plan.primary is None or sample is None or question is None or primary is None:
        return Robustness(disattenuated=disattenuated)
    carried_by = influence(headline, plan.primary.predictor)
    ranked = _ranked(effects, primary)
    if ranked is None:
        return Robustness(influence=carried_by, disattenuated=disattenuated)
    x = sample.frame[plan.primary.predictor].to_numpy(dtype=np.float64)
    y = sample.values(question)
    return Robustness(
        power=_power(x, y, sample),
        equivalence=_equivalence(plan, ranked),
        influence=carried_by,
        disattenuated=disattenuated,
    )


def _ranked(effects: tuple[Effect, ...], primary: Effect) -> Effect | None:
    """The pooled rank correlation of the primary question; few creators have none."""
    key = (primary.predictor, primary.outcome, primary.scale, "spearman")
    for effect in effects:
        if (effect.predictor, effect.outcome, effect.scale, effect.method) == key:
            return effect
    return None


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
                "power": power_of_test(rho, n, effect),
                "n_needed": n_needed(rho, design_effect=effect),
            }
            for rho in USUAL_RHOS
        ],
    }


def _equivalence(plan: Plan, primary: Effect) -> dict[str, Any] | None:
    """The equivalence test, only for a primary that is not significant."""
    if plan.equivalence is None or primary.p is None or primary.p < ALPHA:
        return None
    test = equivalence(primary, plan.equivalence)
    return {
        "bound": test.bound,
        "p": test.p,
        "low": test.low,
        "high": test.high,
        "equivalent": test.equivalent,
    }


def _disattenuated(plan: Plan, effects: tuple[Effect, ...]) -> tuple[dict[str, Any], ...]:
    """Spearman's correlations without random errors of the ratings, at the assumed reliability."""
    corrected = []
    for effect in effects:
        reliability = plan.reliability.get(effect.predictor)
        if effect.method != "spearman" or reliability is None or effect.estimate is None:
            continue
        corrected.append(
            {
                "predictor": effect.predictor,
                "outcome": effect.outcome,
                "scale": effect.scale,
                "reliability": reliability,
                "estimate": _divided_by_root(effect.estimate, reliability),
                "ci_low": _divided_by_root(effect.ci_low, reliability),
                "ci_high": _divided_by_root(effect.ci_high, reliability),
                "note": "divided by the square root of a reliability that the plan assumes to be "
                "known and errors that are random; ends at ±1",
            }
        )
    return tuple(corrected)


def _divided_by_root(value: float | None, reliability: float) -> float | None:
    return None if value is None else max(-1.0, min(1.0, value / reliability**0.5))
