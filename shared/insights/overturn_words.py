"""What could overturn the headline, in sentences."""

from collections.abc import Iterator
from math import exp

from shared.insights.figure_names import column_name, predictor_name
from shared.insights.number_words import ALPHA, p_value, ratio_text, share_text
from shared.insights.overturn import Benchmark
from shared.insights.predictor_steps import step_of
from shared.insights.result import Insights
from shared.insights.statistics.effect import Effect
from shared.insights.wording import outcome_text

TIMES = {1: "as strong as", 2: "twice as strong as", 3: "three times as strong as"}
TOLD_TIMES = 3


def overturn_sentences(insights: Insights) -> Iterator[tuple[str, str]]:
    """Each sentence with its subject; none where the headline claims nothing to overturn."""
    primary, result = insights.primary, insights.overturn
    if primary is None or primary.p is None:
        return
    if primary.p < ALPHA and result.robustness_value is not None:
        yield "robustness", _robustness(insights, primary)
        if strongest := _strongest(insights):
            yield "benchmark", _benchmark(insights, primary, strongest)
    for subject, name, effect in (
        ("negative control", insights.plan.negative_control or "", result.negative_control),
        ("lead placebo", "the rating of the creator's next video", result.lead_placebo),
    ):
        if effect is not None and effect.p is not None and effect.p >= ALPHA:
            label, p = column_name(name), p_value(effect.p)
            sentence = f"{label} should not go with {outcome_text(primary)}, and it does not ({p})."
            yield subject, sentence[:1].upper() + sentence[1:]


def _robustness(insights: Insights, primary: Effect) -> str:
    result = insights.overturn
    assert result.robustness_value is not None and result.robustness_value_alpha is not None
    return (
        "Something that nobody measured could explain the whole ratio only if it accounted for "
        f"{share_text(result.robustness_value)} of what the model leaves open in "
        f"{predictor_name(primary.predictor)} and in {outcome_text(primary)}. From "
        f"{share_text(result.robustness_value_alpha)} on, the interval would reach 1."
    )


def _strongest(insights: Insights) -> Benchmark | None:
    """The comparison that leaves least of the headline."""
    told = [
        benchmark
        for benchmark in insights.overturn.benchmarks
        if benchmark.times == TOLD_TIMES and None not in (benchmark.estimate, benchmark.ci_low)
    ]
    primary = insights.primary
    assert primary is not None and primary.estimate is not None
    sign = 1.0 if primary.estimate >= 0 else -1.0
    return min(told, key=lambda benchmark: sign * (benchmark.estimate or 0.0), default=None)


def _benchmark(insights: Insights, primary: Effect, benchmark: Benchmark) -> str:
    size = step_of(insights.gate.frame[primary.predictor], primary.predictor).size
    ends = (benchmark.estimate, benchmark.ci_low, benchmark.ci_high)
    ratio, low, high = ("no limit" if end is None else ratio_text(exp(size * end)) for end in ends)
    control = column_name(benchmark.control)
    return (
        f"A confounder {TIMES[benchmark.times]} {control} would leave {ratio} times the "
        f"{primary.outcome} ({low} to {high}) at worst."
    )
