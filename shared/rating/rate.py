"""Use case: a video file arrived, so rate it once and tell the warehouse."""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Protocol

from shared.claims import Claims
from shared.errors import Permanent
from shared.events import VideoUploaded
from shared.lake import VIDEOS, Gone, Lake, RatingKey, metadata_name, rating_name
from shared.media_type import HEAD_BYTES, media_type
from shared.model import Rating, Record, content_id, id_in_name, parse, parse_record
from shared.rating.rater import Answer, Media, Rater, downloaded
from shared.rating.values import RUBRIC_VERSION

log = logging.getLogger(__name__)


class Publish(Protocol):
    def __call__(self, *records: Record) -> None: ...


@dataclass(frozen=True, slots=True)
class App:
    """Everything `rate_upload` may touch outside its own arguments."""

    lake: Lake
    claims: Claims
    rater: Rater
    publish: Publish
    clock: Callable[[], datetime]
    timer: Callable[[], float]
    max_media_bytes: int


class NotForUs(Exception):
    """The event tells of nothing that can be rated; the message says why."""


def rate_upload(upload: VideoUploaded, delivery: str, app: App) -> None:
    """Rate an uploaded video and publish the rating.

    The same event again publishes the same rating and pays nothing; at the same instant it
    raises Claimed and comes back. An object that is gone, was replaced, or is no file under
    `videos/` is acknowledged with a log line. `delivery` tells two deliveries apart.
    """
    try:
        size = _current_size(upload, app.lake)
        video_id = _video_id(upload, app.lake)
        rating = _rating(upload, size, video_id, delivery, app)
    except (NotForUs, Gone) as why:
        log.info("upload ignored", extra={"object": upload.name, "why": repr(why)})
        return
    app.publish(_with_listing(video_id, rating, upload, app))
    log.info("video rated", extra={"video_id": video_id, "status": rating.status})


def _current_size(upload: VideoUploaded, lake: Lake) -> int:
    if not upload.name.startswith(VIDEOS) or upload.name.endswith("/"):
        raise NotForUs("no file under videos/")
    blob = lake.stat(upload.name)
    if blob is None:
        raise Gone(upload.name)
    if str(blob.generation) != upload.generation:
        raise NotForUs("replaced by a newer generation, which has its own event")
    return int(blob.size)


def _video_id(upload: VideoUploaded, lake: Lake) -> str:
    """The id in the name, else the content's own."""
    named = id_in_name(PurePosixPath(upload.name).stem)
    return named or content_id(lake.sha256(upload.name, int(upload.generation)))


def _rating(upload: VideoUploaded, size: int, video_id: str, delivery: str, app: App) -> Rating:
    """The stored rating, or a new one made while holding the claim on it."""
    key = RatingKey(upload.generation, app.rater.name, app.rater.config_hash)
    name = rating_name(video_id, key)
    if stored := _stored(name, app.lake):
        return stored
    with app.claims.held(f"{name}.claim", delivery):
        if stored := _stored(name, app.lake):
            return stored
        rating = _rate(upload, size, key, app)
        # Paid for: keep it before anything else can fail. Whoever outlived a lease and was
        # first all the same, theirs is the rating.
        if app.lake.write_once(name, rating.model_dump_json(exclude_none=True).encode()):
            return rating
        return _stored(name, app.lake) or rating


def _stored(name: str, lake: Lake) -> Rating | None:
    content = lake.read(name)
    return None if content is None else parse(Rating, content, "stored rating")


def _rate(upload: VideoUploaded, size: int, key: RatingKey, app: App) -> Rating:
    log.info("rater asked", extra={"object": upload.name, "generation": key.generation})
    started = app.timer()
    answer = _answer(upload, size, app)
    return Rating(
        generation=key.generation,
        rater=key.rater,
        config_hash=key.config_hash,
        replicate=key.replicate,
        rated_at=app.clock(),
        rubric_version=RUBRIC_VERSION,
        latency_s=round(app.timer() - started, 3),
        status=answer.status,
        reason=answer.reason,
        model_version=answer.model_version,
        values=answer.values,
        measures=answer.measures,
        evidence=answer.evidence,
        flags=answer.flags,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        cost_usd=answer.cost_usd,
    )


def _answer(upload: VideoUploaded, size: int, app: App) -> Answer:
    """What the rater says of it, or the plain reason why it was not asked."""
    generation = int(upload.generation)
    kind = media_type(app.lake.head(upload.name, generation, HEAD_BYTES))
    if size == 0:
        return Answer(status="unratable", reason="empty")
    if kind is None:
        return Answer(status="unratable", reason="not_a_video")
    if size > app.max_media_bytes:
        return Answer(status="unratable", reason="too_large")
    media = Media(
        bucket=upload.bucket,
        name=upload.name,
        generation=upload.generation,
        size=size,
        type=kind,
        open=lambda: downloaded(app.lake, upload.name, generation),
    )
    return app.rater.rate(media)


def _with_listing(video_id: str, rating: Rating, upload: VideoUploaded, app: App) -> Record:
    """The record of this rating, with what the lake knows of the video's listing."""
    content = app.lake.read(metadata_name(video_id))
    if content is None:
        return Record(video_id=video_id, rating=rating)
    try:
        listing = parse_record(content)
        if listing.video_id != video_id:
            raise Permanent("wrong_video", f"metadata of {listing.video_id} under {video_id}")
    except Permanent as error:
        name = metadata_name(video_id)
        app.lake.keep_failed(
            "analyze", name, error.reason, error.sentence, app.clock(), upload=asdict(upload)
        )
        log.warning("metadata left out", extra={"object": name, "sentence": error.sentence})
        return Record(video_id=video_id, rating=rating)
    return listing.model_copy(update={"rating": rating})
