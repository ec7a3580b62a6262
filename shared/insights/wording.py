"""The answer in words that claim no more than observational data support."""

from dataclasses import dataclass
from math import exp

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.result import Insights
from shared.insights.statistics.effect import Effect
from shared.insights.table.schema import AGE

ALPHA = 0.05
POINTS = 10.0
"""The step on a scale from 0 to 100 that ratios are told for."""

LARGEST_LOG_RATIO = 20.0
"""A larger ratio is not reported in a sentence."""

LIMITS = (
    "It describes these videos: creators choose what they post and the platform chooses who sees "
    "it. So it does not say what would happen if a video were made differently."
)


@dataclass(frozen=True, slots=True)
class PredictorStep:
    """The difference in a predictor that a ratio is told for: its size, and the videos in words."""

    size: float
    videos: str


def step_of(values: pd.Series, predictor: str) -> PredictorStep:
    """10 points on a scale from 0 to 100, yes against no, else one standard deviation."""
    present = values.dropna().to_numpy(dtype=np.float64)
    if set(np.unique(present)) <= {0.0, 1.0}:
        return PredictorStep(1.0, f"videos with {predictor}")
    if len(present) and present.min() >= -100 and 10 < np.abs(present).max() <= 100:
        return PredictorStep(POINTS, f"videos {POINTS:g} points higher in {predictor}")
    spread = float(present.std(ddof=1))
    return PredictorStep(
        spread, f"videos {spread:.3g} (one standard deviation) higher in {predictor}"
    )


def answer(insights: Insights) -> str:
    """The association with its interval and sample, then the limits of the data."""
    primary = insights.primary
    if primary is None:
        return (
            f"No primary question was declared, so {len(insights.effects)} associations over "
            f"{insights.n:,} videos of {_clusters(insights)} stand side by side. {LIMITS}"
        )
    if primary.estimate is None or primary.p is None:
        why = f": {primary.note}" if primary.note else ""
        return (
            f"Whether {primary.predictor} goes with {outcome_text(primary)} is not estimable from "
            f"{primary.n:,} videos of {_clusters(insights)}{why}. {LIMITS}"
        )
    sample = f"It rests on {primary.n:,} videos of {_clusters(insights)}."
    return f"{_finding(insights, primary)} {sample} {LIMITS}"


def pooled(insights: Insights) -> str | None:
    """The rank correlation over all creators: it compares creators with each other, too."""
    primary = insights.plan.primary
    if primary is None:
        return None
    key = (primary.predictor, primary.outcome, primary.scale, "spearman")
    for effect in insights.effects:
        if (effect.predictor, effect.outcome, effect.scale, effect.method) == key:
            return (
                f"Pooled over all creators, which compares creators with each other too: "
                f"{interval_text(effect)}."
            )
    return None


def ratio_text(effect: Effect, step: PredictorStep) -> str | None:
    """`1.23 times` with its interval and p, for one step; None where a number is missing."""
    ends = (effect.estimate, effect.ci_low, effect.ci_high)
    if any(end is None or abs(step.size * end) > LARGEST_LOG_RATIO for end in ends):
        return None
    ratio, low, high = (exp(step.size * end) for end in ends if end is not None)
    return f"{ratio:.2f} times|(95 % interval {low:.2f} to {high:.2f}, {p_value(effect.p)})"


def _finding(insights: Insights, primary: Effect) -> str:
    assert primary.p is not None
    step = step_of(insights.gate.frame[primary.predictor], primary.predictor)
    text = ratio_text(primary, step)
    outcome = f"{primary.outcome}{per_exposure(insights)}"
    size = "a ratio without a bounded interval of|" if text is None else text
    times, _, interval = size.partition("|")
    sentence = f"{_place(insights)}, {step.videos} had {times} the {outcome} {interval}".rstrip()
    if primary.p < ALPHA:
        return f"{sentence}."
    return f"{sentence}: no association was found, which does not show that there is none."


def _place(insights: Insights) -> str:
    """Whose videos are compared."""
    headline = insights.headline
    if headline is None or headline.model is None:
        return "Among videos of different creators (none has two to compare)"
    return {
        "creators": "Among videos of the same creator",
        "accounts": f"Within these {insights.clusters} accounts",
        "account": "On this account",
        "videos": "Among these videos, whose creators the plan does not name",
    }[headline.scope]


def outcome_text(effect: Effect) -> str:
    return f"the rate of {effect.outcome}" if effect.scale == "rate" else effect.outcome


def per_exposure(insights: Insights) -> str:
    primary = insights.plan.primary
    if primary is None or primary.scale != "rate":
        return ""
    exposure = insights.plan.exposure[primary.outcome]
    return " per day" if exposure == AGE else f" per {exposure}"


def interval_text(effect: Effect) -> str:
    """`Spearman's ρ = .12, 95 % interval .05 to .19, p = .001`."""
    if effect.estimate is None or effect.ci_low is None or effect.ci_high is None:
        return effect.note or "no interval"
    return (
        f"Spearman's ρ = {decimals(effect.estimate)}, 95 % interval {decimals(effect.ci_low)} to "
        f"{decimals(effect.ci_high)}, {p_value(effect.p)}"
    )


def decimals(value: float) -> str:
    """Two decimals, three below .1, without a leading zero."""
    digits = 3 if abs(value) < 0.1 else 2
    return f"{value:.{digits}f}".replace("0.", ".", 1).replace("-", "−")


def p_value(p: float | None) -> str:
    if p is None:
        return "no p"
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".", 1)


def _clusters(insights: Insights) -> str:
    if insights.plan.cluster is None:
        return "unnamed creators"
    return "1 creator" if insights.clusters == 1 else f"{insights.clusters:,} creators"
