"""Calendar time in a model: weeks with enough videos, trend and weekday, blocks of videos."""

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.statistics.resampling import FloatArray, Groups, IntArray

FEWEST_OF_A_PERIOD = 10
"""Neighbouring weeks are joined until they have so many videos: a video alone in its week would be
explained by it and say nothing."""

DAYS_OF_A_WEEK = 7
_SECONDS_A_DAY = 86_400


def calendar_periods(created_at: pd.Series) -> Groups:
    """Calendar weeks of posting (Monday to Sunday, UTC), joined where they have few videos.

    Videos without a time form a period of their own.
    """
    weeks = _days(created_at) // DAYS_OF_A_WEEK
    dated = np.isfinite(weeks)
    values, counts = np.unique(weeks[dated], return_counts=True)
    period_of = dict(zip(values.tolist(), _joined(counts), strict=True))
    return Groups.of(["undated" if np.isnan(week) else period_of[week] for week in weeks])


def trend_and_weekday(created_at: pd.Series) -> pd.DataFrame:
    """Columns for the time of posting: days since the middle, and the day of the week as a circle.

    Two columns instead of six dummies, since an account has few videos. Without any time the table
    has no column.
    """
    days = _days(created_at)
    if not np.isfinite(days).any():
        return pd.DataFrame(index=created_at.index)
    days = np.where(np.isfinite(days), days, np.nanmean(days))
    turn = 2 * np.pi * (days % DAYS_OF_A_WEEK) / DAYS_OF_A_WEEK
    return pd.DataFrame(
        {
            "trend": days - days.mean(),
            "weekday_sin": np.sin(turn),
            "weekday_cos": np.cos(turn),
        },
        index=created_at.index,
    )


def blocks_in_time(
    created_at: pd.Series,
    creators: Groups,
    length: int | None = None,
    video_ids: pd.Series | None = None,
) -> Groups:
    """Runs of consecutive videos of each creator, the units that may depend on their neighbours.

    A run has about n^(1/3) · 1.5 videos, and no fewer than two; the last one takes what is left.
    Videos of one day are in the order of their ids, so the order of the rows decides nothing.
    """
    days = pd.Series(_days(created_at), index=created_at.index)
    ids = np.arange(len(days)) if video_ids is None else video_ids.astype(str).to_numpy(dtype=str)
    order = np.lexsort((ids, days.to_numpy(), creators.codes))
    labels = np.empty(len(days), dtype=np.int64)
    first = 0
    for code, size in enumerate(creators.sizes.tolist()):
        rows = order[first : first + size]
        first += size
        run = length or max(2, round(1.5 * size ** (1 / 3)))
        blocks = np.minimum(np.arange(size) // run, max(0, size // run - 1))
        labels[rows] = code * len(days) + blocks
    return Groups.of(labels)


def _days(created_at: pd.Series) -> FloatArray:
    """Days since Monday 5 January 1970 in UTC; NaN where the time is unknown."""
    seconds = (created_at - pd.Timestamp("1970-01-05", tz="UTC")).dt.total_seconds()
    days: FloatArray = np.floor(seconds.to_numpy(dtype=np.float64) / _SECONDS_A_DAY)
    return days


def _joined(counts: IntArray) -> list[int]:
    """The period of each week: a new one begins when the last has enough videos."""
    periods, period, size = [], 0, 0
    remaining = int(counts.sum())
    for count in counts.tolist():
        if size >= FEWEST_OF_A_PERIOD and remaining >= FEWEST_OF_A_PERIOD:
            period, size = period + 1, 0
        periods.append(period)
        size, remaining = size + count, remaining - count
    return periods
