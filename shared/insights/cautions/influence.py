"""Cautions about a single creator or a single video that carries the answer."""

from collections.abc import Iterator
from math import exp

import pandas as pd  # type: ignore[import-untyped]

from shared.insights.figure_names import column_name
from shared.insights.influence import HeadlineInfluence, RatioWithout
from shared.insights.predictor_steps import PredictorStep, step_of
from shared.insights.statistics.effect import Effect

ALPHA = 0.05
NOT_FOUND = 0.1
"""A p that crosses .05 by a hair says nothing; one that comes to .1, or from there, does."""


def single_influences(
    influence: HeadlineInfluence | None, primary: Effect | None, frame: pd.DataFrame
) -> Iterator[str]:
    """A creator and a video without which the finding is another one.

    Nobody is named: a report stays, and a name may have to be erased. The JSON has the names.
    """
    if influence is None or primary is None or primary.p is None:
        return
    step = step_of(frame[primary.predictor], primary.predictor)
    for what, candidates in (("creator", influence.creators), ("video", influence.videos)):
        decisive = next((each for each in candidates if _decides(each, primary)), None)
        if decisive is not None:
            yield _sentence(what, decisive, primary, step)


def _decides(without: RatioWithout, primary: Effect) -> bool:
    """Whether the finding is another one without them, or far from this one."""
    if not without.exact or without.estimate is None or without.p is None:
        return without.exact  # nothing can be estimated without them
    assert primary.estimate is not None and primary.p is not None and without.change is not None
    if primary.p < ALPHA:
        is_other = without.p >= NOT_FOUND or without.estimate * primary.estimate < 0
    else:
        is_other = primary.p >= NOT_FOUND and without.p < ALPHA
    return is_other or abs(without.change) > _half_width(primary)


def _half_width(primary: Effect) -> float:
    if primary.ci_low is None or primary.ci_high is None:
        return float("inf")
    return (primary.ci_high - primary.ci_low) / 2


def _sentence(what: str, without: RatioWithout, primary: Effect, step: PredictorStep) -> str:
    videos = f" with {without.n:,} of the {primary.n:,} videos" if what == "creator" else ""
    if without.estimate is None or without.p is None or primary.estimate is None:
        return (
            f"The answer rests on one {what}{videos}: without it nothing can be estimated. Add "
            "videos of other creators."
        )
    ratio, before = (
        f"{exp(size * step.size):.2f}" for size in (without.estimate, primary.estimate)
    )
    changed = (
        f"the ratio hardly changes ({ratio}), but its p does ({_p(without.p)} instead of "
        f"{_p(primary.p)})"
        if ratio == before
        else f"{step.videos} have {ratio} times the {column_name(primary.outcome)} "
        f"({_p(without.p)}) instead of {before} times"
    )
    return (
        f"Without one {what}{videos}, {changed}. The answer hangs on that {what}: look at it "
        "before you believe the ratio (`influence` in the JSON names it)."
    )


def _p(p: float | None) -> str:
    if p is None:
        return "no p"
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".", 1)
