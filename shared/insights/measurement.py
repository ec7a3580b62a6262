"""What the ratings of a table are: who rated them, how configured, by which rubric.

A plan says which column is analysed and not how its numbers came about. Another model or another
prompt under the same name is another study, so a result carries one hash of both.
"""

from collections.abc import Iterable

import pandas as pd  # type: ignore[import-untyped]

from shared.insights.plan import Plan
from shared.insights.table.schema import MEASUREMENT
from shared.model import digest

Measurement = tuple[dict[str, str], ...]


def measurement(rows: pd.DataFrame) -> Measurement:
    """Each combination of rater, configuration and rubric in the rows, as far as they say it.

    The order of the rows, and how often a combination occurs, make no difference.
    """
    columns = [name for name in MEASUREMENT if name in rows]
    combinations: Iterable[tuple[str | None, ...]] = (
        rows[columns].drop_duplicates().itertuples(index=False) if columns else ()
    )
    stated = (
        {name: value for name, value in zip(columns, values, strict=True) if value is not None}
        for values in combinations
    )
    return tuple(sorted(filter(None, stated), key=lambda values: sorted(values.items())))


def result_hash(plan: Plan, rows: pd.DataFrame, is_synthetic: bool = False) -> str:
    """16 hex digits for the plan with the measurement of the analysed rows, and their kind.

    It is the hash of the plan alone where the rows are observed and do not say how they were
    measured.
    """
    measured = measurement(rows)
    kind = {"synthetic": True} if is_synthetic else {}
    if not measured and not kind:
        return plan.hash
    return digest({"plan": plan.hash, "measured": measured, **kind}, 16)
