"""What could overturn the headline: a hidden confounder, and two ratings that must show nothing.

The robustness value and the benchmarks are those of the weighted linear regression that the
headline's Poisson fit solves at convergence: weights are the fitted means, and creators and weeks
are swept out. They hold to first order. So they speak of confounders that differ between the videos
of one creator; what is constant within a creator is taken out already. The interval that a
confounder must overturn is the headline's own, from flipped signs. A confounder that is equally
strong with both sides does not change its width.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from shared.insights.headline import Headline
from shared.insights.placebos import lead_placebo, negative_control, warnings_of
from shared.insights.plan import Plan
from shared.insights.predictor_steps import step_of
from shared.insights.sample import Sample
from shared.insights.statistics.design import columns_of_controls
from shared.insights.statistics.effect import Effect
from shared.insights.statistics.fixed_effects import FixedEffectsFit
from shared.insights.statistics.sensitivity import (
    Confounder,
    as_strong_as,
    e_value,
    equal_strength,
)
from shared.insights.statistics.working_regression import WorkingRegression

TIMES_AS_STRONG = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A confounder `times` as strong as a control, and what it could make of the headline.

    `r2_predictor` and `r2_outcome` are its partial R². `estimate` is the log rate ratio per unit
    if all its bias went against the headline, with the headline's interval moved and scaled as
    far. They are None where no confounder can be so strong.
    """

    control: str
    times: int
    r2_predictor: float | None = None
    r2_outcome: float | None = None
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None


@dataclass(frozen=True, slots=True)
class EValue:
    """E-values of the rate ratio for `step` more of the predictor; 1: nothing is needed."""

    step: float
    ratio: float
    estimate: float
    interval: float


@dataclass(frozen=True)
class Overturn:
    """What would overturn the headline; a part is None where a note says why.

    `robustness_value` is the partial R² with predictor and outcome by which a confounder could
    explain the whole estimate, `robustness_value_alpha` the one that suffices for the interval to
    reach 0: 0 where it holds 0 already.
    """

    robustness_value: float | None = None
    robustness_value_alpha: float | None = None
    benchmarks: tuple[Benchmark, ...] = ()
    e_value: EValue | None = None
    negative_control: Effect | None = None
    lead_placebo: Effect | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence for each rating that should show nothing and shows something."""
        return warnings_of(self.negative_control, self.lead_placebo)

    def document(self) -> dict[str, Any]:
        control, lead = self.negative_control, self.lead_placebo
        return {
            "robustness_value": self.robustness_value,
            "robustness_value_alpha": self.robustness_value_alpha,
            "benchmarks": [asdict(benchmark) for benchmark in self.benchmarks],
            "e_value": None if self.e_value is None else asdict(self.e_value),
            "negative_control": None if control is None else control.document(),
            "lead_placebo": None if lead is None else lead.document(),
            "notes": list(self.notes),
        }


def overturn(headline: Headline | None, sample: Sample | None, plan: Plan) -> Overturn:
    """Everything that could overturn the headline, which answers the plan's primary question.

    `sample` has all rows of the question, the headline perhaps only those of equal age. Nothing is
    raised: what cannot be computed is None, with a note.
    """
    if headline is None or sample is None or plan.primary is None:
        return Overturn(notes=("There is no primary question, so no headline.",))
    predictor, model = plan.primary.predictor, headline.model
    if model is None or predictor not in model.names:
        return Overturn(notes=("The headline has no estimate, so nothing can overturn it.",))
    notes: list[str] = []
    strengths = _strengths(headline, model, plan, notes)
    control = plan.negative_control
    return replace(
        strengths,
        negative_control=negative_control(headline, control, notes) if control else None,
        lead_placebo=lead_placebo(headline, predictor, sample, notes),
        notes=tuple(notes),
    )


def _strengths(
    headline: Headline, model: FixedEffectsFit, plan: Plan, notes: list[str]
) -> Overturn:
    assert plan.primary is not None
    name = plan.primary.predictor
    effect = headline.effect(name)
    regression = WorkingRegression(model, effect.predictor)
    controls = columns_of_controls(plan.controls, model.names)
    if constant := [name for name, columns in controls.items() if not columns]:
        notes.append(
            f"No comparison with {', '.join(constant)}: the model has no column of it, or it does "
            "not vary within creators; what is constant within a creator is taken out anyway."
        )
    value, value_alpha = strength_to_overturn(regression, effect)
    comparable = {control: columns for control, columns in controls.items() if columns}
    return Overturn(
        robustness_value=value,
        robustness_value_alpha=value_alpha,
        benchmarks=benchmarks_of(regression, effect, comparable),
        e_value=e_value_of(effect, step_of(headline.sample.frame[name], name).size),
    )


def benchmarks_of(
    regression: WorkingRegression, effect: Effect, controls: Mapping[str, Sequence[str]]
) -> tuple[Benchmark, ...]:
    """Confounders once, twice and three times as strong as each control (its columns together)."""
    return tuple(
        _benchmark(
            name, times, as_strong_as(regression.strength(columns), times), regression, effect
        )
        for name, columns in controls.items()
        for times in TIMES_AS_STRONG
    )


def _benchmark(
    name: str,
    times: int,
    confounder: Confounder | None,
    regression: WorkingRegression,
    effect: Effect,
) -> Benchmark:
    if confounder is None or effect.estimate is None:
        return Benchmark(name, times)
    sign = 1.0 if effect.estimate >= 0 else -1.0
    moved = effect.estimate - sign * confounder.bias_factor * regression.spread_ratio
    low, high = (
        None if end is None else moved + confounder.se_factor * (end - effect.estimate)
        for end in (effect.ci_low, effect.ci_high)
    )
    r2 = confounder.r2_predictor, confounder.r2_outcome
    return Benchmark(name, times, *r2, moved, low, high)


def strength_to_overturn(regression: WorkingRegression, effect: Effect) -> tuple[float, float]:
    """The robustness value, and that of the interval: partial R² in [0, 1]."""
    assert effect.estimate is not None
    spread = regression.spread_ratio
    return (
        equal_strength(abs(effect.estimate) / spread),
        equal_strength(_distance_from_zero(effect) / spread),
    )


def e_value_of(effect: Effect, step: float) -> EValue | None:
    """E-values of the ratio for `step` more and of its interval's end; None beyond all floats."""
    assert effect.estimate is not None
    values = e_value(step * effect.estimate), e_value(step * _distance_from_zero(effect))
    if values[0] is None or values[1] is None:
        return None
    return EValue(step, float(np.exp(step * effect.estimate)), values[0], values[1])


def _distance_from_zero(effect: Effect) -> float:
    """From 0 to the near end of the interval; 0 where the interval holds 0 or has no near end."""
    assert effect.estimate is not None
    near = effect.ci_low if effect.estimate > 0 else effect.ci_high
    if near is None or (near > 0) != (effect.estimate > 0):
        return 0.0
    return abs(near)
