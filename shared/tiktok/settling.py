"""The files of listed videos, several at once, until each is settled or given up."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from shared.lake import Lake, RatingKey, rating_name
from shared.model import NO_MEDIA_RATER, Rating, Record, parse
from shared.tiktok.media import Outcome, Resolver
from shared.tiktok.state import Due

log = logging.getLogger(__name__)

PATIENCE_RUNS = 5
PATIENCE = timedelta(hours=72)
"""A file that failed in this many runs, over this long, is settled as unreachable: by runs alone,
a schedule of every 15 minutes would give up during one bad afternoon of the media server."""


def settle(
    batch: list[Due], resolver: Resolver, pool: ThreadPoolExecutor, over: Callable[[], bool]
) -> list[tuple[Due, Outcome]]:
    """Try each file once. Those not begun when the time is over are left out."""

    def one(due: Due) -> Outcome | None:
        return None if over() else resolver.settle(due.video_id, due.username)

    outcomes = list(zip(batch, pool.map(one, batch), strict=True))
    for due, done in outcomes:
        if done and done.kind == "failed":
            why = {"video_id": due.video_id, "reason": done.reason, "why": done.sentence}
            log.warning("file not fetched", extra=why)
    return [(due, done) for due, done in outcomes if done]


def failed_again(due: Due, at: datetime) -> Due:
    """The same video with one more run that failed."""
    first = due.first_failed_at or at
    return due.model_copy(update={"failures": due.failures + 1, "first_failed_at": first})


def final_reason(due: Due, done: Outcome, at: datetime) -> str | None:
    """Why there will be no file, or None while there is one or may be one."""
    if done.kind == "failed":
        return "unreachable" if _is_hopeless(failed_again(due, at), at) else None
    return done.reason if done.kind == "no_media" else None


def keep_unreachable(lake: Lake, due: Due, done: Outcome, collection: str, at: datetime) -> None:
    """Keep under `failed/` what the last attempt met, for a file that is given up."""
    lake.keep_failed(
        "fetch",
        f"media/{due.video_id}",
        "unreachable",
        f"{done.reason}: {done.sentence}",
        at,
        video_id=due.video_id,
        collection=collection,
    )


def _is_hopeless(due: Due, at: datetime) -> bool:
    return (
        due.first_failed_at is not None
        and due.failures >= PATIENCE_RUNS
        and at - due.first_failed_at >= PATIENCE
    )


def no_media_record(lake: Lake, due: Due, reason: str) -> Record:
    """The rating that says there is nothing to rate, kept once: again gives the same bytes."""
    rating = Rating(
        rater=NO_MEDIA_RATER,
        generation="0",
        config_hash="none",
        rated_at=due.observed_at,
        status="no_media",
        reason=reason,
    )
    name = rating_name(due.video_id, RatingKey.of(rating))
    if not lake.write_once(name, rating.model_dump_json(exclude_none=True).encode()):
        kept = lake.read(name)
        rating = rating if kept is None else parse(Rating, kept, name)
    return Record(video_id=due.video_id, rating=rating)
