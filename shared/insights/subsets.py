"""Parts of a sample that another analyst might have used alone: by videos, or by ratings."""

from collections.abc import Iterator

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.quality_gate import FEWEST_ROWS
from shared.insights.sample import OutcomeQuestion, Sample
from shared.insights.statistics.resampling import BoolArray

TOP_SHARE = 0.01
FEWEST_OF_A_CREATOR = 3
MOST_RATINGS = 6
SHORT_HASH = 8

Subset = tuple[str, BoolArray]
"""A name, and the rows of the sample that are in it."""


def subsets(
    sample: Sample, question: OutcomeQuestion, has_creators: bool, influential: str | None
) -> Iterator[Subset]:
    """Every usual choice of videos that leaves some in and some out.

    `influential` is the creator without whom the headline changes most.
    """
    for name, chosen in _usual(sample, question, has_creators, influential):
        if chosen.any() and not chosen.all():
            yield name, chosen


def ratings_apart(frame: pd.DataFrame) -> Iterator[Subset]:
    """The videos of each rater and configuration, where several are mixed: the most frequent."""
    columns = [name for name in ("rater", "config_hash") if name in frame]
    if not columns:
        return
    labels = frame["rater"].astype(str) if "rater" in columns else pd.Series("", index=frame.index)
    if "config_hash" in columns:
        labels = labels + " " + frame["config_hash"].astype(str).str[:SHORT_HASH]
    counts = labels.value_counts()
    if len(counts) < 2:
        return
    for label in counts[counts >= FEWEST_ROWS].index[:MOST_RATINGS]:
        yield str(label).strip(), (labels == label).to_numpy(dtype=bool)


def _usual(
    sample: Sample, question: OutcomeQuestion, has_creators: bool, influential: str | None
) -> Iterator[Subset]:
    outcome = sample.values(question)
    yield (
        f"without the top {TOP_SHARE:.0%} of {question.outcome}",
        outcome <= np.quantile(outcome, 1 - TOP_SHARE),
    )
    if has_creators:
        sizes = sample.groups.sizes[sample.groups.codes]
        name = f"creators with {FEWEST_OF_A_CREATOR} videos or more"
        yield name, sizes >= FEWEST_OF_A_CREATOR
    if influential in sample.groups.names:
        code = sample.groups.names.index(influential)
        yield "without the most influential creator", sample.groups.codes != code
    yield from _by_followers_and_language(sample.frame)


def _by_followers_and_language(frame: pd.DataFrame) -> Iterator[Subset]:
    if "followers" in frame:
        followers = frame["followers"].to_numpy(dtype=np.float64)
        middle = np.nanmedian(followers) if np.isfinite(followers).any() else np.nan
        yield "more followers than most", followers > middle
        yield "fewer followers than most", followers <= middle
    if "language" in frame:
        most = frame["language"].mode()
        if len(most):
            name = f"without language {most.iloc[0]}"
            yield name, (frame["language"] != most.iloc[0]).to_numpy(dtype=bool)
