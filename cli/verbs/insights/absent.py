"""What to do where a table lacks columns that the plan needs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.insights.agreement.ratings import Ratings
    from shared.insights.plan import Plan


def absent_advice(sources: Sequence[str], plan: "Plan", ratings: "Ratings | None") -> list[str]:
    """A sentence for ratings and one for times of readings, as far as they are absent."""
    absent = [name for name, source in plan.columns.items() if source in sources]
    advice = []
    rated = {*plan.predictors, *(name for pair in plan.differences.values() for name in pair)}
    if scores := [name for name in absent if name in rated]:
        advice.append(_about_ratings(scores[0], ratings))
    if "collected_at" in absent:
        advice.append(
            "The table does not say when its counts were read. Take collected_at out of the "
            "plan's columns, and give the plan that day: as_of: 2026-01-31."
        )
    return advice


def _about_ratings(name: str, ratings: "Ratings | None") -> str:
    column = f"--columns {name}=NAME"
    if ratings is None:
        return (
            "The table brings no ratings. Give them with --ratings FILE (video_id, rater, "
            f"dimension, value), or name the column that has them: {column}."
        )
    raters = ratings.of(name, "machine")
    if len(raters) > 1:
        return (
            f"{len(raters)} machines rated {name} in --ratings: {', '.join(raters[:6])}. Give a "
            f"file with the ratings of one of them, or name a column: {column}."
        )
    return (
        f"--ratings has no ratings of {name}; it has {', '.join(ratings.dimensions[:6])}. Name "
        f"one of these in the plan, or a column of the table: {column}."
    )
