"""Cautions about ratings that are mixed in one sample: raters, configurations, rubrics."""

from collections.abc import Iterator

import pandas as pd  # type: ignore[import-untyped]

MOST_LISTED = 4
WITHOUT_RATER = "the rater"


def mixed_raters(frame: pd.DataFrame) -> Iterator[str]:
    if "rater" in frame and frame["rater"].nunique() > 1:
        yield (
            f"Ratings of {frame['rater'].nunique()} raters are mixed; their scores need not mean "
            "the same. Filter by rater."
        )
    configurations = list(_mixed_under_one_name(frame, "config_hash", "configurations"))
    yield from configurations
    if not configurations:
        # Another version of the rubric is another configuration, so it is reported once.
        yield from _mixed_under_one_name(frame, "rubric_version", "versions of the rubric")


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
