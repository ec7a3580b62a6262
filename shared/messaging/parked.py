"""Messages that wait for a known time: kept under parked/, published again when they are due.

A message that cannot be handled before a known time, because a day's budget is spent, is parked and
acknowledged. Redelivery would make it a dead letter within hours. `parked/{stage}/{event}.json`
holds `due_at`, `reason`, `parked_at`, `data` and `attributes`. The object's custom time is `due_at`
too, so one listing shows what is due without reading any object.
"""

import base64
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from shared.messaging.events import Message, VideoUploaded, as_json, video_of
from shared.messaging.topics import STAGES, Stage, Topics, Unsendable
from shared.model import Malformed, canonical_json
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake, LakeObject
from shared.storage.layout import PARKED, parked_name

log = logging.getLogger(__name__)


LONGEST_WAIT = timedelta(hours=25)
"""A message waits until the next UTC midnight at most. The extra hour is for clocks that differ."""


_OF_RATER = re.compile(r"-gemini%3A([a-z][a-z0-9-]*)(?:%2B[a-z]+)*-[0-9]+\.json$")


class _ParkedContent(BaseModel):
    model_config = ConfigDict(defer_build=True)

    due_at: AwareDatetime
    data: str
    attributes: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class ParkedCount:
    """How many messages are parked, and the first and last time at which one is due."""

    count: int = 0
    first_due_at: datetime | None = None
    last_due_at: datetime | None = None


def upload_key(upload: VideoUploaded, condition: str) -> str:
    """One key per file, condition and replicate: parking the upload again replaces it."""
    return f"{upload.name}-{upload.generation}-{condition}-{upload.replicate}"


def named_rater(parked: str) -> str:
    """The entry of RATERS that a parked upload is for, by its object's name; "" for none.

    A name that was cut because it is long tells no entry.
    """
    match = _OF_RATER.search(parked)
    return match[1] if match else ""


def park(
    lake: Lake, stage: Stage, message: Message, due_at: datetime, reason: str, at: datetime
) -> None:
    """Keep a message until `due_at`. The same event parked again replaces itself."""
    content = {
        "stage": stage,
        "key": message.id,
        "reason": reason,
        "parked_at": at.isoformat(),
        "due_at": due_at.isoformat(),
    }
    name = parked_name(stage, message.id)
    lake.put(name, canonical_json(content | as_json(message)).encode(), custom_time=due_at)


def due(lake: Lake, now: datetime) -> Iterator[LakeObject]:
    """Parked messages that are due; a message without a custom time is always due.

    A machine whose clock was wrong could have written a time years ahead. So no message waits
    longer than LONGEST_WAIT, counted by the bucket's clock.
    """
    for entry in lake.entries(PARKED):
        if entry.custom_time is None or min(entry.custom_time, latest_due(entry)) <= now:
            yield entry


def latest_due(entry: LakeObject) -> datetime:
    """When a parked message is due at the latest."""
    return entry.updated + LONGEST_WAIT


def count_parked(lake: Lake) -> ParkedCount:
    """Count the parked messages, with one listing and no read."""
    parked = ParkedCount()
    for entry in lake.entries(PARKED):
        times = [t for t in (entry.custom_time, parked.first_due_at, parked.last_due_at) if t]
        parked = ParkedCount(parked.count + 1, min(times, default=None), max(times, default=None))
    return parked


def release(entry: LakeObject, lake: Lake, topics: Topics, tombstones: Tombstones) -> bool:
    """Publish a parked message and delete it; False when it was deleted after the listing.

    A message about something erased is deleted unpublished, and the result is False too. A message
    that only mentions it is published without the name.

    Publishing comes first. A process killed in between publishes twice, which changes nothing at
    its stage. A message parked again meanwhile stays, because only the generation that was read is
    deleted. Raises Malformed and Unsendable for a message that can never be published.
    """
    content, generation = lake.read_with_generation(entry.name)
    if content is None:
        return False
    stage, message = _message_in(entry.name, content)
    redacted = tombstones.redact_message(message.data, message.attributes)
    if redacted is not None:
        topics.publish(stage, replace(message, data=redacted))
    lake.delete(entry.name, generation)
    if redacted is None:
        return False
    fields = {"object": entry.name, "video_id": video_of(message.attributes)}
    log.info("parked message published", extra=fields)
    return True


def _message_in(name: str, content: bytes) -> tuple[Stage, Message]:
    stage, _, _ = name.removeprefix(PARKED).partition("/")
    if stage not in STAGES:
        raise Unsendable(f"no topic feeds the stage {stage}")
    try:
        saved = _ParkedContent.model_validate(json.loads(content))
        data = base64.b64decode(saved.data, validate=True)
    except (ValidationError, ValueError, RecursionError) as error:
        raise Malformed(f"{name}: {str(error).splitlines()[0]}") from error
    message = Message("", data, saved.attributes)
    return ("analyze", message) if stage == "analyze" else ("load", message)
