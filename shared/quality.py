"""Impossible readings: kept as they came, flagged by rule, and left out of rates.

TikTok's own counter of views was too low by orders of magnitude for months. In a public data set,
45 % of the rows of 2023 have more likes than views (Research API, GESIS "News on TikTok 2023").
Nobody can tell which of two counts is wrong, so none is corrected and none is deleted.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from shared.known_breaks import break_flags
from shared.model import Metrics

IMPOSSIBLE = {
    "negative_count": "a count below zero",
    "likes_exceed_views": "more likes than views",
    "comments_exceed_views": "more comments than views",
    "reach_exceeds_views": "more people reached than views",
    "negative_watch_time": "a watch time below zero",
    "rate_outside_0_1": "a completion or hook rate below 0 or above 1",
    "collected_in_future": "read at a time that had not come when it arrived",
    "posted_after_collected": "read before the video was posted",
}
"""Rules that no true reading breaks. Rates leave out a reading that breaks one."""

ROUNDED = "rounded_count"
VANISHED = "vanished"
USED_IN_AD = "used_in_ad"
UNREADABLE = "unreadable_value"
NOTES = {
    ROUNDED: "a count came rounded, as in 541.2K",
    VANISHED: "the source was asked for this video and did not have it",
    UNREADABLE: "a value was not a number, and is unknown",
    USED_IN_AD: "the post is used in an ad, so its counts include people who were shown the ad",
}
"""Notes about a reading that may be true."""

CLOCK_MARGIN = timedelta(minutes=5)
"""The most by which a source's clock may be ahead of ours."""


COUNTS = ("views", "likes", "comments", "shares", "saves", "followers", "reach")
WATCH_TIMES = ("total_watch_s", "average_watch_s")
RATES = ("completion_rate", "hook_rate_3s")
READINGS = (*COUNTS, *WATCH_TIMES, *RATES)
"""What a reading may hold besides its time and flags."""


def count_flags(metrics: Metrics) -> tuple[str, ...]:
    """The rules that the values break, whatever their source and time.

    An average watch time may exceed the duration, because people watch a video again.
    """
    broken = {
        "negative_count": any(count < 0 for count in _values(metrics, COUNTS)),
        "negative_watch_time": any(seconds < 0 for seconds in _values(metrics, WATCH_TIMES)),
        "rate_outside_0_1": any(not 0 <= rate <= 1 for rate in _values(metrics, RATES)),
        "reach_exceeds_views": _exceeds(metrics.reach, metrics.views),
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
    """The reading with flags that only its arrival can show.

    They come from the clock, the spelling of the counts, and known breaks of the source.
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
    """Flags set on arrival and flags of the counts, sorted."""
    return sorted({*metrics.flags, *count_flags(metrics)})


def _values(metrics: Metrics, names: Iterable[str]) -> list[float]:
    values = (getattr(metrics, name) for name in names)
    return [value for value in values if value is not None]


def _exceeds(part: int | None, whole: int | None) -> bool:
    return part is not None and whole is not None and part > whole
