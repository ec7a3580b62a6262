"""The answer for a first screen: a plain sentence, how sure it is, and what to do next."""

from collections.abc import Sequence

from shared.insights.figure_names import amount_text, kpi_name
from shared.insights.needed_words import USEFUL_RATIO, about_videos
from shared.insights.number_words import ALPHA, p_value, ratio_text
from shared.insights.predictor_steps import PredictorStep, step_of
from shared.insights.result import Insights
from shared.insights.statistics.effect import NOT_FITTED, Effect
from shared.insights.wording import (
    compared_among,
    outcome_text,
    per_exposure,
    predictor_text,
    rater_sentences,
    ratio_numbers,
)

COLLECT = (
    "Add videos: tta ingest takes your own files, and tta fetch lists more. Then run tta report "
    "again."
)
LOOK = "Read the first caution below before you use this answer. It could change it."
PEOPLE = (
    "Have people rate 30 of these videos (tta rate-kit). Then the rater’s errors can be judged."
)
TEST = (
    "Test it: post pairs of videos that differ in this alone. Only an experiment shows what a "
    "change would do."
)
OWN = "These videos are made up. Bring your own with tta ingest, then run tta report."


def verdict_sentences(insights: Insights) -> dict[str, str]:
    """By subject: `short`, `sure` and `next`; without a primary question `short` and `next`."""
    primary = insights.primary
    if primary is None:
        short = (
            "The plan declares no main question, so its associations stand side by side and none "
            "is the answer."
        )
        return {"short": short, "next": "Declare a primary question in the plan (tta plan)."}
    sentences = {
        "short": _short(insights, primary),
        "sure": _sure(insights, primary),
        "next": _next(insights, primary),
    }
    return {subject: text for subject, text in sentences.items() if text}


def _short(insights: Insights, primary: Effect) -> str:
    if primary.estimate is None or primary.p is None:
        reason = (primary.note or "").removeprefix(NOT_FITTED).rstrip(".")
        return f"Can’t tell{f': {reason}' if reason else ' from these videos'}."
    if primary.p < ALPHA:
        return _claim(insights, primary, _step(insights, primary))
    return _open(insights, primary)


def _claim(insights: Insights, primary: Effect, step: PredictorStep) -> str:
    """`Yes. Among videos of the same creator, videos 10 points higher … had 1.2 times the "
    "views.`"""
    is_more = (primary.estimate or 0.0) > 0
    outcome = _outcome(insights, primary)
    less = "a lower one" if primary.scale == "mean" else "fewer"
    word = "Yes" if is_more else f"No, with {less}"
    numbers = ratio_numbers(primary, step)
    where = compared_among(insights)
    if numbers is None:
        amount = amount_text(outcome, primary.scale, is_more=is_more)
        return f"{word}. {where}, {step.videos} had {amount}, but how many cannot be told."
    return f"{word}. {where}, {step.videos} had {ratio_text(numbers[0])} times the {outcome}."


def _open(insights: Insights, primary: Effect) -> str:
    """No association was found: because there are too few videos, or although there are enough."""
    power, outcome = insights.power, outcome_text(primary)
    useful = f"{USEFUL_RATIO - 1:.0%} more or fewer {outcome}".replace("%", " %")
    if primary.scale == "mean":
        useful = f"a {USEFUL_RATIO - 1:.0%} higher or lower {outcome}".replace("%", " %")
    if power is None:
        return f"Can’t tell yet: these {primary.n:,} videos say too little about {outcome}."
    if power.smallest_ratio <= USEFUL_RATIO:
        return (
            f"Probably not by much. These {primary.n:,} videos would have shown {useful} four "
            "times in five, and no clear difference was found."
        )
    needed = about_videos(dict(power.needed)[USEFUL_RATIO])
    return (
        f"Can’t tell yet. It takes {needed} videos like these to see {useful}, and there are "
        f"{primary.n:,}."
    )


def _sure(insights: Insights, primary: Effect) -> str:
    return " ".join(
        sentence
        for sentence in (
            _interval(insights, primary),
            "Other figures disagree, so it is not firm." if insights.disagreements else "",
            *list(rater_sentences(insights))[-1:],
            _cautioned(insights),
        )
        if sentence
    )


def _interval(insights: Insights, primary: Effect) -> str:
    """Which ratios fit the data, and how many videos they rest on."""
    over = f"{primary.n:,} videos of {_creators(insights, primary.clusters)}"
    numbers = ratio_numbers(primary, _step(insights, primary))
    if numbers is None:
        return f"The videos set only one limit to the ratio, or none. It rests on {over}."
    low, high = map(ratio_text, numbers[1:])
    return (
        f"Anything from {low} to {high} times fits these {over} (95 % interval, "
        f"{p_value(primary.p)})."
    )


def _cautioned(insights: Insights) -> str:
    count = len(_decisive(insights))
    if not count:
        return ""
    return f"{count} {'caution' if count == 1 else 'cautions'} below could change the answer."


def _decisive(insights: Insights) -> Sequence[str]:
    """Cautions about the answer, without those about the kind of video: the page is marked."""
    kind = insights.gate.kind
    cautions = [each.sentence for each in insights.cautions if each.changes == "answer"]
    own = cautions[1:] if kind.is_synthetic else cautions
    return [sentence for sentence in own if sentence != kind.sentence]


def _next(insights: Insights, primary: Effect) -> str:
    if insights.gate.kind.is_synthetic:
        return OWN
    is_open = primary.p is None or primary.p >= ALPHA
    if is_open and (insights.power is None or insights.power.smallest_ratio > USEFUL_RATIO):
        return COLLECT
    if _decisive(insights):
        return LOOK
    is_checked = insights.people > 0 or not list(rater_sentences(insights))
    return TEST if is_checked else PEOPLE


def _step(insights: Insights, primary: Effect) -> PredictorStep:
    return step_of(insights.gate.frame[primary.predictor], predictor_text(insights))


def _outcome(insights: Insights, primary: Effect) -> str:
    return f"{kpi_name(primary.outcome)}{per_exposure(insights)}"


def _creators(insights: Insights, count: int) -> str:
    if insights.plan.cluster is None:
        return "unnamed creators"
    return "1 creator" if count == 1 else f"{count:,} creators"
