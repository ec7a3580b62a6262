"""Cautions about the ages of the videos, which decide how long they gathered views."""

from collections.abc import Iterator

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.figure_names import at_start, predictor_name
from shared.insights.headline import Headline
from shared.insights.plan import Plan
from shared.insights.quality_gate import Gate
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.within_correlation import WithinCorrelation, within_correlation
from shared.insights.table.schema import AGE

MIXED_AGES = 3.0
SETTLED_DAYS = 7.0
"""Most of a video's views come within its first week."""

CONFOUNDED_RHO = 0.1
"""Views and age correlate at up to .5 within creators. A rating that correlates with age at .1 then
correlates with views at .05 through age alone: the least that content and success usually have."""

CHANCE = 0.01


def mixed_ages(frame: pd.DataFrame, plan: Plan) -> Iterator[str]:
    if AGE not in frame:
        if plan.min_age_days is None and AGE not in plan.controls:
            yield (
                "The age of the videos is not part of the plan; older videos had longer to gather "
                "views."
            )
        return
    ages = frame[AGE].dropna()
    if not len(ages):
        return
    low, high = np.percentile(ages, [10, 90])
    if AGE not in plan.controls and high > MIXED_AGES * max(low, 1):
        yield (
            f"Ages are mixed, from {low:.0f} to {high:.0f} days (10th to 90th percentile), and age "
            "is not a control: older videos had longer to gather views."
        )
    young = int((ages < SETTLED_DAYS).sum())
    if young > len(ages) / 20:
        yield (
            f"{young:,} videos were younger than {SETTLED_DAYS:.0f} days when they were counted "
            "and were still gathering views; min_age_days leaves them out."
        )


def confounded_ages(passed: Gate, plan: Plan, headline: Headline | None = None) -> Iterator[str]:
    """Ratings that move with age or with the day of posting within creators.

    Calendar weeks in the headline absorb both. At equal age only the day of posting can matter.
    """
    if headline is not None and headline.periods:
        return
    at_equal_age = headline is not None and headline.equal_age_days is not None
    names = (plan.primary.predictor,) if plan.primary else plan.predictors
    for name in names:
        moving = {} if name in passed.left_out else _moving(passed.frame, name, plan)
        if at_equal_age:
            moving.pop(AGE, None)
        if moving:
            time = max(moving, key=lambda key: abs(moving[key].rho))
            yield _confounded(name, time, moving[time].rho, plan, at_equal_age)


def _moving(frame: pd.DataFrame, name: str, plan: Plan) -> dict[str, WithinCorrelation]:
    """The correlations with age and with the day of posting that are neither small nor chance."""
    moving = {}
    for time in (AGE, "created_at"):
        rows = frame[frame[[name, time]].notna().all(axis=1)] if time in frame else frame[:0]
        if len(rows) < 2:
            continue
        labels = rows[plan.cluster] if plan.cluster else ["all"] * len(rows)
        values = rows[time].astype("int64") if time == "created_at" else rows[time]
        x, t = (column.to_numpy(dtype=np.float64) for column in (rows[name], values))
        correlation = within_correlation(x, t, Groups.of(labels))
        if correlation and abs(correlation.rho) >= CONFOUNDED_RHO and correlation.p < CHANCE:
            moving[time] = correlation
    return moving


def _confounded(name: str, time: str, rho: float, plan: Plan, at_equal_age: bool) -> str:
    newer_or_older = "older" if (rho > 0) == (time == AGE) else "newer"
    where = "within creators " if plan.cluster else ""
    moving = (
        f"{at_start(predictor_name(name))} and "
        f"{'age' if time == AGE else 'the day of posting'} correlate {where}at "
        f"{rho:.2f}: {newer_or_older} videos are rated higher"
    )
    if at_equal_age:
        return (
            f"{moving}, and the platform or the rater may have changed with time, too. Compare "
            "videos within calendar weeks (calendar_weeks)."
        )
    controlled = (
        "Age as a control removes this only as far as its curve is right"
        if AGE in plan.controls
        else "Age is not a control, so the results mix the two"
    )
    return (
        f"{moving}, and older ones had longer to gather views. {controlled}; compare videos at "
        "equal age (equal_age_days) or within calendar weeks (calendar_weeks)."
    )
