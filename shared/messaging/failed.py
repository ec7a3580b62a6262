"""Failures that redelivery cannot mend: kept under failed/, listed, and replayed.

`failed/{stage}/{key}.json` holds `stage`, `key`, `reason`, `sentence`, `failed_at`, and what a
replay needs:

load       `data` (the record's bytes in base64) and `attributes`
analyze    `upload` (bucket, name, generation) if the event reports one, and the message
fetch      the object that it could not read; the next `fetch` of the collection reads it again
rebuild    `object`, the name of an unreadable object; the next rebuild reads it again

A replay publishes first and then deletes the entry, only in the generation that it read. A replay
that is killed in between publishes twice, which changes nothing at any stage. A message that fails
again is kept again, under its new message id.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from shared.concurrency import in_order
from shared.messaging.events import (
    CONDITION,
    MOST_REPLICATES,
    Message,
    VideoUploaded,
    notification_of,
)
from shared.messaging.topics import STAGES, Stage, Topics, Unsendable
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake, LakeObject
from shared.storage.layout import FAILED

UNREADABLE = "unreadable"
DEAD_LETTERED = "dead_lettered"
MOST_BYTES = 20 * 2**20
"""The largest message (10 MB) in base64, with its attributes, reason and sentence."""

Brief = Annotated[str, Field(max_length=5_000)]


class _Upload(BaseModel):
    model_config = ConfigDict(defer_build=True)

    bucket: Annotated[str, Field(min_length=1, max_length=300)]
    name: Annotated[str, Field(min_length=1, max_length=1_100)]
    generation: Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]
    condition: Annotated[str, Field(pattern=f"^{CONDITION.pattern}$")] | None = None
    replicate: Annotated[int, Field(ge=0, lt=MOST_REPLICATES)] = 0


class _FailureContent(BaseModel):
    """The fields of an entry that a replay reads. Other fields are for people."""

    model_config = ConfigDict(defer_build=True)

    key: Brief
    reason: Brief
    sentence: Annotated[str, Field(max_length=100_000)] = ""
    failed_at: AwareDatetime
    data: str | None = None
    attributes: dict[str, str] = {}
    upload: _Upload | None = None
    collection: Brief | None = None
    delivery_count: int | None = None


@dataclass(frozen=True, slots=True)
class FailureEntry:
    """One entry under failed/. `message` and `upload` are what a replay can send."""

    name: str
    generation: int
    stage: str
    key: str
    reason: str
    sentence: str
    failed_at: datetime
    message: Message | None = None
    upload: VideoUploaded | None = None
    collection: str | None = None
    delivery_count: int | None = None

    def summary(self) -> dict[str, Any]:
        """The entry without its bytes, for a listing."""
        return {
            "stage": self.stage,
            "key": self.key,
            "reason": self.reason,
            "sentence": self.sentence,
            "failed_at": self.failed_at,
            "object": self.name,
            "upload": self.upload.name if self.upload else None,
            "collection": self.collection,
            "delivery_count": self.delivery_count,
        }


def failures(
    lake: Lake, stage: str | None = None, reason: str | None = None, since: datetime | None = None
) -> Iterator[FailureEntry]:
    """Entries in the order of their names, listed once when the iteration begins.

    Later failures are left out, so a replay of messages that fail again ends. An entry that cannot
    be read has the reason `unreadable` and the time of its object.
    """
    entries = list(lake.entries(f"{FAILED}{stage}/" if stage else FAILED))
    for failure in read_failures(lake, entries):
        is_chosen = reason is None or failure.reason == reason
        if is_chosen and (since is None or failure.failed_at >= since):
            yield failure


def read_failures(lake: Lake, entries: Iterable[LakeObject]) -> Iterator[FailureEntry]:
    """The failures in these objects, without those that were deleted after the listing."""
    for failure in in_order(lambda entry: _read(lake, entry), entries):
        if failure is not None:
            yield failure


def replay(failure: FailureEntry, lake: Lake, topics: Topics, tombstones: Tombstones) -> bool:
    """Publish a failed message and delete its entry. Raises Unsendable, which leaves the entry.

    A message about something erased is deleted unpublished, and the result is False. A message that
    only mentions it is published without the name.
    """
    stage, message = sendable(failure)
    redacted = tombstones.redact_message(message.data, message.attributes)
    if redacted is not None:
        topics.publish(stage, replace(message, data=redacted))
    lake.delete(failure.name, failure.generation)
    return redacted is not None


def sendable(failure: FailureEntry) -> tuple[Stage, Message]:
    """The stage that takes a failure, and the message to send. Raises Unsendable."""
    if failure.reason == UNREADABLE:
        raise Unsendable("the entry itself cannot be read")
    if failure.stage == "fetch":
        raise Unsendable("the next fetch of the collection tries again by itself")
    if failure.stage not in STAGES:
        raise Unsendable(f"no topic feeds the stage {failure.stage}")
    if failure.stage == "analyze":
        if failure.upload:
            return "analyze", notification_of(failure.upload)
        return "analyze", _with_data(failure.message)
    return "load", _with_data(failure.message)


def _with_data(message: Message | None) -> Message:
    if message is None or not message.data:
        raise Unsendable("the entry holds no message")
    return message


def _read(lake: Lake, entry: LakeObject) -> FailureEntry | None:
    """The entry, or None when it was deleted after the listing."""
    _, _, path = entry.name.partition("/")
    stage, _, key = path.partition("/")
    if entry.size > MOST_BYTES:
        return _unreadable(entry, entry.generation, stage, key, "larger than any message")
    content, generation = lake.read_with_generation(entry.name)
    if content is None:
        return None
    try:
        saved = _FailureContent.model_validate(json.loads(content))
        return _failure(entry.name, generation, stage, saved)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        why = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    except (ValueError, RecursionError) as error:
        why = str(error)
    return _unreadable(entry, generation, stage, key, why)


def _failure(name: str, generation: int, stage: str, saved: _FailureContent) -> FailureEntry:
    message = None
    if saved.data is not None:
        data = base64.b64decode(saved.data, validate=True)
        message = Message(saved.key, data, saved.attributes)
    return FailureEntry(
        name=name,
        generation=generation,
        stage=stage,
        key=saved.key,
        reason=saved.reason,
        sentence=saved.sentence,
        failed_at=saved.failed_at,
        message=message,
        upload=VideoUploaded(**saved.upload.model_dump()) if saved.upload else None,
        collection=saved.collection,
        delivery_count=saved.delivery_count,
    )


def _unreadable(
    entry: LakeObject, generation: int, stage: str, file: str, why: str
) -> FailureEntry:
    key = file.removesuffix(".json")
    return FailureEntry(entry.name, generation, stage, key, UNREADABLE, why, entry.updated)
