"""The answer in words that claim no more than observational data support."""

from math import exp

from shared.insights.analysis import Insights
from shared.insights.statistics.effect import Effect
from shared.insights.table.schema import AGE

ALPHA = 0.05
LARGEST_LOG_RATIO = 20.0
"""A larger ratio is not reported in a sentence."""

LIMITS = (
    "It describes these videos: creators choose what they post and the platform chooses who sees "
    "it. So it does not say what would happen if a video were made differently."
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
    sample = f"over {primary.n:,} videos of {_clusters(insights)}"
    return f"{_finding(insights, primary)}: {interval_text(primary)}, {sample}. {LIMITS}"


def rate_ratio_per_sd(insights: Insights) -> str | None:
    """The rate ratio of the primary for one standard deviation of the predictor."""
    primary = insights.plan.primary
    if primary is None:
        return None
    key = (primary.predictor, primary.outcome, primary.scale, "gee_nb")
    for effect in insights.effects:
        if (effect.predictor, effect.outcome, effect.scale, effect.method) != key:
            continue
        if effect.estimate is None or effect.ci_low is None or effect.ci_high is None:
            return None
        step = float(insights.gate.frame[effect.predictor].std())
        ends = (effect.estimate, effect.ci_low, effect.ci_high)
        if step * max(map(abs, ends)) > LARGEST_LOG_RATIO:
            return None
        ratio, low, high = (exp(step * end) for end in ends)
        return (
            f"Videos {step:.3g} points (one standard deviation) higher in {effect.predictor} have "
            f"{ratio:.2f} times the {effect.outcome}{_per_exposure(insights)} "
            f"(95 % interval {low:.2f} to {high:.2f}), other things in the model being equal."
        )
    return None


def _finding(insights: Insights, primary: Effect) -> str:
    assert primary.p is not None and primary.estimate is not None
    outcome = outcome_text(primary)
    if primary.p < ALPHA:
        more = "more" if primary.estimate > 0 else "fewer"
        if primary.scale == "rate":
            more = "a higher rate of" if primary.estimate > 0 else "a lower rate of"
        size = _strength_word(abs(primary.estimate))
        return (
            f"Higher {primary.predictor} is associated with {more} {primary.outcome}"
            f"{_per_exposure(insights)}, {size}"
        )
    tested = insights.robustness.equivalence
    if tested and tested["equivalent"]:
        return (
            f"{primary.predictor} and {outcome} are practically unassociated (equivalence within "
            f"±{tested['bound']:g}, p = {tested['p']:.2g})"
        )
    return (
        f"No association of {primary.predictor} with {outcome} was found, which does not show that "
        "there is none"
    )


def _strength_word(rho: float) -> str:
    if rho < 0.1:
        return "very weakly"
    if rho < 0.2:
        return "weakly"
    return "moderately" if rho < 0.4 else "strongly"


def outcome_text(effect: Effect) -> str:
    return f"the rate of {effect.outcome}" if effect.scale == "rate" else effect.outcome


def _per_exposure(insights: Insights) -> str:
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
    return f"{insights.clusters:,} creators"
