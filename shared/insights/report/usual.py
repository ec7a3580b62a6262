"""A video's KPIs beside what its creator usually gets."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.model import UNKNOWN_CREATOR

KPIS = ("views", "likes", "comments", "shares", "saves")
FEWEST_OTHERS = 3
"""Of fewer videos a median says little of what is usual."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Usual:
    """The median count of the creator's other videos, and this video's multiple of it.

    `times` is None where the usual count is 0.
    """

    count: float
    times: float | None
    others: int


def usual(rows: Sequence[Row]) -> dict[tuple[str, str], Usual]:
    """By video and KPI, where the creator has at least FEWEST_OTHERS other videos with a count."""
    found = {}
    for kpi in KPIS:
        by_creator: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if row.get(kpi) is not None and row["user_key"] != UNKNOWN_CREATOR:
                by_creator[row["user_key"]].append(row)
        for own in by_creator.values():
            counts = [row[kpi] for row in own]
            if len(own) <= FEWEST_OTHERS:
                continue
            for row, middle in zip(own, medians_of_the_others(counts), strict=True):
                times = round(row[kpi] / middle, 4) if middle > 0 else None
                found[row["video_id"], kpi] = Usual(middle, times, len(own) - 1)
    return found


def medians_of_the_others(counts: Sequence[int]) -> list[float]:
    """For each of at least two counts the median of all the rest, sorting once."""
    order = sorted(range(len(counts)), key=counts.__getitem__)
    ranked = [counts[place] for place in order]
    rest = len(counts) - 1
    found = [0.0] * len(counts)
    for rank, place in enumerate(order):
        middles = [at if at < rank else at + 1 for at in ((rest - 1) // 2, rest // 2)]
        found[place] = (ranked[middles[0]] + ranked[middles[1]]) / 2
    return found
