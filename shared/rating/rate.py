"""Use case: a video file arrived. Rate it once and publish the rating."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Protocol

from shared.errors import Permanent
from shared.inputs.media_type import HEAD_BYTES, media_type
from shared.logs import about
from shared.messaging.events import VideoUploaded, notification_of
from shared.messaging.in_flight import handling
from shared.messaging.parked import park, upload_key
from shared.model import Record, content_id, id_in_name, parse, parse_record
from shared.privacy.tombstones import Tombstones
from shared.rating.budget import OverBudget
from shared.rating.decoder_deaths import after_death
from shared.rating.rater import DecoderDied, MediaToRate, Rater, RaterAnswer, download_media
from shared.rating_section import Rating
from shared.storage.lake import Gone, Lake
from shared.storage.layout import VIDEOS, RatingKey, frame_name, metadata_name, rating_name
from shared.storage.lease import Lease
from shared.storage.parked_objects import budget_of

log = logging.getLogger(__name__)


class PublishRatings(Protocol):
    def __call__(self, *records: Record) -> None: ...


@dataclass(frozen=True, slots=True)
class RateApp:
    """Everything `rate_upload` may touch outside its own arguments."""

    lake: Lake
    tombstones: Tombstones
    lease: Lease
    raters: Callable[[str | None], Rater | None]
    """The rater of a condition, the default one for None; None for another deployment's."""
    publish: PublishRatings
    clock: Callable[[], datetime]
    timer: Callable[[], float]
    max_media_bytes: int


class NotForUs(Exception):
    """The event names nothing that can be rated; the message says why."""


class OtherDeployment(Exception):
    """Another deployment rates the upload, and settles everything about it."""


def rate_upload(upload: VideoUploaded, delivery: str, app: RateApp) -> None:
    """Rate an uploaded video and publish the rating.

    The same event again publishes the same rating and pays nothing. Two deliveries at the same
    time: the second raises LeaseHeld and is delivered again. An object that is gone, replaced or
    outside `videos/` is acknowledged with a log line, and so is a request for another deployment's
    rater. Over budget the upload is parked until the next budget. `delivery` identifies one
    delivery of the event.
    """
    try:
        with handling(app.lake, upload.in_flight):
            _rate_upload(upload, _rater(upload, app), delivery, app)
    except OtherDeployment as why:
        log.info("upload ignored", extra={"object": upload.name, "why": repr(why)})


def _rate_upload(upload: VideoUploaded, rater: Rater, delivery: str, app: RateApp) -> None:
    try:
        size = _current_size(upload, app.lake)
        video_id = _video_id(upload, app.lake)
        about(video_id)
        _drop_erased(upload, video_id, app)
        rating = _rating(_RatingTask(upload, size, video_id, rater), delivery, app)
    except (NotForUs, Gone) as why:
        log.info("upload ignored", extra={"object": upload.name, "why": repr(why)})
        return
    except OverBudget as over:
        _park(upload, rater, over, app)
        return
    record = app.tombstones.redact(Record(video_id=video_id, rating=rating))
    if record is not None:
        app.publish(record)
    log.info(
        "video rated",
        extra={
            "video_id": video_id,
            "rater": rating.rater,
            "status": rating.status,
            "reason": rating.reason,
            "flags": ",".join(rating.flags),
            "cost_usd": rating.cost_usd,
        },
    )


def _drop_erased(upload: VideoUploaded, video_id: str, app: RateApp) -> None:
    """Delete an erased video that was uploaded again. Raises NotForUs."""
    if app.tombstones.has_video(video_id):
        app.lake.delete(upload.name, int(upload.generation))
        raise NotForUs("the video was erased")


@dataclass(frozen=True, slots=True)
class _RatingTask:
    """A file to rate, and its rater."""

    upload: VideoUploaded
    size: int
    video_id: str
    rater: Rater

    @property
    def key(self) -> RatingKey:
        replicate = self.upload.replicate
        return RatingKey(self.upload.generation, self.rater.name, self.rater.config_hash, replicate)


def _rater(upload: VideoUploaded, app: RateApp) -> Rater:
    rater = app.raters(upload.condition)
    if rater is None:
        raise OtherDeployment(f"{upload.condition} is rated by another deployment")
    return rater


def _current_size(upload: VideoUploaded, lake: Lake) -> int:
    if not upload.name.startswith(VIDEOS) or upload.name.endswith("/"):
        raise NotForUs("not a file under videos/")
    blob = lake.stat(upload.name)
    if blob is None:
        raise Gone(upload.name)
    if str(blob.generation) != upload.generation:
        raise NotForUs("replaced by a newer generation, which has its own event")
    return int(blob.size)


def _video_id(upload: VideoUploaded, lake: Lake) -> str:
    """The id in the object's name, else a hash of its content."""
    in_name = id_in_name(PurePosixPath(upload.name).stem)
    return in_name or content_id(lake.sha256(upload.name, int(upload.generation)))


def _rating(work: _RatingTask, delivery: str, app: RateApp) -> Rating:
    """The stored rating, or a new one made under a lease on it."""
    name = rating_name(work.video_id, work.key)
    claim = f"{name}.claim"
    if stored := _stored(name, app.lake):
        app.lease.discard(claim)  # a delivery killed after its write could not
        return stored
    with app.lease.acquire(claim, delivery):
        if stored := _stored(name, app.lake):
            return stored
        rating, frame = _rate(work, app)
        # A model reads the object by name, so it may have seen another generation than this one.
        _current_size(work.upload, app.lake)
        _drop_erased(work.upload, work.video_id, app)
        rating = _redacted(work.video_id, rating, app)
        if frame is not None:  # before the rating, whose presence says that all is complete
            name_of_frame = frame_name(work.video_id, work.upload.generation)
            app.lake.put(name_of_frame, frame, content_type="image/jpeg")
        # The rating is paid: store it before anything else can fail. If another delivery took
        # over an expired lease and wrote first, its rating counts.
        if app.lake.write_once(name, rating.model_dump_json(exclude_none=True).encode()):
            return rating
        return _stored(name, app.lake) or rating


def _redacted(video_id: str, rating: Rating, app: RateApp) -> Rating:
    """The rating without names of erased people, read off a picture. Raises NotForUs."""
    record = app.tombstones.redact(Record(video_id=video_id, rating=rating))
    if record is None or record.rating is None:
        raise NotForUs("the video was erased")
    return record.rating


def _stored(name: str, lake: Lake) -> Rating | None:
    content = lake.read(name)
    return None if content is None else parse(Rating, content, "stored rating")


def _rate(work: _RatingTask, app: RateApp) -> tuple[Rating, bytes | None]:
    """A new rating, and the picture of the strongest moment if the rater returns one."""
    log.info("rater asked", extra={"object": work.upload.name, "key": str(work.key)})
    started = app.timer()
    answer = _answer(work, app)
    took_s = round(app.timer() - started, 3)
    answer_fields = {field.name: getattr(answer, field.name) for field in fields(answer)}
    answer_fields["rated_at"] = answer_fields.pop("answered_at") or app.clock()
    answer_fields["latency_s"] = took_s if answer.latency_s is None else answer.latency_s
    frame = answer_fields.pop("frame")
    return Rating(**asdict(work.key), **answer_fields), frame


def _answer(work: _RatingTask, app: RateApp) -> RaterAnswer:
    """The rater's answer, or the reason why the file cannot be rated."""
    name, generation = work.upload.name, int(work.upload.generation)
    kind = media_type(app.lake.head(name, generation, HEAD_BYTES))
    if work.size == 0:
        return RaterAnswer(status="unratable", reason="empty")
    if kind is None:
        return RaterAnswer(status="unratable", reason="not_a_video")
    if work.size > app.max_media_bytes:
        return RaterAnswer(status="unratable", reason="too_large")
    media = MediaToRate(
        video_id=work.video_id,
        bucket=work.upload.bucket,
        name=name,
        key=work.key,
        size=work.size,
        type=kind,
        open=lambda: download_media(app.lake, name, generation),
        peek=lambda: app.lake.open(name, generation),
        caption=caption_of(work.video_id, app.lake) if work.rater.sees_caption else None,
    )
    try:
        return work.rater.rate(media)
    except DecoderDied as death:
        return after_death(app.lake, work.video_id, work.key, death, app.clock())


def caption_of(video_id: str, lake: Lake) -> str | None:
    """The caption in the lake; None when there is none or its record is unreadable."""
    content = lake.read(metadata_name(video_id))
    with suppress(Permanent):
        listing = parse_record(content) if content else None
        return listing.video.caption if listing and listing.video else None
    return None


def _park(upload: VideoUploaded, rater: Rater, over: OverBudget, app: RateApp) -> None:
    """Keep the upload for this rater until the next budget."""
    request = notification_of(replace(upload, condition=rater.condition))
    message = replace(request, id=upload_key(upload, rater.condition))
    budget = budget_of(rater.condition)
    park(app.lake, "analyze", message, over.due_at, "over_budget", app.clock(), budget)
    log.warning("parked", extra={"object": upload.name, "due_at": over.due_at.isoformat()})
