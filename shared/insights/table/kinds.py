"""What the plan's columns hold, and what cannot be measured by them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from shared.insights.plan import Plan

Kind = Literal["id", "count", "time", "yes_or_no", "text", "number"]

IDS = frozenset({"video_id", "creator", "user_key", "creator_id", "username"})
COUNTS = frozenset({"views", "likes", "comments", "shares", "saves", "followers"})
TIMES = frozenset({"created_at", "collected_at"})
TEXTS = frozenset({"language", "rater", "rating_status", "source"})
YES_OR_NO = "synthetic"
WORDS: dict[str, str] = {"id": "names", "text": "words", "time": "times"}
"""What columns of these kinds hold instead of numbers."""


def kind_of(name: str, plan: "Plan") -> Kind:
    """What a column holds: by what the plan does with it, else by its standard name."""
    if name == plan.cluster or name in IDS:
        return "id"
    if name in COUNTS or name in plan.outcomes or name in plan.exposure.values():
        return "count"
    if name in TIMES:
        return "time"
    if name == YES_OR_NO:
        return "yes_or_no"
    if name in TEXTS or plan.controls.get(name) == "categorical":
        return "text"
    wanted = plan.filters[name].one_of if name in plan.filters else None
    if wanted and all(isinstance(one, str) for one in wanted):
        return "text"
    return "number"


def refuse_unmeasurable(plan: "Plan") -> None:
    """Raises ValueError where a number is wanted of a column that holds names, words or times."""
    for key, name in _wanted(plan):
        kind = kind_of(name, plan) if name in plan.columns else "number"
        if kind in WORDS:
            raise ValueError(
                f"{key}: {name} holds {WORDS[kind]}, and a number is needed"
                f"{'; as a control it can be categorical' if kind == 'text' else ''}"
            )
    for name in (*plan.outcomes, *plan.exposure.values()):
        if name in TIMES | TEXTS | {YES_OR_NO}:
            raise ValueError(f"outcomes: {name} is no count; nor can it be what a rate is per")


def _wanted(plan: "Plan") -> Iterator[tuple[str, str]]:
    """The names that numbers are wanted of, with the key that wants them."""
    yield from (("predictors", name) for name in plan.predictors)
    yield from (("outcomes", name) for name in plan.outcomes)
    yield from (("exposure", name) for name in plan.exposure.values())
    yield from (("interactions", name) for pair in plan.interactions for name in pair)
    yield from (("differences", name) for pair in plan.differences.values() for name in pair)
    yield from (("controls", name) for name, way in plan.controls.items() if way != "categorical")
    yield from (("filters", name) for name, one in plan.filters.items() if one.one_of is None)
