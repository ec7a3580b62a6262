"""Beyond one number for the primary: within creators, interactions, a bend, bands of duration."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.plan import Plan
from shared.insights.sample import Question, Sample
from shared.insights.statistics.design import varying
from shared.insights.statistics.effect import Effect, NotEstimable
from shared.insights.statistics.mundlak import between_within
from shared.insights.statistics.nonlinearity import Band, TwoLines, interaction, inverted_u, profile
from shared.insights.statistics.rate_ratios import rate_ratios


@dataclass
class Shapes:
    """What the plan asked for about the primary. `unanswered` are sentences that say why not."""

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


def shapes(sample: Sample, question: Question, predictor: str, plan: Plan) -> Shapes:
    """All of them that the plan names, for one predictor and one question."""
    found = Shapes()
    steps = {
        "within_creator": (plan.within_creator, _within),
        "interactions": (bool(plan.interactions), _interactions),
        "inverted_u": (plan.inverted_u, _curve),
        "duration_profile": (bool(plan.duration_profile), _durations),
    }
    for name, (asked, step) in steps.items():
        if not asked:
            continue
        try:
            step(found, sample, question, predictor, plan)
        except NotEstimable as error:
            found.unanswered.append(f"No {name}: {error.sentence.rstrip('.')}.")
    return found


def _within(found: Shapes, sample: Sample, question: Question, predictor: str, plan: Plan) -> None:
    split = between_within(sample.frame[predictor], predictor, sample.groups)
    split = varying(split.set_axis(sample.frame.index, axis=0))
    rest = sample.design.drop(columns=[predictor], errors="ignore")
    design = pd.concat([split, rest], axis=1)
    fit = rate_ratios(
        sample.counts(question), design, sample.offset(question), sample.groups, list(split.columns)
    )
    found.effects += [fit.effect(name, question.outcome, question.scale) for name in split.columns]
    if f"{predictor}_within" not in split.columns:
        found.unanswered.append(
            f"{predictor} does not vary within any creator, so nothing is said about it there."
        )


def _interactions(
    found: Shapes, sample: Sample, question: Question, predictor: str, plan: Plan
) -> None:
    for first, second in plan.interactions:
        both = sample.frame[list(dict.fromkeys((first, second)))].notna()
        if missing := [name for name in both.columns if both[name].sum() < 2]:
            found.unanswered.append(f"No {first} × {second}: {missing[0]} has no values.")
            continue
        known = both.all(axis=1).to_numpy(dtype=bool)
        part = sample if known.all() else sample.where(known)
        if constant := [name for name in both.columns if part.frame[name].nunique() < 2]:
            found.unanswered.append(
                f"No {first} × {second}: {constant[0]} does not vary where both are known."
            )
            continue
        design = part.design
        if second not in design.columns:
            design = pd.concat([part.frame[[second]], design], axis=1)
        try:
            found.effects.append(
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
            found.unanswered.append(f"No {first} × {second}: {error.sentence.rstrip('.')}.")


def _curve(found: Shapes, sample: Sample, question: Question, predictor: str, plan: Plan) -> None:
    found.two_lines = inverted_u(
        sample.frame[predictor].to_numpy(dtype=np.float64),
        sample.values(question),
        sample.groups,
        sample.controls if len(sample.controls.columns) else None,
        predictor,
        question.outcome,
        question.scale,
    )
    found.effects += [found.two_lines.low, found.two_lines.high]


def _durations(
    found: Shapes, sample: Sample, question: Question, predictor: str, plan: Plan
) -> None:
    known = sample.frame["duration_s"].notna().to_numpy(dtype=bool)
    part = sample if known.all() else sample.where(known)
    found.bands = profile(
        part.frame,
        part.pair(predictor, question),
        "duration_s",
        (0.0, *plan.duration_profile),
        part.groups,
        plan.resamples or 0,
        plan.seed,
    )
