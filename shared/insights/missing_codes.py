"""Codes that stand for a missing value, such as -99, among predictors, controls and counts.

A value that its column cannot hold counts as missing; of a count only a usual code does, since any
other negative count shows a broken counter. A value that looks like a code in a column
whose range nobody stated is used as it is, and a caution names it.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.plan import Plan
from shared.rubric_values import Values

USUAL_CODES = frozenset(
    (-1.0, *(sign * nines for sign in (-1.0, 1.0) for nines in (9.0, 99.0, 999.0, 9999.0, 99999.0)))
)
MOST_IMPOSSIBLE_VALUES = 3
"""Codes are few. More distinct values outside the range show another scale."""

FEWEST_CELLS = 2
FEWEST_OTHERS = 10

Range = tuple[float, float]
NOT_NEGATIVE: Range = (0.0, np.inf)
RANGES: dict[str, Range] = {
    "duration_s": NOT_NEGATIVE,
    "followers": NOT_NEGATIVE,
    "desirability_shift": (-100.0, 100.0),
    "surprisal_bits": (0.0, 6.65),
}
"""Besides the ranges of the rubric: from shared/derived_scores.py, and what cannot be negative."""


@dataclass(frozen=True, slots=True)
class MissingCode:
    """A value that looks like a code. `impossible`: its column cannot hold it, so it is missing.

    `low` and `high` are the range of the column, by its name or else of its other values.
    """

    column: str
    value: float
    cells: int
    impossible: bool
    low: float
    high: float

    def document(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class OtherScale:
    """A column with many values outside the range that its name promises."""

    column: str
    cells: int
    low: float
    high: float

    def document(self) -> dict[str, Any]:
        return asdict(self)


def missing_codes(
    frame: pd.DataFrame, plan: Plan
) -> tuple[tuple[MissingCode, ...], tuple[OtherScale, ...]]:
    """The codes among predictors, controls and counts, and the columns on another scale."""
    codes = list(_codes_of_counts(frame, plan))
    scales: list[OtherScale] = []
    for name in _measured(frame, plan):
        values = frame[name].dropna()
        limits = value_range(name)
        if limits is None:
            codes += _suspected(name, values)
            continue
        outside = values[(values < limits[0]) | (values > limits[1])]
        if outside.empty:
            continue
        if outside.nunique() > MOST_IMPOSSIBLE_VALUES or 2 * len(outside) > len(values):
            scales.append(OtherScale(name, len(outside), *limits))
            continue
        counts = outside.value_counts().sort_index()
        codes += [
            MissingCode(name, float(value), int(count), True, *limits)
            for value, count in counts.items()
        ]
    return tuple(codes), tuple(scales)


def _codes_of_counts(frame: pd.DataFrame, plan: Plan) -> Iterator[MissingCode]:
    """Usual codes below 0, in columns whose negative values are a few such codes and nothing else.

    -1 alone may be a counter that wrapped around, so it needs a second cell.
    """
    measured = set(_measured(frame, plan))
    for name in frame:
        if name in measured or plan.kind(name) not in ("count", "seconds", "part"):
            continue
        negative = frame[name] < 0
        if not negative.any():
            continue
        counts = frame.loc[negative, name].value_counts().sort_index()
        if len(counts) > MOST_IMPOSSIBLE_VALUES or not USUAL_CODES.issuperset(counts.index):
            continue
        for value, cells in counts.items():
            if value != -1 or cells >= FEWEST_CELLS:
                yield MissingCode(name, float(value), int(cells), True, *NOT_NEGATIVE)


def without_codes(frame: pd.DataFrame, plan: Plan, codes: tuple[MissingCode, ...]) -> pd.DataFrame:
    """The frame with impossible codes as missing, and the plan's differences without them."""
    impossible = [code for code in codes if code.impossible]
    if not impossible:
        return frame
    cleared = frame.copy()
    for code in impossible:
        cleared[code.column] = cleared[code.column].mask(cleared[code.column] == code.value)
    for name, (first, second) in plan.differences.items():
        cleared[name] = cleared[first] - cleared[second]
    return cleared


@cache
def value_range(name: str) -> Range | None:
    """The least and the greatest value of a column by its standard name; None when it has none."""
    if name in RANGES:
        return RANGES[name]
    kinds = Values.model_json_schema()["properties"].get(name, {}).get("anyOf", ())
    numbers = [kind for kind in kinds if "minimum" in kind and "maximum" in kind]
    return (float(numbers[0]["minimum"]), float(numbers[0]["maximum"])) if numbers else None


def _measured(frame: pd.DataFrame, plan: Plan) -> Iterator[str]:
    """Columns of numbers that predictors and controls come from."""
    names = [
        *plan.predictors,
        *(name for pair in plan.interactions for name in pair),
        *plan.controls,
    ]
    sources = [part for name in names for part in plan.differences.get(name, (name,))]
    for name in dict.fromkeys(sources):
        is_number = name in plan.columns and plan.controls.get(name) != "categorical"
        if is_number and pd.api.types.is_numeric_dtype(frame[name]):
            yield name


def _suspected(name: str, values: pd.Series) -> Iterator[MissingCode]:
    """Repeated usual codes at an end of the values, as far from the others as these are wide."""
    for value in sorted({values.min(), values.max()} & USUAL_CODES):
        others = values[values != value]
        cells = len(values) - len(others)
        if cells < FEWEST_CELLS or len(others) < FEWEST_OTHERS:
            continue
        low, high = float(others.min()), float(others.max())
        gap = low - value if value < low else value - high
        is_only_negative = value < 0 <= low
        if is_only_negative or 0 < high - low <= gap:
            yield MissingCode(name, float(value), cells, False, low, high)
