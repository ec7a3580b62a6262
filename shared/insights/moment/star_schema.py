"""Retention curves from rows of the star schema, with the second of an event and its signals."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from shared.insights.moment.events import event_second
from shared.insights.moment.options import Event
from shared.insights.moment.seconds import Curve
from shared.insights.statistics.resampling import FloatArray
from shared.insights.table.video_kinds import is_synthetic
from shared.model import UNKNOWN_CREATOR
from shared.retention_section import MOST_SECONDS, Retention

SILENCE_LUFS = -70.0
"""The absolute gate of ITU-R BS.1770: a second without loudness is silent, and counts as this."""

VIDEO_COLUMNS = (
    *("video_id", "user_key", "username", "synthetic", "duration_s", "model_version"),
    *("surprise_onset_s", "suspense_from_s", "suspense_to_s", "suspense_pays_off"),
)
"""The columns of a video's row that a curve needs."""

Row = Mapping[str, Any]


class RetentionSource(Protocol):
    """Rows of retention.sql, and the curves of picture and sound of some videos as JSON."""

    def retention(self) -> Sequence[Row]: ...

    def curves(self, video_ids: Sequence[str]) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class StoredCurves:
    """The curves of some videos, and how many more curves there are than could be read."""

    curves: tuple[Curve, ...]
    unread: int = 0


def stored_curves(source: RetentionSource, videos: Iterable[Row], event: Event) -> StoredCurves:
    """The newest curve of each of `videos` that has one, in the order of their ids.

    There are more than were read where the bound of retention.sql stops a very large table.
    """
    by_id = {row["video_id"]: row for row in videos}
    retention = source.retention()
    rows = [row for row in retention if row["video_id"] in by_id]
    signals = source.curves([row["video_id"] for row in rows]) if rows else {}
    unread = retention[0]["videos"] - len(retention) if retention else 0
    return StoredCurves(tuple(curves_of(by_id, rows, signals, event)), unread)


def newest_readings(readings: Iterable[tuple[str, Retention]]) -> list[Row]:
    """The newest reading of each video, by id, as rows of retention.sql."""
    newest: dict[str, Retention] = {}
    for video_id, reading in readings:
        before = newest.setdefault(video_id, reading)
        newest[video_id] = max(before, reading, key=lambda each: each.collected_at)
    return [_row(video_id, reading, len(newest)) for video_id, reading in sorted(newest.items())]


def _row(video_id: str, reading: Retention, videos: int) -> Row:
    shares = {at: share for at, share in enumerate(reading.shares) if share is not None}
    return {
        "video_id": video_id,
        "viewers": reading.viewers,
        "seconds": list(shares),
        "shares": list(shares.values()),
        "videos": videos,
    }


def curves_of(
    videos: Mapping[str, Row], retention: Iterable[Row], signals: Mapping[str, str], event: Event
) -> Iterator[Curve]:
    """A curve for each row of `retention`. `videos` has the rows of the videos by their ids."""
    for row in retention:
        video_id = row["video_id"]
        yield _curve(videos[video_id], row, signals.get(video_id), event)


def _curve(video: Row, retention: Row, signals: str | None, event: Event) -> Curve:
    measured: Mapping[str, Any] = json.loads(signals) if signals else {}
    creator = video["user_key"]
    return Curve(
        video_id=video["video_id"],
        creator="" if creator in (None, UNKNOWN_CREATOR) else creator,
        viewers=retention["viewers"],
        shares=shares_by_second(retention["seconds"], retention["shares"]),
        duration_s=video["duration_s"],
        onset_s=event_second(video, event),
        cuts=None,
        motion=_by_second(measured.get("motion"), np.nan),
        loudness=_by_second(measured.get("loudness"), SILENCE_LUFS),
        synthetic=is_synthetic(video["synthetic"]),
    )


def shares_by_second(seconds: Sequence[int], shares: Sequence[float]) -> FloatArray:
    """One share for each second from 0 to the last one; NaN where there is none."""
    last = max((second for second in seconds if 0 <= second < MOST_SECONDS), default=-1)
    curve = np.full(last + 1, np.nan)
    for second, share in zip(seconds, shares, strict=True):
        if 0 <= second <= last:
            curve[second] = share
    return curve


def _by_second(values: Sequence[float | None] | None, missing: float) -> FloatArray | None:
    if not values:
        return None
    return np.array([missing if value is None else value for value in values], dtype=np.float64)
