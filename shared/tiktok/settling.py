"""Trying the files of listed videos, and deciding when a failing file is given up for a while."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from shared.model import NO_MEDIA_RATER, Record, parse
from shared.rating_section import Rating
from shared.storage.lake import Lake
from shared.storage.layout import RatingKey, rating_name
from shared.tiktok.media.media import MediaOutcome, Resolver
from shared.tiktok.state import PendingFile

log = logging.getLogger(__name__)

PATIENCE_RUNS = 5
PATIENCE = timedelta(hours=72)
"""A file that failed in this many runs, over at least this time, is given up as unreachable. With
runs alone, a schedule of every 15 minutes would give up during one bad afternoon of the server."""

FIRST_WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(days=1)
"""Wait between attempts on one file. It doubles from the first to the longest."""

GIVEN_UP_FOR = timedelta(days=7)
"""A file that was given up is tried again after this time, because servers come back."""


def settle(
    batch: list[PendingFile], resolver: Resolver, pool: ThreadPoolExecutor, over: Callable[[], bool]
) -> list[tuple[PendingFile, MediaOutcome]]:
    """Try each file once, in parallel. Files not begun when the time is over are left out."""

    def attempt(due: PendingFile) -> MediaOutcome | None:
        return None if over() else resolver.settle(due.video_id, due.username, due.media_url)

    outcomes = list(zip(batch, pool.map(attempt, batch), strict=True))
    for due, outcome in outcomes:
        if outcome and outcome.kind == "failed":
            why = {"video_id": due.video_id, "reason": outcome.reason, "why": outcome.sentence}
            log.warning("file not fetched", extra=why)
    return [(due, outcome) for due, outcome in outcomes if outcome]


def after_failure(due: PendingFile, outcome: MediaOutcome, at: datetime) -> PendingFile:
    """The file after one more failed run, with the time of its next attempt."""
    failures, first = due.failures + 1, due.first_failed_at or at
    is_patient = failures < PATIENCE_RUNS or at - first < PATIENCE
    if is_patient and not outcome.is_hopeless and due.given_up is None:
        wait = min(FIRST_WAIT * 2 ** min(failures - 1, 10), LONGEST_WAIT)
        given_up = None
    else:
        wait = GIVEN_UP_FOR
        given_up = outcome.reason if outcome.is_hopeless else "unreachable"
    return due.model_copy(
        update={
            "failures": failures,
            "first_failed_at": first,
            "given_up": given_up,
            "not_before": at + wait,
        }
    )


def final_reason(due: PendingFile, outcome: MediaOutcome, at: datetime) -> str | None:
    """Why the video has no file for now; None while there is one, or may be one soon."""
    if outcome.kind == "failed":
        return after_failure(due, outcome, at).given_up
    return outcome.reason if outcome.kind == "no_media" else None


def keep_given_up(
    lake: Lake, due: PendingFile, outcome: MediaOutcome, collection: str, at: datetime
) -> None:
    """Keep the last attempt's error under `failed/`, for a file that is given up for now."""
    lake.keep_failed(
        "fetch",
        f"media/{due.video_id}",
        outcome.reason if outcome.is_hopeless and outcome.reason else "unreachable",
        f"{outcome.reason}: {outcome.sentence}",
        at,
        video_id=due.video_id,
        collection=collection,
    )


def no_media_record(lake: Lake, due: PendingFile, reason: str, at: datetime) -> Record:
    """The `no_media` rating, kept once: a second call returns the same bytes.

    Each reason has its own rating, so that of two reasons the warehouse shows the later one.
    """
    rating = Rating(
        rater=NO_MEDIA_RATER,
        generation="0",
        config_hash=reason.replace("_", ""),
        rated_at=at,
        status="no_media",
        reason=reason,
    )
    name = rating_name(due.video_id, RatingKey.of(rating))
    if not lake.write_once(name, rating.model_dump_json(exclude_none=True).encode()):
        existing = lake.read(name)
        rating = rating if existing is None else parse(Rating, existing, name)
    return Record(video_id=due.video_id, rating=rating)
