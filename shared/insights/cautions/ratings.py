"""Cautions about the values of the ratings: absent, heaped, or hardly told apart."""

from collections.abc import Iterator
from itertools import combinations

import pandas as pd  # type: ignore[import-untyped]

from shared.insights.figure_names import at_start, predictor_name
from shared.insights.plan import Plan
from shared.insights.quality_gate import Gate

HALO = 0.9
HEAPED_BY_5 = 0.5
HEAPED_BY_10 = 0.4
SPIKE = 0.3
FEWEST_LEVELS = 10
"""A scale with fewer levels has frequent ones; a scale with more has none by nature."""


def rating_values(passed: Gate, plan: Plan) -> Iterator[str]:
    frame = passed.frame
    if passed.left_out:
        yield (
            f"Left out, because they have no values: {', '.join(passed.left_out)}. Remove them "
            "from the plan if that is intended."
        )
    predictors = [name for name in plan.predictors if name not in passed.left_out]
    for name in predictors:
        spike = _spike(frame[name])
        yield from _heaped(frame.loc[frame[name] != spike, name], name)
        if spike is not None:
            yield _spiked(frame[name], spike, name)
    ranks = frame[predictors].rank()
    for first, second in combinations(predictors, 2):
        if min(ranks[first].std(), ranks[second].std()) > 0:
            rho = float(ranks[first].corr(ranks[second]))
            if abs(rho) > HALO:
                both = f"{at_start(predictor_name(first))} and {predictor_name(second)}"
                yield (
                    f"{both} correlate at {rho:.2f}: the rater hardly tells them "
                    "apart (halo), so neither can be read alone."
                )


def _heaped(values: pd.Series, name: str) -> Iterator[str]:
    """A note for heaped ratings. Of whole numbers from 0 to 100 only a fifth are multiples of 5."""
    scores = values[(values >= 0) & (values <= 100)]
    whole = scores[scores == scores.round()]
    if len(whole) < 0.9 * len(values) or values.max() <= 10:
        return
    by_5, by_10 = float((whole % 5 == 0).mean()), float((whole % 10 == 0).mean())
    if by_5 > HEAPED_BY_5 or by_10 > HEAPED_BY_10:
        yield (
            f"{at_start(predictor_name(name))} is heaped: {by_5:.0%} of its values are multiples "
            f"of 5, {by_10:.0%} of 10; its steps are coarser than they look."
        )


def _spike(values: pd.Series) -> float | None:
    """The value that very many videos have; None where there is none."""
    counts = values.value_counts()
    is_spike = len(counts) >= FEWEST_LEVELS and counts.iloc[0] >= SPIKE * len(values)
    return float(counts.index[0]) if is_spike else None


def _spiked(values: pd.Series, spike: float, name: str) -> str:
    count = int((values == spike).sum())
    return (
        f"{at_start(predictor_name(name))} is {spike:g} in {count:,} of {len(values):,} videos "
        f"({count / len(values):.0%}): raters give one value that often "
        "when they cannot tell. Look at some of these videos, and compare the result without them."
    )
