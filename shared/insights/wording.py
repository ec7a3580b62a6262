"""The answer in words that claim no more than observational data support."""

from collections.abc import Iterator, Sequence
from math import exp

from shared.insights.corrected_words import drawn_sentence
from shared.insights.disagreements import Difference, Disagreement
from shared.insights.figure_names import kpi_name, predictor_name
from shared.insights.needed_words import needed_sentence
from shared.insights.number_words import ALPHA, decimals, p_value, ratio_text
from shared.insights.predictor_steps import PredictorStep, step_in, step_of
from shared.insights.result import Insights
from shared.insights.statistics.effect import NOT_FITTED, Effect
from shared.insights.table.schema import AGE
from shared.rubric_values import Values

LARGEST_LOG_RATIO = 20.0
"""A larger ratio is not reported in a sentence."""

LIMITS = (
    "It describes these videos: creators choose what they post and the platform chooses who sees "
    "it. So it does not say what would happen if a video were made differently."
)
SIGNALS = "signals/"
PEOPLE = "human/"

FIGURES = {
    "pooled": "pooled over all creators",
    "adjusted": "pooled and adjusted for the controls",
    "ratio": "as a ratio over all creators",
    "between": "between creators",
    "latest": "with the latest counts",
}
REASONS: dict[Difference, str] = {
    "opposite": (
        "the sign is the other way round. Such figures also compare creators with each other, and "
        "creators differ in fame and audience. The answer above compares each creator's own videos."
    ),
    "only_here": (
        "there is an association. It can come from differences between creators, such as fame, so "
        "it does not answer the question."
    ),
    "only_in_headline": (
        "no association is seen. Differences between creators can hide one that is there within "
        "them."
    ),
}
RANKS_OR_SUMS = (
    "The figures weigh videos differently: a rank counts each video alike, and in a ratio a few "
    "very successful videos weigh most. So neither is firm."
)
LATEST = "Videos counted late had longer to gather views."


def answer(insights: Insights) -> str:
    """The whole first paragraph: finding, people's ratings, contradictions, rater, limits."""
    return " ".join(sentences(insights).values())


def sentences(insights: Insights) -> dict[str, str]:
    """The sentences of the answer by subject, in their order."""
    named = {
        "finding": finding(insights),
        "people": drawn_sentence(insights),
        "disagreement": " ".join(disagreement_sentences(insights)),
        "rater": " ".join(rater_sentences(insights)),
        "meaning": LIMITS,
    }
    return {subject: text for subject, text in named.items() if text}


def finding(insights: Insights) -> str:
    """The association with its interval and sample."""
    primary = insights.primary
    if primary is None:
        return (
            f"No primary question was declared, so {len(insights.effects)} associations over "
            f"{insights.n:,} videos of {_creators(insights, insights.clusters)} stand side by side."
        )
    over = f"{primary.n:,} videos of {_creators(insights, primary.clusters)}"
    if primary.estimate is None or primary.p is None:
        reason = (primary.note or "").removeprefix(NOT_FITTED).rstrip(".")
        why = f": {reason}" if reason else ""
        return (
            f"Whether {predictor_text(insights)} goes with {outcome_text(primary)} is not "
            f"estimable from {over}{why}."
        )
    if primary.p < ALPHA:
        return f"{_ratio_sentence(insights, primary)}. It rests on {over}.{_only(insights)}"
    return (
        f"{needed_sentence(insights.power, over)} No association of {predictor_text(insights)} "
        f"with {outcome_text(primary)} was found, which does not show that there is none. "
        f"{_ratio_sentence(insights, primary)}.{_only(insights)}"
    )


def pooled(insights: Insights) -> str | None:
    """The rank correlation over all creators: it compares creators with each other, too."""
    effect = insights.effect_of_primary("spearman")
    if effect is None:
        return None
    return (
        "Pooled over all creators, which compares creators with each other too: "
        f"{interval_text(effect)}."
    )


def disagreement_sentences(insights: Insights) -> Iterator[str]:
    """A sentence for each kind of difference between the headline and other figures."""
    is_within = insights.headline is not None and insights.headline.model is not None
    for difference, reason in REASONS.items():
        differing = [item for item in insights.disagreements if item.difference == difference]
        others = [item for item in differing if item.name != "latest"]
        if others:
            claim = reason if is_within else f"{reason.partition('. ')[0]}. {RANKS_OR_SUMS}"
            yield f"{_listed(insights, others)}, {claim}"
        if len(others) < len(differing):
            claim = reason.partition(". ")[0]
            yield f"{_listed(insights, differing[len(others) :])}, {claim}. {LATEST}"


def rater_sentences(insights: Insights) -> Iterator[str]:
    """What the ratings are, and whether people checked them."""
    primary, raters = insights.plan.primary, insights.raters
    if primary is None or primary.predictor not in Values.model_fields:
        return
    if raters and all(rater.startswith(SIGNALS) for rater in raters):
        yield (
            "The rater measures how much picture and sound change. It does not know what they mean."
        )
    if insights.people == 0 and not any(rater.startswith(PEOPLE) for rater in raters):
        yield "No person has validated these ratings."


def predictor_text(insights: Insights) -> str:
    """The predictor's name; a change of picture and sound where the rater knows no meaning."""
    primary = insights.plan.primary
    assert primary is not None
    raters = insights.raters
    if raters and all(rater.startswith(SIGNALS) for rater in raters):
        return f"{predictor_name(primary.predictor)} (change of picture and sound)"
    return predictor_name(primary.predictor)


def ratio_numbers(effect: Effect, step: PredictorStep) -> tuple[float, float, float] | None:
    """The ratio and its interval for one step; None where one is missing or huge."""
    ends = (effect.estimate, effect.ci_low, effect.ci_high)
    if any(end is None or abs(step.size * end) > LARGEST_LOG_RATIO for end in ends):
        return None
    ratio, low, high = (exp(step.size * end) for end in ends if end is not None)
    return ratio, low, high


def _ratio_sentence(insights: Insights, primary: Effect) -> str:
    step = step_of(insights.gate.frame[primary.predictor], predictor_text(insights))
    outcome = f"{own_name(primary)}{per_exposure(insights)}"
    numbers = ratio_numbers(primary, step)
    if numbers is None:
        return f"{compared_among(insights)}, {_unbounded(primary, step, outcome)}"
    ratio, low, high = map(ratio_text, numbers)
    return (
        f"{compared_among(insights)}, {step.videos} had {ratio} times the {outcome} (95 % "
        f"interval {low} to {high}, {p_value(primary.p)})"
    )


def _unbounded(primary: Effect, step: PredictorStep, outcome: str) -> str:
    """The ratio alone, where so few videos or creators carry it that its interval has no end."""
    size = step.size * (primary.estimate or 0.0)
    if abs(size) > LARGEST_LOG_RATIO:
        return f"the ratio for {step.videos} has no bounded interval"
    return (
        f"{step.videos} reached {ratio_text(exp(size))} times the {outcome}, but the interval has "
        f"an open end ({p_value(primary.p)})"
    )


def compared_among(insights: Insights) -> str:
    """Whose videos are compared."""
    headline = insights.headline
    if headline is None or headline.model is None:
        single = headline is None or bool((headline.sample.groups.sizes == 1).all())
        why = "none has two to compare" if single else "those of one creator cannot be compared"
        return f"Among videos of different creators ({why})"
    accounts = 0 if insights.primary is None else insights.primary.clusters
    return {
        "creators": "Among videos of the same creator",
        "accounts": f"Within these {accounts} accounts",
        "account": "On this account",
        "videos": "Among these videos, whose creators the plan does not name",
    }[headline.scope]


def _only(insights: Insights) -> str:
    """Whom an answer about few accounts holds for."""
    scope = None if insights.headline is None else insights.headline.scope
    if scope == "account":
        return " It holds for this account only."
    return " It holds for these accounts only." if scope == "accounts" else ""


def _listed(insights: Insights, differing: Sequence[Disagreement]) -> str:
    """`Pooled over all creators (ρ = −.20, p < .001) and between creators (0.31 times, …)`."""
    parts = [f"{FIGURES[item.name]} ({_figure(insights, item.effect)})" for item in differing]
    text = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return text[0].upper() + text[1:]


def _figure(insights: Insights, effect: Effect) -> str:
    """The size for the step of the headline, and p."""
    assert effect.estimate is not None
    if effect.irr is None:
        return f"ρ = {decimals(effect.estimate)}, {p_value(effect.p)}"
    step = step_in(insights.gate.frame, effect.predictor)
    log_ratio = LARGEST_LOG_RATIO + 1 if step is None else step.size * effect.estimate
    if abs(log_ratio) > LARGEST_LOG_RATIO:
        return f"no bounded ratio, {p_value(effect.p)}"
    return f"{ratio_text(exp(log_ratio))} times, {p_value(effect.p)}"


def outcome_text(effect: Effect) -> str:
    """The outcome as what a rating goes with: `views`, `the rate of likes`, `completion rate`."""
    return f"the rate of {effect.outcome}" if effect.scale == "rate" else own_name(effect)


def own_name(effect: Effect) -> str:
    """A mean by its name in words; a count as the plan calls it."""
    return kpi_name(effect.outcome) if effect.scale == "mean" else effect.outcome


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


def _creators(insights: Insights, count: int) -> str:
    if insights.plan.cluster is None:
        return "unnamed creators"
    return "1 creator" if count == 1 else f"{count:,} creators"
