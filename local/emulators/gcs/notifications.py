"""Notifications: who wants to hear of which objects, and the outbox that makes sure they do.

A message enters the outbox by the transaction that changes the object and leaves it when Pub/Sub
has taken it. After a crash in between it is sent again: at least once, in no promised order.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from local.emulators.gcs.database import Database
from local.emulators.gcs.errors import ApiError, invalid, no_such_bucket
from local.emulators.gcs.resource import Fields, StoredObject, rfc3339

EVENT_TYPES = ("OBJECT_FINALIZE", "OBJECT_METADATA_UPDATE", "OBJECT_DELETE", "OBJECT_ARCHIVE")
PAYLOAD_FORMATS = ("JSON_API_V1", "NONE")
# Project ids have 6 to 30 characters; a shorter one is taken here, but the official client cannot
# read such a configuration back (`list_notifications` raises ValueError).
TOPIC = re.compile(
    r"(?://pubsub\.googleapis\.com/)?"
    r"(?P<path>projects/[a-z][-a-z0-9:.]{0,61}[a-z0-9]/topics/[A-Za-z][-\w.~+%]{2,254})",
    re.ASCII,
)
# https://cloud.google.com/storage/quotas#notifications and the attribute limits of Pub/Sub.
CONFIGS_PER_BUCKET = 100
CUSTOM_ATTRIBUTES_MAX = 5
ATTRIBUTE_KEY_MAX_BYTES = 256
ATTRIBUTE_VALUE_MAX_BYTES = 1024


@dataclass(frozen=True, slots=True)
class ObjectEvent:
    """One thing that happened to one generation, with the attributes only this event has."""

    type: str
    subject: StoredObject
    extra: dict[str, str]

    @classmethod
    def created(cls, new: StoredObject, replaced: StoredObject | None) -> ObjectEvent:
        extra = {"overwroteGeneration": str(replaced.generation)} if replaced else {}
        return cls("OBJECT_FINALIZE", new, extra)

    @classmethod
    def deleted(cls, gone: StoredObject, by: StoredObject | None) -> ObjectEvent:
        extra = {"overwrittenByGeneration": str(by.generation)} if by else {}
        return cls("OBJECT_DELETE", gone, extra)

    @classmethod
    def updated(cls, subject: StoredObject) -> ObjectEvent:
        return cls("OBJECT_METADATA_UPDATE", subject, {})


@dataclass(frozen=True, slots=True)
class Message:
    """A Pub/Sub message that waits in the outbox."""

    id: int
    attributes: dict[str, str]
    data: bytes


class Configs:
    """The notification configurations of all buckets."""

    def __init__(self, db: Database):
        self._db = db

    def create(self, bucket: str, sent: Fields) -> Fields:
        config = _checked(sent)
        with self._db.write() as tx:
            _require_bucket(tx, bucket)
            count, last = tx.execute(
                "SELECT count(*), coalesce(max(id), 0) FROM notification_configs WHERE bucket = ?",
                (bucket,),
            ).fetchone()
            if count >= CONFIGS_PER_BUCKET:
                raise invalid(f"A bucket has at most {CONFIGS_PER_BUCKET} notification configs.")
            config |= {"kind": "storage#notification", "id": str(last + 1), "etag": str(last + 1)}
            config["selfLink"] = f"/storage/v1/b/{bucket}/notificationConfigs/{last + 1}"
            values = (bucket, last + 1, json.dumps(config))
            tx.execute("INSERT INTO notification_configs VALUES (?, ?, ?)", values)
        return config

    def all(self, bucket: str) -> list[Fields]:
        with self._db.read() as view:
            _require_bucket(view, bucket)
            return _configs_of(view, bucket)

    def get(self, bucket: str, config_id: str) -> Fields:
        for config in self.all(bucket):
            if config["id"] == config_id:
                return config
        raise _no_such_config(bucket, config_id)

    def delete(self, bucket: str, config_id: str) -> None:
        with self._db.write() as tx:
            _require_bucket(tx, bucket)
            if not config_id.isdigit() or len(config_id) > 18:
                raise _no_such_config(bucket, config_id)
            done = tx.execute(
                "DELETE FROM notification_configs WHERE bucket = ? AND id = ?",
                (bucket, int(config_id)),
            )
            if not done.rowcount:
                raise _no_such_config(bucket, config_id)


class Outbox:
    """Messages that Pub/Sub has not taken yet. `waiting` is set whenever there may be some."""

    def __init__(self, db: Database, base_url: str):
        self._db = db
        self._base_url = base_url
        self.waiting = threading.Event()

    def record(self, tx: sqlite3.Connection, event: ObjectEvent) -> None:
        """Put one message per interested configuration into the running transaction."""
        subject = event.subject
        for config in _configs_of(tx, subject.bucket):
            if event.type not in config.get("event_types", EVENT_TYPES):  # type: ignore[operator]
                continue
            if not subject.name.startswith(str(config.get("object_name_prefix", ""))):
                continue
            attributes, data = self._message(event, config)
            topic = str(config["topic"]).removeprefix("//pubsub.googleapis.com/")
            tx.execute(
                "INSERT INTO outbox (topic, attributes, data) VALUES (?, ?, ?)",
                (topic, json.dumps(attributes), data),
            )

    def committed(self) -> None:
        self.waiting.set()

    def pending(self) -> int:
        with self._db.read() as view:
            return int(view.execute("SELECT count(*) FROM outbox").fetchone()[0])

    def topics(self) -> list[str]:
        with self._db.read() as view:
            return [row[0] for row in view.execute("SELECT DISTINCT topic FROM outbox")]

    def oldest(self, topic: str, limit: int) -> list[Message]:
        query = "SELECT id, attributes, data FROM outbox WHERE topic = ? ORDER BY id LIMIT ?"
        with self._db.read() as view:
            rows = view.execute(query, (topic, limit)).fetchall()
        return [Message(row[0], json.loads(row[1]), row[2]) for row in rows]

    def taken(self, messages: Sequence[Message]) -> None:
        with self._db.write() as tx:
            tx.executemany("DELETE FROM outbox WHERE id = ?", [(each.id,) for each in messages])

    def _message(self, event: ObjectEvent, config: Fields) -> tuple[dict[str, str], bytes]:
        """Attributes and data as the real service sends them.

        https://cloud.google.com/storage/docs/pubsub-notifications#attributes
        """
        subject = event.subject
        now = rfc3339(datetime.now(UTC))
        own = {
            "notificationConfig": (
                f"projects/_/buckets/{subject.bucket}/notificationConfigs/{config['id']}"
            ),
            "eventType": event.type,
            "payloadFormat": str(config["payload_format"]),
            "bucketId": subject.bucket,
            "objectId": subject.name,
            "objectGeneration": str(subject.generation),
            "eventTime": now,
        }
        custom: dict[str, str] = config.get("custom_attributes", {})  # type: ignore[assignment]
        data = b""
        if config["payload_format"] == "JSON_API_V1":
            deleted = {"timeDeleted": now} if event.type == "OBJECT_DELETE" else {}
            data = json.dumps(subject.resource(self._base_url) | deleted).encode()
        return custom | own | event.extra, data


def _configs_of(view: sqlite3.Connection, bucket: str) -> list[Fields]:
    query = "SELECT resource FROM notification_configs WHERE bucket = ? ORDER BY id"
    return [json.loads(row[0]) for row in view.execute(query, (bucket,))]


def _require_bucket(view: sqlite3.Connection, bucket: str) -> None:
    if not view.execute("SELECT 1 FROM buckets WHERE name = ?", (bucket,)).fetchone():
        raise no_such_bucket()


def _checked(sent: Fields) -> Fields:
    """The configuration to keep, or ApiError 400 for one that could never be delivered."""
    topic = TOPIC.fullmatch(str(sent.get("topic", "")))
    if not topic:
        raise invalid("Invalid topic: //pubsub.googleapis.com/projects/P/topics/T is needed.")
    if sent.get("payload_format") not in PAYLOAD_FORMATS:
        raise invalid(f"payload_format must be one of {', '.join(PAYLOAD_FORMATS)}.")
    config: Fields = {
        "topic": f"//pubsub.googleapis.com/{topic['path']}",
        "payload_format": sent["payload_format"],
    }
    if types := sent.get("event_types"):
        if not isinstance(types, list) or any(each not in EVENT_TYPES for each in types):
            raise invalid(f"event_types must be among {', '.join(EVENT_TYPES)}.")
        config["event_types"] = types
    if prefix := sent.get("object_name_prefix"):
        if not isinstance(prefix, str):
            raise invalid("object_name_prefix must be a string.")
        config["object_name_prefix"] = prefix
    if custom := sent.get("custom_attributes"):
        config["custom_attributes"] = _custom_attributes(custom)
    return config


def _custom_attributes(custom: object) -> dict[str, str]:
    if not isinstance(custom, dict) or len(custom) > CUSTOM_ATTRIBUTES_MAX:
        raise invalid(f"custom_attributes is an object of at most {CUSTOM_ATTRIBUTES_MAX} keys.")
    for key, value in custom.items():
        if not isinstance(value, str):
            raise invalid("custom_attributes must be strings.")
        if not 0 < _utf8_length(key) <= ATTRIBUTE_KEY_MAX_BYTES or key.startswith("goog"):
            raise invalid("A key of custom_attributes is empty, too long or begins with goog.")
        if _utf8_length(value) > ATTRIBUTE_VALUE_MAX_BYTES:
            raise invalid("A value of custom_attributes is too long.")
    return custom


def _utf8_length(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise invalid("custom_attributes must be valid Unicode.") from None


def _no_such_config(bucket: str, config_id: str) -> ApiError:
    message = f"The specified notification does not exist: {bucket}/{config_id}"
    return ApiError(HTTPStatus.NOT_FOUND, "notFound", message)
