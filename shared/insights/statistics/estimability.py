"""Why a count model cannot be fitted to some counts and columns, in a sentence."""

import numpy as np

from shared.insights.statistics.products import crossed
from shared.insights.statistics.resampling import FloatArray

_DEPENDENT = 1e-8
"""A standardised column repeats the others if less than this share lies outside their span."""


def problem(y: FloatArray, raw: FloatArray, names: tuple[str, ...]) -> str | None:
    """The first reason, or None."""
    if not y.any():
        return "the outcome is 0 in every row, so there is no rate to compare"
    spread = np.ptp(raw, axis=0)
    if constant := [name for name, width in zip(names, spread, strict=True) if width == 0]:
        return f"constant: {', '.join(constant)}; leave out what does not vary"
    if repeated := _repeated(raw, names):
        return f"collinear: {', '.join(repeated)} repeats the columns before it; leave it out"
    return _separated(y, raw, names)


def _repeated(raw: FloatArray, names: tuple[str, ...]) -> list[str]:
    """Columns that are linear combinations of the intercept and the columns before them."""
    centred = raw - raw.mean(axis=0)
    unit = centred / np.sqrt((centred**2).mean(axis=0))
    moments = crossed(unit, unit) / len(unit)
    repeated: list[str] = []
    independent: list[int] = []
    for column, name in enumerate(names):
        share = 1.0
        if independent:
            across = moments[independent, column]
            share -= float(
                across @ np.linalg.solve(moments[np.ix_(independent, independent)], across)
            )
        if share > _DEPENDENT:
            independent.append(column)
        else:
            repeated.append(name)
    return repeated


def _separated(y: FloatArray, raw: FloatArray, names: tuple[str, ...]) -> str | None:
    for column, name in zip(raw.T, names, strict=True):
        for edge, side in ((column.min(), "lowest"), (column.max(), "highest")):
            if len(np.unique(column)) == 2 and not y[column == edge].any():
                return (
                    f"separation: the outcome is 0 in every row with the {side} {name}, "
                    "so its rate ratio has no finite value; leave it out or merge levels"
                )
        if len(np.unique(y[y > 0])) and _separates_alone(column, y):
            return (
                f"separation: {name} alone tells the rows with 0 from the others, "
                "so its rate ratio has no finite value; leave it out"
            )
    return None


def _separates_alone(column: FloatArray, y: FloatArray) -> bool:
    """Whether all positive outcomes sit at one extreme value of the column, zeros beyond."""
    some = column[y > 0]
    return bool(np.ptp(some) == 0 and some[0] in (column.min(), column.max()))
