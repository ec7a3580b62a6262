"""The count that a creator's videos usually get, to compare each video with."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.model import UNKNOWN_CREATOR

KPIS = ("views", "likes", "comments", "shares", "saves")
FEWEST_OTHERS = 3
"""A median of fewer videos says little about the usual count."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class UsualCount:
    """The median count of the creator's other videos, and this video's multiple of it.

    `times` is None where the usual count is 0.
    """

    count: float
    times: float | None
    others: int


UsualCounts = Mapping[tuple[str, str], UsualCount]
"""By video id and KPI."""


def usual_counts(rows: Sequence[Row]) -> UsualCounts:
    """Usual counts where the creator has at least FEWEST_OTHERS other videos with a count."""
    counts = {}
    for kpi in KPIS:
        by_creator: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if row.get(kpi) is not None and row["user_key"] != UNKNOWN_CREATOR:
                by_creator[row["user_key"]].append(row)
        for videos in by_creator.values():
            if len(videos) <= FEWEST_OTHERS:
                continue
            medians = medians_of_the_others([row[kpi] for row in videos])
            for row, median in zip(videos, medians, strict=True):
                times = round(row[kpi] / median, 4) if median > 0 else None
                counts[row["video_id"], kpi] = UsualCount(median, times, len(videos) - 1)
    return counts


def medians_of_the_others(counts: Sequence[int]) -> list[float]:
    """For each of at least two counts, the median of all other counts. Sorts once."""
    order = sorted(range(len(counts)), key=counts.__getitem__)
    ranked = [counts[position] for position in order]
    others = len(counts) - 1
    medians = [0.0] * len(counts)
    for rank, position in enumerate(order):
        # Without the count at `rank`, every count above it moves down by one.
        middles = [at if at < rank else at + 1 for at in ((others - 1) // 2, others // 2)]
        medians[position] = (ranked[middles[0]] + ranked[middles[1]]) / 2
    return medians
