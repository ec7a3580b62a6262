"""Notifications: the topics that hear of new objects, and the outbox of messages to them.

A message enters the outbox in the transaction that creates the object. It leaves the outbox when
Pub/Sub has taken it. After a crash in between it is sent again: delivery is at least once, in any
order.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from local.emulators.gcs.database import Database, require_bucket
from local.emulators.gcs.errors import invalid, not_implemented
from local.emulators.gcs.resource import Fields, StoredObject, rfc3339

FINALIZED = "OBJECT_FINALIZE"
PAYLOAD_FORMAT = "JSON_API_V1"
# Project ids have 6 to 30 characters; a shorter one is taken here, but the official client cannot
# read such a configuration back (`list_notifications` raises ValueError).
TOPIC = re.compile(
    r"(?://pubsub\.googleapis\.com/)?"
    r"(?P<path>projects/[a-z][-a-z0-9:.]{0,61}[a-z0-9]/topics/[A-Za-z][-\w.~+%]{2,254})",
    re.ASCII,
)
# https://cloud.google.com/storage/quotas#notifications
CONFIGS_PER_BUCKET = 100


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A Pub/Sub message that waits in the outbox."""

    id: int
    attributes: dict[str, str]
    data: bytes


class NotificationConfigs:
    """The notification configurations of all buckets."""

    def __init__(self, db: Database):
        self._db = db

    def create(self, bucket: str, payload: Fields) -> Fields:
        config = _checked(payload)
        with self._db.write() as tx:
            require_bucket(tx, bucket)
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
            require_bucket(view, bucket)
            return _configs_of(view, bucket)


class Outbox:
    """Messages that Pub/Sub has not taken yet. The event `waiting` is set when some may wait."""

    def __init__(self, db: Database, base_url: str):
        self._db = db
        self._base_url = base_url
        self.waiting = threading.Event()

    def record(
        self, tx: sqlite3.Connection, new: StoredObject, replaced: StoredObject | None
    ) -> None:
        """Put one message per matching configuration into the running transaction."""
        for config in _configs_of(tx, new.bucket):
            if not new.name.startswith(str(config.get("object_name_prefix", ""))):
                continue
            topic = str(config["topic"]).removeprefix("//pubsub.googleapis.com/")
            attributes = json.dumps(_attributes(new, replaced, config))
            data = json.dumps(new.resource(self._base_url)).encode()
            tx.execute(
                "INSERT INTO outbox (topic, attributes, data) VALUES (?, ?, ?)",
                (topic, attributes, data),
            )

    def committed(self) -> None:
        self.waiting.set()

    def pending(self) -> int:
        with self._db.read() as view:
            return int(view.execute("SELECT count(*) FROM outbox").fetchone()[0])

    def topics(self) -> list[str]:
        with self._db.read() as view:
            return [row[0] for row in view.execute("SELECT DISTINCT topic FROM outbox")]

    def oldest(self, topic: str, limit: int) -> list[OutboxMessage]:
        query = "SELECT id, attributes, data FROM outbox WHERE topic = ? ORDER BY id LIMIT ?"
        with self._db.read() as view:
            rows = view.execute(query, (topic, limit)).fetchall()
        return [OutboxMessage(row[0], json.loads(row[1]), row[2]) for row in rows]

    def taken(self, messages: Sequence[OutboxMessage]) -> None:
        with self._db.write() as tx:
            tx.executemany(
                "DELETE FROM outbox WHERE id = ?", [(message.id,) for message in messages]
            )


def _attributes(new: StoredObject, replaced: StoredObject | None, config: Fields) -> dict[str, str]:
    """Attributes as the real service sends them.

    https://cloud.google.com/storage/docs/pubsub-notifications#attributes
    """
    attributes = {
        "notificationConfig": f"projects/_/buckets/{new.bucket}/notificationConfigs/{config['id']}",
        "eventType": FINALIZED,
        "payloadFormat": PAYLOAD_FORMAT,
        "bucketId": new.bucket,
        "objectId": new.name,
        "objectGeneration": str(new.generation),
        "eventTime": rfc3339(datetime.now(UTC)),
    }
    if replaced:
        attributes["overwroteGeneration"] = str(replaced.generation)
    return attributes


def _configs_of(view: sqlite3.Connection, bucket: str) -> list[Fields]:
    query = "SELECT resource FROM notification_configs WHERE bucket = ? ORDER BY id"
    return [json.loads(row[0]) for row in view.execute(query, (bucket,))]


def _checked(payload: Fields) -> Fields:
    """The configuration to store. Raises StorageApiError 400 or 501 for one that is not offered."""
    topic = TOPIC.fullmatch(str(payload.get("topic", "")))
    if not topic:
        raise invalid("Invalid topic: //pubsub.googleapis.com/projects/P/topics/T is needed.")
    if payload.get("event_types") != [FINALIZED]:
        raise not_implemented(f"A notification of other events than {FINALIZED}")
    if payload.get("payload_format") != PAYLOAD_FORMAT:
        raise not_implemented(f"A notification in another format than {PAYLOAD_FORMAT}")
    if payload.get("custom_attributes"):
        raise not_implemented("A notification with custom_attributes")
    config: Fields = {
        "topic": f"//pubsub.googleapis.com/{topic['path']}",
        "event_types": [FINALIZED],
        "payload_format": PAYLOAD_FORMAT,
    }
    if prefix := payload.get("object_name_prefix"):
        if not isinstance(prefix, str):
            raise invalid("object_name_prefix must be a string.")
        config["object_name_prefix"] = prefix
    return config
