"""Rows of insight_effect about how creators differ. Creators have numbers there, not names.

The tables outlive an erasure, so nothing in them may point to a creator.
"""

from collections.abc import Iterator
from typing import Any

from shared.insights.for_whom import CreatorEffect, ForWhom

Row = dict[str, Any]
PART = "for_whom"
MOST_CREATORS = 40
"""Creators with a row, those with most videos."""


def for_whom_rows(result: ForWhom | None) -> Iterator[Row]:
    """The new creator first, then the creators with most videos, then groups of creators."""
    if result is None or result.over is None:
        return
    over, n = result.over, sum(effect.n for effect in result.creators)
    yield (
        _row(result, "mean", "all creators", n, len(result.creators))
        | _ratio(result, over.mean, over.mean_ends.low, over.mean_ends.high)
        | {"p": result.p, "note": "p of the hypothesis that creators do not differ"}
    )
    yield (
        _row(result, "prediction", "a new creator", n, len(result.creators))
        | _ratio(result, over.mean, over.prediction.low, over.prediction.high)
    )
    for number, effect in enumerate(result.creators[:MOST_CREATORS], 1):
        yield from _creator(result, effect, f"creator no. {number}")
    for grouping in result.groupings:
        for mean in grouping.comparison.means:
            yield (
                _row(result, "subgroup", f"{grouping.by}: {mean.group}", mean.videos, mean.creators)
                | _ratio(result, mean.estimate, mean.low, mean.high)
                | {"p": grouping.comparison.p, "q": grouping.p_adjusted}
            )


def _creator(result: ForWhom, effect: CreatorEffect, name: str) -> Iterator[Row]:
    yield (
        _row(result, "ppml", name, effect.n, 1)
        | _ratio(result, effect.estimate, effect.low, effect.high)
    )
    yield (
        _row(result, "shrunken", name, effect.n, 1)
        | _ratio(result, effect.shrunken, effect.shrunken_low, effect.shrunken_high)
    )


def _row(result: ForWhom, method: str, subset: str, n: int, creators: int) -> Row:
    return {
        "part": PART,
        "subset": subset,
        "is_primary": False,
        "predictor": result.predictor,
        "outcome": result.outcome,
        "scale": result.scale,
        "method": method,
        "n": n,
        "clusters": creators,
    }


def _ratio(result: ForWhom, estimate: float, low: float, high: float) -> Row:
    return {
        "estimate": estimate,
        "ci_low": low,
        "ci_high": high,
        "step": result.step,
        "step_irr": result.ratio(estimate),
        "step_irr_low": result.ratio(low),
        "step_irr_high": result.ratio(high),
    }
