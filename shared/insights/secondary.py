"""Further questions about the primary: within creators, interactions, curvature, duration."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.plan import Plan
from shared.insights.sample import OutcomeQuestion, Sample
from shared.insights.statistics.design import varying
from shared.insights.statistics.effect import Effect, NotEstimable
from shared.insights.statistics.mundlak import between_within
from shared.insights.statistics.nonlinearity import Band, TwoLines, interaction, inverted_u, profile
from shared.insights.statistics.rate_ratios import rate_ratios
from shared.processes import IN_THIS_PROCESS, Processes


@dataclass
class Shapes:
    """The answers; `unanswered` has a sentence for each question that has no answer."""

    effects: list[Effect] = field(default_factory=list)
    two_lines: TwoLines | None = None
    bands: tuple[Band, ...] = ()
    unanswered: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        lines = self.two_lines
        return {
            "inverted_u": None
            if lines is None
            else {
                "breakpoint": lines.breakpoint,
                "inverted": lines.inverted,
                "note": lines.note,
            },
            "duration_profile": [
                {"low_s": band.low, "high_s": band.high, "effect": band.effect.document()}
                for band in self.bands
            ],
        }


def shapes(
    sample: Sample,
    question: OutcomeQuestion,
    predictor: str,
    plan: Plan,
    processes: Processes = IN_THIS_PROCESS,
) -> Shapes:
    """Answer the further questions that the plan turns on, for one predictor and one outcome."""
    result = Shapes()
    steps: dict[str, tuple[bool, Callable[..., None]]] = {
        "within_creator": (plan.within_creator, _within),
        "interactions": (bool(plan.interactions), _interactions),
        "inverted_u": (plan.inverted_u, _curve),
        "duration_profile": (bool(plan.duration_profile), partial(_durations, processes)),
    }
    for name, (is_planned, step) in steps.items():
        if not is_planned:
            continue
        try:
            step(result, sample, question, predictor, plan)
        except NotEstimable as error:
            result.unanswered.append(f"No {name}: {error.sentence.rstrip('.')}.")
    return result


def _within(
    result: Shapes, sample: Sample, question: OutcomeQuestion, predictor: str, plan: Plan
) -> None:
    split = between_within(sample.frame[predictor], predictor, sample.groups)
    split = varying(split.set_axis(sample.frame.index, axis=0))
    others = sample.design.drop(columns=[predictor], errors="ignore")
    design = pd.concat([split, others], axis=1)
    fit = rate_ratios(
        sample.counts(question), design, sample.offset(question), sample.groups, list(split.columns)
    )
    result.effects += [fit.effect(name, question.outcome, question.scale) for name in split.columns]
    if f"{predictor}_within" not in split.columns:
        result.unanswered.append(
            f"{predictor} does not vary within any creator, so its effect there is unknown."
        )


def _interactions(
    result: Shapes, sample: Sample, question: OutcomeQuestion, predictor: str, plan: Plan
) -> None:
    for first, second in plan.interactions:
        both = sample.frame[list(dict.fromkeys((first, second)))].notna()
        if missing := [name for name in both.columns if both[name].sum() < 2]:
            result.unanswered.append(f"No {first} × {second}: {missing[0]} has no values.")
            continue
        complete = both.all(axis=1).to_numpy(dtype=bool)
        part = sample if complete.all() else sample.where(complete)
        if constant := [name for name in both.columns if part.frame[name].nunique() < 2]:
            result.unanswered.append(
                f"No {first} × {second}: {constant[0]} does not vary where both are known."
            )
            continue
        design = part.design
        if second not in design.columns:
            design = pd.concat([part.frame[[second]], design], axis=1)
        try:
            result.effects.append(
                interaction(
                    part.counts(question),
                    design,
                    first,
                    second,
                    part.offset(question),
                    part.groups,
                    question.outcome,
                    question.scale,
                )
            )
        except NotEstimable as error:
            result.unanswered.append(f"No {first} × {second}: {error.sentence.rstrip('.')}.")


def _curve(
    result: Shapes, sample: Sample, question: OutcomeQuestion, predictor: str, plan: Plan
) -> None:
    result.two_lines = inverted_u(
        sample.frame[predictor].to_numpy(dtype=np.float64),
        sample.values(question),
        sample.groups,
        sample.controls if len(sample.controls.columns) else None,
        predictor,
        question.outcome,
        question.scale,
    )
    result.effects += [result.two_lines.low, result.two_lines.high]


def _durations(
    processes: Processes,
    result: Shapes,
    sample: Sample,
    question: OutcomeQuestion,
    predictor: str,
    plan: Plan,
) -> None:
    has_duration = sample.frame["duration_s"].notna().to_numpy(dtype=bool)
    part = sample if has_duration.all() else sample.where(has_duration)
    result.bands = profile(
        part.frame,
        part.pair(predictor, question),
        "duration_s",
        (0.0, *plan.duration_profile),
        part.groups,
        plan.resamples or 0,
        plan.seed,
        processes,
    )
