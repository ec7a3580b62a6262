"""For whom, in sentences that claim a difference only where there is a sign of one."""

from collections.abc import Iterator

from shared.insights.disagreements import Verdict, verdict
from shared.insights.for_whom import ALPHA, ForWhom
from shared.insights.number_words import p_value
from shared.insights.result import Insights
from shared.insights.wording import outcome_text


def for_whom_lines(insights: Insights) -> tuple[str, ...]:
    """The sentences about an analysis; none without a primary or a column of creators."""
    if insights.for_whom is None or insights.primary is None:
        return ()
    outcome = outcome_text(insights.primary)
    if insights.primary.scale != "rate":
        outcome = f"the {outcome}"
    first, *others = for_whom_sentences(insights.for_whom, outcome)
    return (f"{first}{_difference_from(insights)}", *others)


def _difference_from(insights: Insights) -> str:
    """Why nearly every creator may go another way than the headline; empty where they agree."""
    result, primary = insights.for_whom, insights.primary
    assert result is not None and primary is not None
    if result.over is None:
        return ""
    low, high = (
        result.ratio(end) for end in (result.over.prediction.low, result.over.prediction.high)
    )
    claim = "open" if low is None or high is None else _claim(low, high)
    if claim in ("open", verdict(primary)):
        return ""
    weight = "alike" if primary.scale == "mean" else "by its views"
    return (
        f" The answer does not say this of the videos together: there each video counts {weight}, "
        "and here each creator counts alike. So neither is firm."
    )


def for_whom_sentences(result: ForWhom, outcome: str) -> tuple[str, ...]:
    """What the creators' slopes say; `outcome` is the KPI as in "times the views"."""
    if result.over is None:
        return (f"For whom cannot be answered: {result.note}.",)
    return (
        f"{_difference(result)} {_prediction(result, outcome)}",
        *_groups(result),
    )


def step_text(result: ForWhom) -> str:
    """The step of the predictor: `10 points more`."""
    predictor = result.predictor.replace("_", " ")
    if result.step == 1:
        return f"yes instead of no in {predictor}"
    if result.step == 10:
        return f"10 points more of {predictor}"
    return f"{result.step:.3g} more of {predictor} (one standard deviation)"


def _difference(result: ForWhom) -> str:
    assert result.p is not None
    sample = f"{len(result.creators):,} creators, {p_value(result.p)}"
    if result.differ:
        return f"Creators differ in this ({sample})."
    return (
        f"There is no sign that creators differ in this ({sample}), which does not show that they "
        "are alike."
    )


def _prediction(result: ForWhom, outcome: str) -> str:
    assert result.over is not None
    low, high = (
        result.ratio(end) for end in (result.over.prediction.low, result.over.prediction.high)
    )
    if low is None or high is None:
        return "What to expect of a new creator is too uncertain to say."
    return (
        f"For a new creator like these, {step_text(result)} goes with {low:.2f} to {high:.2f} "
        f"times {outcome} (95 % prediction interval){_meaning(low, high)}."
    )


def _meaning(low: float, high: float) -> str:
    claim = _claim(low, high)
    if claim == "open":
        return ": it may be more or fewer for any one of them"
    return f": {claim} for nearly every creator"


def _claim(low: float, high: float) -> Verdict:
    # As printed: "1.00 to 1.14" does not say more for everybody.
    if round(low, 2) > 1:
        return "more"
    return "fewer" if round(high, 2) < 1 else "open"


def _groups(result: ForWhom) -> Iterator[str]:
    """A sentence for each grouping whose groups differ."""
    for grouping in result.groupings:
        if grouping.p_adjusted >= ALPHA:
            continue
        ratios = [
            f"{mean.group} {ratio:.2f}"
            for mean in grouping.comparison.means
            if (ratio := result.ratio(mean.estimate)) is not None
        ]
        yield (
            f"The ratio differs by {grouping.by} ({p_value(grouping.p_adjusted)}, corrected for "
            f"{len(result.groupings)} comparisons): {', '.join(ratios)}."
        )
