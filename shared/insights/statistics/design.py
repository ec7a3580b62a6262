"""Controls and predictors as the numeric columns of one model."""

from collections.abc import Iterator

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.plan import Plan

FEWEST_OF_A_LEVEL = 20
FEWEST_CLUSTERS_OF_A_LEVEL = 5
MOST_LEVELS = 12
OTHER = "other"
HOURS = 24


def control_columns(frame: pd.DataFrame, plan: Plan, left_out: tuple[str, ...]) -> pd.DataFrame:
    """The controls of the plan for these rows; columns without variation are left away."""
    columns = [
        column
        for name in plan.controls
        if name not in left_out
        for column in _of(name, frame, plan)
    ]
    return varying(pd.concat(columns, axis=1)) if columns else pd.DataFrame(index=frame.index)


def varying(design: pd.DataFrame) -> pd.DataFrame:
    """The columns that do not repeat one value in every row."""
    kept = [name for name in design.columns if design[name].min() < design[name].max()]
    return design[kept]


def dummies(values: pd.Series, name: str) -> pd.DataFrame:
    """0/1 columns `name_level` for every level but the most frequent (first by name if tied)."""
    texts = values.astype(str)
    held = texts.value_counts()
    levels = sorted(held.index, key=lambda level: (-held[level], level))
    columns = {f"{name}_{level}": (texts == level).astype(float) for level in levels[1:]}
    return pd.DataFrame(columns, index=values.index)


def pooled(levels: pd.Series, clusters: pd.Series) -> pd.Series:
    """Levels with their rare ones as one: the rate ratio of three videos says nothing.

    A level stays with 20 rows of 5 creators, at most 12 of them do. What is pooled joins the most
    frequent level when it is rare itself.
    """
    seen = pd.DataFrame({"level": levels, "cluster": clusters})
    counts = seen.groupby("level")["cluster"].agg(["size", "nunique"])
    counts = counts.sort_values("size", ascending=False, kind="stable")
    common = counts[
        (counts["size"] >= FEWEST_OF_A_LEVEL) & (counts["nunique"] >= FEWEST_CLUSTERS_OF_A_LEVEL)
    ].index[:MOST_LEVELS]
    rare = ~levels.isin(common)
    rest = seen[rare]
    is_rare_too = (
        len(rest) < FEWEST_OF_A_LEVEL or rest["cluster"].nunique() < FEWEST_CLUSTERS_OF_A_LEVEL
    )
    name = common[0] if is_rare_too and len(common) else OTHER
    return levels.where(~rare, name)


def _of(name: str, frame: pd.DataFrame, plan: Plan) -> Iterator[pd.DataFrame | pd.Series]:
    values, transform = frame[name], plan.controls[name]
    if transform == "categorical":
        rows = pd.Series(range(len(frame)), index=frame.index)
        clusters = frame[plan.cluster] if plan.cluster else rows
        columns = dummies(pooled(values.astype(str), clusters), name)
        yield columns.set_axis(frame.index, axis=0)
    elif transform == "cyclic":
        turn = 2 * np.pi * values / HOURS
        yield np.sin(turn).rename(f"{name}_sin")
        yield np.cos(turn).rename(f"{name}_cos")
    elif transform == "log":
        yield np.log(values).rename(f"log({name})")
    elif transform == "log1p":
        yield np.log1p(values).rename(f"log1p({name})")
    else:
        yield values.rename(name)
