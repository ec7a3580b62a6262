"""Records to test with, each section at a time of one's choice."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.model import Creator, Metrics, Record, Video
from shared.rating_section import Rating
from shared.retention_section import Retention
from shared.rubric_values import Values

DAY_0 = datetime(2026, 11, 1, tzinfo=UTC)
VIDEO_ID = "7300000000000000001"


def at(hours: float) -> datetime:
    return DAY_0 + timedelta(hours=hours)


def video(hours: float = 0, **fields: Any) -> Video:
    fields = {"source": "research", "creator_id": "ada"} | fields
    return Video(observed_at=at(hours), **fields)


def creator(hours: float = 0, creator_id: str = "ada", **fields: Any) -> Creator:
    return Creator(observed_at=at(hours), creator_id=creator_id, **fields)


def metrics(hours: float = 0, **fields: Any) -> Metrics:
    return Metrics(collected_at=at(hours), **({"views": 100} | fields))


def curve(hours: float, *shares: float | None, **fields: Any) -> Retention:
    return Retention(collected_at=at(hours), shares=shares, **fields)


def rating(hours: float = 0, score: int | None = 50, **fields: Any) -> Rating:
    """A rated answer, or one with another status when `score` is None."""
    plain = {
        "rater": "signals/1.0",
        "generation": "1",
        "config_hash": "abcd",
        "status": "rated" if score is not None else "unratable",
        "reason": None if score is not None else "truncated",
        "values": None if score is None else Values(unexpectedness=score),
    }
    return Rating(rated_at=at(hours), **(plain | fields))


def no_media(hours: float = 0) -> Rating:
    return rating(
        hours, None, rater="none", generation="0", config_hash="none", status="no_media",
        reason="deleted",
    )  # fmt: skip


def record(video_id: str = VIDEO_ID, **sections: Any) -> Record:
    return Record(video_id=video_id, **sections)
