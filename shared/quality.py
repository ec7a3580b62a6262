"""Readings that cannot be true: kept as they came, flagged by rule, left out where rates are made.

TikTok's own counter of views was too low by orders of magnitude for months: in a public data set
45 % of the rows of 2023 have more likes than views (Research API, GESIS "News on TikTok 2023").
Which of two counts is wrong nobody can tell, so none is mended and none is thrown away.
"""

from datetime import datetime, timedelta

from shared.known_breaks import break_flags
from shared.model import Metrics

IMPOSSIBLE = {
    "negative_count": "a count below zero",
    "likes_exceed_views": "more likes than views",
    "comments_exceed_views": "more comments than views",
    "collected_in_future": "read at a time that had not come when it arrived",
    "posted_after_collected": "read before the video was posted",
}
"""Rules that no true reading breaks. Rates leave such a reading out."""

ROUNDED = "rounded_count"
VANISHED = "vanished"
NOTES = {
    ROUNDED: "a count came rounded, as in 541.2K",
    VANISHED: "the source was asked for this video and did not have it",
}
"""What else is worth knowing of a reading, which may well be true."""

CLOCK_MARGIN = timedelta(minutes=5)
"""How far the clock of a source may be ahead of ours."""


def count_flags(metrics: Metrics) -> tuple[str, ...]:
    """The rules that the counts themselves break, whoever says them and whenever."""
    broken = {
        "negative_count": any(
            count is not None and count < 0
            for count in (
                metrics.views,
                metrics.likes,
                metrics.comments,
                metrics.shares,
                metrics.saves,
                metrics.followers,
            )
        ),
        "likes_exceed_views": _exceeds(metrics.likes, metrics.views),
        "comments_exceed_views": _exceeds(metrics.comments, metrics.views),
    }
    return tuple(rule for rule, is_broken in broken.items() if is_broken)


def flag_on_arrival(
    metrics: Metrics,
    created_at: datetime | None,
    now: datetime,
    rounded: bool = False,
    source: str = "",
) -> Metrics:
    """The reading with what can only be told where it arrives: by the clock, its spelling, or a
    known break of its source.
    """
    rules = {
        "collected_in_future": metrics.collected_at > now + CLOCK_MARGIN,
        "posted_after_collected": created_at is not None and created_at > metrics.collected_at,
        ROUNDED: rounded,
    }
    flags = {*metrics.flags, *(rule for rule, is_so in rules.items() if is_so)}
    flags |= set(break_flags(source, metrics.collected_at))
    return metrics.model_copy(update={"flags": tuple(sorted(flags))})


def all_flags(metrics: Metrics) -> list[str]:
    """What the door said and what the counts say, in order."""
    return sorted({*metrics.flags, *count_flags(metrics)})


def _exceeds(part: int | None, whole: int | None) -> bool:
    return part is not None and whole is not None and part > whole
