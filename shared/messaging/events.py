"""CloudEvents that arrive at a function, parsed into typed messages and uploads."""

import base64
import binascii
import re
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from cloudevents.http import CloudEvent

from shared.messaging.in_flight import mark_in
from shared.model import Malformed, canonical_json, id_in_name

DIRECT_FINALIZED = "google.cloud.storage.object.v1.finalized"
PUBSUB_MESSAGE = "google.cloud.pubsub.topic.v1.messagePublished"


@dataclass(frozen=True, slots=True)
class Message:
    """One Pub/Sub message. A redelivery has the same `id`."""

    id: str
    data: bytes
    attributes: dict[str, str]


# Attributes that Pub/Sub adds when it gives a message up, and a prefix that it reserves.
_NOT_THE_SENDERS = ("CloudPubSubDeadLetter", "goog")

CONDITION = re.compile(r"[a-z]{1,20}(:[a-z][a-z0-9-]{0,19})?(\+[a-z]{1,20}){0,3}")
MOST_REPLICATES = 1_000
MOST_NAME_BYTES = 1_024
"""https://cloud.google.com/storage/docs/objects#naming, checked 2026-11"""


@dataclass(frozen=True, slots=True)
class VideoUploaded:
    """An object was finalized, or somebody requests another rating of it.

    Bucket, name and generation identify the object. A request names its `condition`
    (`gemini:flash+caption`) and the number of its `replicate`. An upload is for every deployed
    rater. `in_flight` is the mark of an upload that was parked (shared/messaging/in_flight.py); it
    says nothing about what is to be rated.
    """

    bucket: str
    name: str
    generation: str
    condition: str | None = None
    replicate: int = 0
    in_flight: str = field(default="", compare=False)

    def document(self) -> dict[str, Any]:
        """What a replay needs, as JSON."""
        document = asdict(self)
        del document["in_flight"]
        return document


def message_of(event: CloudEvent) -> Message:
    """The Pub/Sub message in an event. Raises Malformed for anything else."""
    inner = event.data.get("message") if isinstance(event.data, dict) else None
    if not isinstance(inner, dict):
        raise Malformed("event carries no Pub/Sub message")
    attributes = inner.get("attributes") or {}
    if not isinstance(attributes, dict) or not all(
        map(_is_text, [*attributes, *attributes.values()])
    ):
        raise Malformed("message attributes are not a mapping of texts")
    identity = inner.get("messageId") or inner.get("message_id") or event["id"]
    return Message(str(identity), _decoded(inner.get("data", "")), attributes)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value == value.encode(errors="replace").decode()


def _decoded(data: object) -> bytes:
    """The bytes of a payload, which functions-framework passes on as base64 text."""
    if not isinstance(data, str):
        raise Malformed("message data is not base64 text")
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("message data is not base64 text") from error


def video_uploaded(event: CloudEvent) -> VideoUploaded | None:
    """The upload that an event reports; None for an event of another kind.

    Takes the direct finalize event, and the bucket's notification through Pub/Sub. Only the
    notification's attributes are read: its payload may be absent.
    """
    if event["type"] == DIRECT_FINALIZED:
        return _upload(event.data, "bucket", "name", "generation")
    if event["type"] != PUBSUB_MESSAGE:
        raise Malformed(f"unexpected event type {event['type']}")
    attributes = message_of(event).attributes
    if attributes.get("eventType") != "OBJECT_FINALIZE":
        return None
    return upload_in(attributes)


def upload_in(attributes: dict[str, str]) -> VideoUploaded:
    """The upload in the attributes of a bucket's notification. Raises Malformed."""
    upload = _upload(attributes, "bucketId", "objectId", "objectGeneration")
    condition, replicate = attributes.get("rater"), attributes.get("replicate", "0")
    if condition is not None and not CONDITION.fullmatch(str(condition)):
        raise Malformed(f"rater {str(condition)[:40]!r} is not the name of a condition")
    if not re.fullmatch("[0-9]{1,3}", str(replicate)):
        raise Malformed(
            f"replicate {str(replicate)[:40]!r} is not a number below {MOST_REPLICATES}"
        )
    return replace(
        upload, condition=condition, replicate=int(replicate), in_flight=mark_in(attributes)
    )


CANARY = "GEMINI_CANARY"
"""Event type of the scheduler's message that starts the canary."""

DRAIN = "DRAIN_RECORDS"
"""Event type of the scheduler's message that has `load` pull its subscription."""


def is_canary(event: CloudEvent) -> bool:
    """Whether the event is the scheduler's message of canary_body(). Raises Malformed."""
    return _is_call(event, CANARY)


def canary_body() -> dict[str, Any]:
    """The body posted to analyze-gemini, in the form of a push. Terraform has the same text."""
    return _call_body("canary", CANARY)


def is_drain(event: CloudEvent) -> bool:
    """Whether the event is the scheduler's message of drain_body(). Raises Malformed."""
    return _is_call(event, DRAIN)


def drain_body() -> dict[str, Any]:
    """The body posted to load, in the form of a push. Terraform has the same text."""
    return _call_body("drain", DRAIN)


def _is_call(event: CloudEvent, event_type: str) -> bool:
    if event["type"] != PUBSUB_MESSAGE:
        return False
    return message_of(event).attributes.get("eventType") == event_type


def _call_body(sender: str, event_type: str) -> dict[str, Any]:
    message = {"data": "e30=", "messageId": sender, "attributes": {"eventType": event_type}}
    return {"message": message, "subscription": sender}


def video_of(attributes: dict[str, str]) -> str | None:
    """The video that a message's attributes name: by `video_id`, or by the file's name."""
    id_from_name = id_in_name(PurePosixPath(attributes.get("objectId", "")).stem)
    return attributes.get("video_id") or id_from_name


def notification_of(upload: VideoUploaded) -> Message:
    """The bucket's message about an upload, or the request for another rating.

    https://cloud.google.com/storage/docs/pubsub-notifications, checked 2026-11
    """
    resource = {
        "kind": "storage#object",
        "id": f"{upload.bucket}/{upload.name}/{upload.generation}",
        "bucket": upload.bucket,
        "name": upload.name,
        "generation": upload.generation,
    }
    attributes = {
        "eventType": "OBJECT_FINALIZE",
        "payloadFormat": "JSON_API_V1",
        "bucketId": upload.bucket,
        "objectId": upload.name,
        "objectGeneration": upload.generation,
    }
    if upload.condition is not None:
        attributes |= {"rater": upload.condition, "replicate": str(upload.replicate)}
    # Data is required: functions-framework answers a push without data with 400, at each delivery.
    return Message("", canonical_json(resource).encode(), attributes)


def evidence(event: CloudEvent) -> dict[str, Any]:
    """The parts of an event that a replay needs, as JSON."""
    entry: dict[str, Any] = {}
    with suppress(Malformed):
        entry |= as_json(message_of(event))
    with suppress(Malformed):
        if upload := video_uploaded(event):
            entry["upload"] = upload.document()
    return entry or {"event": _whole(event.data)}


def from_the_sender(attributes: dict[str, str]) -> dict[str, str]:
    """The attributes that a message was published with."""
    return {key: it for key, it in attributes.items() if not key.startswith(_NOT_THE_SENDERS)}


def as_json(message: Message) -> dict[str, Any]:
    """Bytes and attributes of a message; the bytes in base64."""
    return {"data": base64.b64encode(message.data).decode(), "attributes": message.attributes}


def _whole(data: object) -> str:
    return data.decode(errors="replace") if isinstance(data, bytes) else repr(data)


def _upload(source: Any, *keys: str) -> VideoUploaded:
    values = [source.get(key) if isinstance(source, dict) else None for key in keys]
    if not all(isinstance(value, str) and value for value in values):
        raise Malformed(f"event without {', '.join(keys)}")
    bucket, name, generation = map(str, values)
    if not re.fullmatch("[0-9]{1,20}", generation):
        raise Malformed(f"generation {generation[:40]!r} is not a number")
    if len(name.encode(errors="replace")) > MOST_NAME_BYTES:
        raise Malformed(f"{name[:40]!r}… is longer than a name may be")
    return VideoUploaded(bucket, name, generation)
