"""Cautions about the ages of the videos, which decide how long they gathered views."""

from collections.abc import Iterator

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.plan import Plan
from shared.insights.table.schema import AGE

MIXED_AGES = 3.0
SETTLED_DAYS = 7.0
"""Most of a video's views come within its first week."""


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
