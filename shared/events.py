"""What arrives at a function: CloudEvents, as one typed thing each."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from cloudevents.http import CloudEvent

from shared.model import Malformed

DIRECT_FINALIZED = "google.cloud.storage.object.v1.finalized"
PUBSUB_MESSAGE = "google.cloud.pubsub.topic.v1.messagePublished"


@dataclass(frozen=True, slots=True)
class Message:
    """One Pub/Sub message; the same `id` again is the same message delivered again."""

    id: str
    data: bytes
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class VideoUploaded:
    """An object was finalized. Bucket, name and generation identify it."""

    bucket: str
    name: str
    generation: str


def message_of(event: CloudEvent) -> Message:
    """The Pub/Sub message in an event. Raises Malformed for anything else."""
    inner = event.data.get("message") if isinstance(event.data, dict) else None
    if not isinstance(inner, dict):
        raise Malformed("event carries no Pub/Sub message")
    attributes = inner.get("attributes") or {}
    if not isinstance(attributes, dict):
        raise Malformed("message attributes are no mapping")
    identity = inner.get("messageId") or inner.get("message_id") or event["id"]
    return Message(str(identity), _decoded(inner.get("data", "")), attributes)


def _decoded(data: object) -> bytes:
    """functions-framework hands text payloads over as base64, as they came."""
    if not isinstance(data, str):
        raise Malformed("message data is no base64 text")
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("message data is no base64 text") from error


def video_uploaded(event: CloudEvent) -> VideoUploaded | None:
    """The upload that an event tells of; None when it tells of something else.

    Takes the direct finalize event and the bucket's notification through Pub/Sub, whose
    attributes say all there is to know (the payload may be absent).
    """
    if event["type"] == DIRECT_FINALIZED:
        return _upload(event.data, "bucket", "name", "generation")
    if event["type"] != PUBSUB_MESSAGE:
        raise Malformed(f"unexpected event type {event['type']}")
    attributes = message_of(event).attributes
    if attributes.get("eventType") != "OBJECT_FINALIZE":
        return None
    return _upload(attributes, "bucketId", "objectId", "objectGeneration")


def _upload(source: Any, *keys: str) -> VideoUploaded:
    found = [source.get(key) if isinstance(source, dict) else None for key in keys]
    if not all(isinstance(value, str) and value for value in found):
        raise Malformed(f"event without {', '.join(keys)}")
    bucket, name, generation = map(str, found)
    if not generation.isdecimal():
        raise Malformed(f"generation {generation[:40]!r} is no number")
    return VideoUploaded(bucket, name, generation)
