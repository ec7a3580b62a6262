"""Cautions about ratings that are mixed in one sample: raters, configurations, rubrics."""

import re
from collections.abc import Iterator

import pandas as pd  # type: ignore[import-untyped]

MOST_LISTED = 4
WITHOUT_RATER = "the rater"
RECOGNISED = "recognised"
_VERSION = r"/[0-9]+(\.[0-9]+)+(?=\+|$)"


def mixed_raters(frame: pd.DataFrame) -> Iterator[str]:
    whoever = frame.assign(rater=_without_version(frame)) if "rater" in frame else frame
    if "rater" in frame and whoever["rater"].nunique() > 1:
        yield (
            f"Ratings of {frame['rater'].nunique()} raters are mixed; their scores need not mean "
            "the same. Filter by rater."
        )
    if "rater" in frame:
        yield from _mixed_rubrics(whoever, frame["rater"])
    configurations = list(_mixed_under_one_name(frame, "config_hash", "configurations"))
    yield from configurations
    if not configurations:
        # Another version of the rubric is another configuration, so it is reported once.
        yield from _mixed_under_one_name(frame, "rubric_version", "versions of the rubric")


def recognised_clips(frame: pd.DataFrame) -> Iterator[str]:
    """The rater may know the success of a clip that it recognises."""
    if RECOGNISED not in frame:
        return
    answered = frame[RECOGNISED].dropna()
    if count := int((answered > 0).sum()):
        yield (
            f"{count:,} of {len(answered):,} clips were recognised by the rater "
            f"({count / len(answered):.0%}), so it may know how they did. Compare the result "
            f"without them: filter by {RECOGNISED}."
        )


def _without_version(frame: pd.DataFrame) -> pd.Series:
    """Names of raters without the rubric's version: `gemini/m/2.0+rag` → `gemini/m/+rag`."""
    return frame["rater"].str.replace(_VERSION, "/", regex=True)


def _mixed_rubrics(whoever: pd.DataFrame, names: pd.Series) -> Iterator[str]:
    """A sentence for each rater that rated under several versions, each with its own name."""
    if "rubric_version" not in whoever:
        return
    for rater, rows in whoever.groupby("rater", sort=True):
        versions = rows["rubric_version"].dropna().unique()
        if len(versions) < 2 or names[rows.index].nunique() < 2:
            continue
        newest = max(versions, key=_as_numbers)
        yield (
            f"{str(rater).rstrip('/')} rated under {len(versions)} versions of the rubric: "
            f"{_each(rows, 'rubric_version')}. Their scales differ, so scores need not mean the "
            f"same. Rate the other videos again under {newest} (tta rate), or use one version: "
            "filter by rubric_version, or name the rater with its version in PRIMARY_RATERS."
        )


def _as_numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall("[0-9]+", version)]


def _mixed_under_one_name(frame: pd.DataFrame, column: str, what: str) -> Iterator[str]:
    """A sentence for each rater that has several values in `column`."""
    if column not in frame:
        return
    names = frame["rater"].fillna(WITHOUT_RATER) if "rater" in frame else WITHOUT_RATER
    rated = frame.assign(rater=names)[frame[column].notna()]
    for rater, rows in rated.groupby("rater", sort=True):
        if rows[column].nunique() > 1:
            yield (
                f"{rater} rated in {rows[column].nunique()} {what}: {_each(rows, column)}. The "
                "scores need not mean the same before and after such a change. Filter by "
                f"{column}, or rate all videos in one of them."
            )


def _each(rows: pd.DataFrame, column: str) -> str:
    counts = rows[column].value_counts()
    parts = [
        f"{value} ({count:,} videos{_dates(rows[rows[column] == value])})"
        for value, count in counts.head(MOST_LISTED).items()
    ]
    return ", ".join(parts) + (" and more" if len(counts) > MOST_LISTED else "")


def _dates(rows: pd.DataFrame) -> str:
    """When the videos were rated, else when they were posted, else nothing."""
    for column, verb in (("rated_at", "rated"), ("created_at", "posted")):
        if column in rows and rows[column].notna().any():
            first, last = rows[column].min(), rows[column].max()
            return f", {verb} {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    return ""
