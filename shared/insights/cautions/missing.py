"""Cautions about ratings that are not missing at random, and outcomes that most videos lack."""

from collections.abc import Iterator

from shared.insights.figure_names import amount_text, column_name, kpi_name
from shared.insights.missing_ratings import MissingRatings
from shared.insights.plan import Plan
from shared.insights.quality_gate import Gate
from shared.insights.table.schema import MEANS

CHANCE = 0.05
MOST = 0.5
SMALL_SHARE = 0.05
"""Fewer unrated videos matter only where some ratings of theirs would change the finding."""


def rare_outcome(passed: Gate, plan: Plan) -> Iterator[str]:
    """A primary outcome that most of the videos lack, which pass the rules before it."""
    without = passed.dropped.get("missing_outcome", 0)
    if plan.primary is None or without <= MOST * (without + len(passed.frame)):
        return
    yield (
        f"{_only(plan.primary.outcome, len(passed.frame), without)}. The answer is about these "
        "alone, and they may differ from the others."
    )


def rare_outcomes(passed: Gate, plan: Plan) -> Iterator[str]:
    """Other outcomes that most of the analysed videos lack."""
    videos = len(passed.frame)
    for outcome in plan.outcomes:
        without = passed.missing.get(outcome, 0)
        if MOST * videos < without < videos:
            yield f"{_only(outcome, videos - without, without)}, and its figures rest on these."


def _only(outcome: str, videos: int, without: int) -> str:
    share = f"{videos:,} of {videos + without:,} videos ({videos / (videos + without):.0%})"
    return f"Only {share} have a value of {kpi_name(outcome)}"


def selective_ratings(missing: MissingRatings | None) -> Iterator[str]:
    """Unrated videos whose counts differ from those of rated ones by more than chance."""
    if missing is None or missing.gap is None or missing.gap.p >= CHANCE:
        return
    matters = missing.tipping is not None and missing.tipping.changes
    if missing.unrated < SMALL_SHARE * missing.videos and not matters:
        return
    share = missing.unrated / missing.videos
    yield (
        f"{missing.unrated:,} of {missing.videos:,} videos ({share:.0%}) have no rating "
        f"({_statuses(missing)}), and {missing.gap.ratio:.2g} times the "
        f"{column_name(missing.outcome)} of the rated videos of their creators "
        f"({_p(missing.gap.p)}): ratings are not missing at random. "
        f"{_tipping(missing)} Have people rate some of them (tta rate-kit)."
    )


def _tipping(missing: MissingRatings) -> str:
    tipping = missing.tipping
    if tipping is None:
        return "How much that matters could not be computed."
    if not tipping.changes:
        return "No rating that they could all share would change the finding."
    changes = "; ".join(
        f"with {_points(abs(change.shift))} {'more' if change.shift > 0 else 'less'}, "
        f"{_result(change.becomes, missing)}"
        for change in tipping.changes
    )
    return (
        f"Rated like their creators' other videos, they leave "
        f"{_result(tipping.finding, missing)}; {changes}."
    )


def _result(finding: int, missing: MissingRatings) -> str:
    if finding == 0:
        return "no finding"
    outcome = missing.outcome
    scale = "mean" if outcome in MEANS else "count"
    return amount_text(column_name(outcome), scale, is_more=finding > 0)


def _points(shift: float) -> str:
    return f"{shift:.0f} points" if shift >= 1.5 else f"{max(shift, 0.1):.1f} points"


def _p(p: float) -> str:
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".", 1)


def _statuses(missing: MissingRatings) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in missing.statuses.items())
