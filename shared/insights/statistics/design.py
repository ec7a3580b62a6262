"""Controls and predictors as the numeric columns of one model."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

FEWEST_OF_A_LEVEL = 20
FEWEST_CLUSTERS_OF_A_LEVEL = 5
MOST_LEVELS = 12
OTHER = "other"
HOURS = 24


def control_columns(
    frame: pd.DataFrame, transforms: Mapping[str, str], clusters: pd.Series
) -> pd.DataFrame:
    """Columns of the controls, each by its transform; those without variation are dropped.

    A transform is linear, log, log1p, categorical, or cyclic (hours of a day).
    """
    columns = [
        column
        for name, transform in transforms.items()
        for column in _transformed(frame[name], name, transform, clusters)
    ]
    return varying(pd.concat(columns, axis=1)) if columns else pd.DataFrame(index=frame.index)


def varying(design: pd.DataFrame) -> pd.DataFrame:
    """The columns that do not repeat one value in every row."""
    varies = [column.min() < column.max() for _, column in design.items()]
    return design if all(varies) else design.loc[:, varies]


def dummies(values: pd.Series, name: str) -> pd.DataFrame:
    """0/1 columns `name_level` for every level but the most frequent (first by name if tied)."""
    texts = values.astype(str)
    counts = texts.value_counts()
    levels = sorted(counts.index, key=lambda level: (-counts[level], level))
    columns = {f"{name}_{level}": (texts == level).astype(float) for level in levels[1:]}
    return pd.DataFrame(columns, index=values.index)


def pooled(levels: pd.Series, clusters: pd.Series) -> pd.Series:
    """Levels with the rare ones pooled: the rate ratio of three videos says nothing.

    A level stays when it has 20 rows of 5 creators; at most 12 levels stay. The pooled level joins
    the most frequent one when it is rare itself.
    """
    seen = pd.DataFrame({"level": levels, "cluster": clusters})
    counts = seen.groupby("level")["cluster"].agg(["size", "nunique"])
    counts = counts.sort_values("size", ascending=False, kind="stable")
    common = counts[
        (counts["size"] >= FEWEST_OF_A_LEVEL) & (counts["nunique"] >= FEWEST_CLUSTERS_OF_A_LEVEL)
    ].index[:MOST_LEVELS]
    rare = ~levels.isin(common)
    others = seen[rare]
    is_rare_too = (
        len(others) < FEWEST_OF_A_LEVEL or others["cluster"].nunique() < FEWEST_CLUSTERS_OF_A_LEVEL
    )
    name = common[0] if is_rare_too and len(common) else OTHER
    return levels.where(~rare, name)


def _transformed(
    values: pd.Series, name: str, transform: str, clusters: pd.Series
) -> Iterator[pd.DataFrame | pd.Series]:
    if transform == "categorical":
        yield dummies(pooled(values.astype(str), clusters), name)
    elif transform == "cyclic":
        # 23 h and 0 h are neighbours: a sine and a cosine make the day a circle.
        turn = 2 * np.pi * values / HOURS
        yield np.sin(turn).rename(f"{name}_sin")
        yield np.cos(turn).rename(f"{name}_cos")
    elif transform == "log":
        yield np.log(values).rename(f"log({name})")
    elif transform == "log1p":
        yield np.log1p(values).rename(f"log1p({name})")
    else:
        yield values.rename(name)


def columns_of_controls(
    transforms: Mapping[str, str], columns: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """The columns that each control has in a design, by the names of `control_columns`."""
    present = tuple(columns)
    return {
        name: tuple(column for column in present if _is_column_of(column, name, transform))
        for name, transform in transforms.items()
    }


def _is_column_of(column: str, name: str, transform: str) -> bool:
    if transform == "categorical":
        return column.startswith(f"{name}_")
    if transform == "cyclic":
        return column in (f"{name}_sin", f"{name}_cos")
    return column == (name if transform == "linear" else f"{transform}({name})")
