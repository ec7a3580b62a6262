"""The corrected answer in words: what people say who rated a drawn sample."""

from math import exp

from shared.insights.corrections import DEBIASED, Correction
from shared.insights.number_words import ratio_text
from shared.insights.predictor_steps import step_in
from shared.insights.result import Insights
from shared.insights.statistics.within_ratios import METHOD

NO_LIMIT = "no limit"
_LARGEST_LOG_RATIO = 20.0


def drawn_correction(insights: Insights) -> Correction | None:
    """The correction of the primary ratio by a drawn sample; None without one."""
    primary = insights.primary
    if primary is None:
        return None
    question = (primary.predictor, primary.outcome, primary.scale, METHOD, DEBIASED)
    for correction in insights.corrected:
        row = (correction.predictor, correction.outcome, correction.scale)
        if (*row, correction.of, correction.method) == question and correction.response:
            return correction
    return None


def drawn_sentence(insights: Insights) -> str:
    """The corrected ratio with its design; empty without a drawn sample."""
    correction = drawn_correction(insights)
    if correction is None or correction.response is None:
        return ""
    response = correction.response
    people = (
        f"People rated {response.rated} of {response.drawn} videos that were drawn with known "
        "probabilities."
    )
    step = step_in(insights.gate.frame, correction.predictor)
    if correction.estimate is None or step is None:
        return f"{people} They cannot correct the ratio: {correction.note.rstrip('.')}."
    ratio, low, high = (
        _ratio(end, step.size)
        for end in (correction.estimate, correction.ci_low, correction.ci_high)
    )
    return (
        f"{people} By their ratings, as if they had rated every video, the ratio for {step.videos} "
        f"is {ratio} (95 % interval {low} to {high})."
    )


def _ratio(value: float | None, step: float) -> str:
    if value is None or step * abs(value) > _LARGEST_LOG_RATIO:
        return NO_LIMIT
    return ratio_text(exp(step * value))
