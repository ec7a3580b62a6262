"""Buckets and objects: rows in the catalogue, files on disk, one transaction per change.

An object exists from the commit that names its file, whole, and its bytes are freed right after
the commit that forgets it. Notifications are put into the outbox by that same commit.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import BinaryIO

from local.emulators.gcs.conditions import Conditions
from local.emulators.gcs.content import Content, ContentFiles
from local.emulators.gcs.database import Database
from local.emulators.gcs.errors import ApiError, no_such_bucket, no_such_object
from local.emulators.gcs.notifications import ObjectEvent, Outbox
from local.emulators.gcs.resource import Fields, StoredObject, patched, rfc3339, without_nulls

COLUMNS = "bucket, name, generation, metageneration, size, content, fields"
ANY = Conditions()
# A read that loses its file to a concurrent overwrite looks again; this often is never reached.
READ_ATTEMPTS = 20

Also = Callable[[sqlite3.Connection, StoredObject], None]


class Store:
    """All objects. Every method is safe to call from several threads."""

    def __init__(self, db: Database, files: ContentFiles, outbox: Outbox):
        self._db = db
        self._outbox = outbox
        self.files = files

    # Buckets

    def create_bucket(self, name: str, resource: Fields) -> None:
        try:
            with self._db.write() as tx:
                tx.execute("INSERT INTO buckets VALUES (?, ?, NULL)", (name, json.dumps(resource)))
        except sqlite3.IntegrityError:
            raise ApiError(
                HTTPStatus.CONFLICT,
                "conflict",
                "You already own this bucket. Please select another name.",
            ) from None

    def bucket(self, name: str) -> Fields | None:
        with self._db.read() as view:
            row = view.execute("SELECT resource FROM buckets WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def buckets(self) -> list[Fields]:
        with self._db.read() as view:
            rows = view.execute("SELECT resource FROM buckets ORDER BY name").fetchall()
        return [json.loads(row[0]) for row in rows]

    def change_bucket(self, name: str, change: Callable[[Fields], Fields]) -> Fields:
        """Replace a bucket's resource by `change(resource)`, atomically."""
        with self._db.write() as tx:
            row = tx.execute("SELECT resource FROM buckets WHERE name = ?", (name,)).fetchone()
            if row is None:
                raise no_such_bucket()
            resource = change(json.loads(row[0]))
            tx.execute(
                "UPDATE buckets SET resource = ? WHERE name = ?", (json.dumps(resource), name)
            )
        return resource

    def delete_bucket(self, name: str, check: Callable[[Fields], None]) -> None:
        """Delete an empty bucket with its configurations and unfinished uploads."""
        with self._db.write() as tx:
            row = tx.execute("SELECT resource FROM buckets WHERE name = ?", (name,)).fetchone()
            if row is None:
                raise no_such_bucket()
            check(json.loads(row[0]))
            if tx.execute("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1", (name,)).fetchone():
                raise ApiError(
                    HTTPStatus.CONFLICT, "conflict", "The bucket you tried to delete is not empty."
                )
            unfinished = tx.execute(
                "SELECT content FROM uploads WHERE bucket = ? AND content IS NOT NULL", (name,)
            ).fetchall()
            tx.execute("DELETE FROM uploads WHERE bucket = ?", (name,))
            tx.execute("DELETE FROM notification_configs WHERE bucket = ?", (name,))
            tx.execute("DELETE FROM buckets WHERE name = ?", (name,))
        for (content,) in unfinished:
            self.files.remove(content)

    def iam_policy(self, name: str) -> Fields | None:
        with self._db.read() as view:
            row = view.execute("SELECT iam FROM buckets WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row and row[0] else None

    def set_iam_policy(self, name: str, policy: Fields) -> None:
        with self._db.write() as tx:
            tx.execute("UPDATE buckets SET iam = ? WHERE name = ?", (json.dumps(policy), name))

    # Objects

    def get(
        self, bucket: str, name: str, generation: int | None = None, conditions: Conditions = ANY
    ) -> StoredObject:
        """The live object. Raises ApiError 404 or 412, or NotModified."""
        with self._db.read() as view:
            found = require(view, bucket, name, generation)
        conditions.check_read(found)
        return found

    def check(self, bucket: str, name: str, conditions: Conditions) -> None:
        """Raise now what `put` would raise now, so that no one sends bytes in vain."""
        with self._db.read() as view:
            _require_bucket(view, bucket)
            conditions.check_write(find(view, bucket, name))

    def open(
        self, bucket: str, name: str, generation: int | None = None, conditions: Conditions = ANY
    ) -> tuple[StoredObject, BinaryIO]:
        """The object and its bytes; they stay readable when the object is replaced meanwhile."""
        for found in self._attempts(bucket, name, generation, conditions):
            try:
                return found, self.files.open(found.content)
            except FileNotFoundError:
                continue
        raise _content_lost(bucket, name)

    def link(
        self, bucket: str, name: str, generation: int | None, conditions: Conditions
    ) -> tuple[StoredObject, Content]:
        """The object and a second name for its bytes, for a copy."""
        for found in self._attempts(bucket, name, generation, conditions):
            try:
                twin = self.files.link(found.content)
            except FileNotFoundError:
                continue
            return found, _content_of(found, twin)
        raise _content_lost(bucket, name)

    def put(
        self,
        bucket: str,
        name: str,
        content: Content,
        fields: Fields,
        conditions: Conditions = ANY,
        also: Also | None = None,
    ) -> StoredObject:
        """Make `content` the object, if the conditions hold at that very moment.

        `also` runs inside the transaction. On any failure the content file is removed.
        """
        try:
            with self._db.write() as tx:
                _require_bucket(tx, bucket)
                current = find(tx, bucket, name)
                conditions.check_write(current)
                new = _new_object(tx, bucket, name, content, fields)
                _save(tx, new)
                if also:
                    also(tx, new)
                self._outbox.record(tx, ObjectEvent.created(new, current))
                if current:
                    self._outbox.record(tx, ObjectEvent.deleted(current, new))
        except BaseException:
            self.files.remove(content.id)
            raise
        self._outbox.committed()
        if current:
            self.files.remove(current.content)
        return new

    def patch(
        self,
        bucket: str,
        name: str,
        generation: int | None,
        conditions: Conditions,
        change: Fields,
        replace: bool = False,
    ) -> StoredObject:
        """Change metadata; the metageneration grows by one. `replace` is the API's update (PUT)."""
        with self._db.write() as tx:
            current = require(tx, bucket, name, generation)
            conditions.check_write(current)
            kept = _own_fields(current) if replace else current.fields
            fields = patched(kept, change) | {"updated": rfc3339(datetime.now(UTC))}
            new = StoredObject(
                bucket,
                name,
                current.generation,
                current.metageneration + 1,
                current.size,
                current.content,
                fields,
            )
            _save(tx, new)
            self._outbox.record(tx, ObjectEvent.updated(new))
        self._outbox.committed()
        return new

    def delete(
        self, bucket: str, name: str, generation: int | None = None, conditions: Conditions = ANY
    ) -> None:
        with self._db.write() as tx:
            current = require(tx, bucket, name, generation)
            conditions.check_write(current)
            self.forget(tx, current)
        self._outbox.committed()
        self.files.remove(current.content)

    def forget(self, tx: sqlite3.Connection, current: StoredObject) -> None:
        """The part of a deletion that belongs into a transaction."""
        tx.execute(
            "DELETE FROM objects WHERE bucket = ? AND name = ?", (current.bucket, current.name)
        )
        self._outbox.record(tx, ObjectEvent.deleted(current, None))

    def forget_generation(self, tx: sqlite3.Connection, source: StoredObject) -> None:
        """As `forget`, or 404 when the object is another one by now."""
        self.forget(tx, require(tx, source.bucket, source.name, source.generation))

    def recover(self) -> tuple[int, list[str]]:
        """Remove orphaned files; returns how many, and the objects whose bytes a power cut took."""
        with self._db.read() as view:
            rows = view.execute("SELECT bucket, name, size, content FROM objects").fetchall()
            begun = view.execute("SELECT content FROM uploads WHERE content IS NOT NULL").fetchall()
        removed = self.files.sweep([row[3] for row in rows] + [row[0] for row in begun])
        damaged = [f"{row[0]}/{row[1]}" for row in rows if self.files.size(row[3]) != row[2]]
        return removed, damaged

    def _attempts(
        self, bucket: str, name: str, generation: int | None, conditions: Conditions
    ) -> Iterator[StoredObject]:
        for _ in range(READ_ATTEMPTS):
            yield self.get(bucket, name, generation, conditions)


def find(view: sqlite3.Connection, bucket: str, name: str) -> StoredObject | None:
    query = f"SELECT {COLUMNS} FROM objects WHERE bucket = ? AND name = ?"  # nosec B608 # bound
    row = view.execute(query, (bucket, name)).fetchone()
    return from_row(row) if row else None


def require(
    view: sqlite3.Connection, bucket: str, name: str, generation: int | None
) -> StoredObject:
    """The object, or ApiError 404; without versioning an old generation is gone too."""
    found = find(view, bucket, name)
    if found is None:
        _require_bucket(view, bucket)
        raise no_such_object(bucket, name)
    if generation not in (None, found.generation):
        raise no_such_object(bucket, f"{name}#{generation}")
    return found


def from_row(row: tuple[str, str, int, int, int, str, str]) -> StoredObject:
    return StoredObject(*row[:6], json.loads(row[6]))


def _require_bucket(view: sqlite3.Connection, bucket: str) -> None:
    if not view.execute("SELECT 1 FROM buckets WHERE name = ?", (bucket,)).fetchone():
        raise no_such_bucket()


def _save(tx: sqlite3.Connection, new: StoredObject) -> None:
    values = (
        new.bucket,
        new.name,
        new.generation,
        new.metageneration,
        new.size,
        new.content,
        json.dumps(new.fields),
    )
    tx.execute(f"INSERT OR REPLACE INTO objects ({COLUMNS}) VALUES (?,?,?,?,?,?,?)", values)


def _new_object(
    tx: sqlite3.Connection, bucket: str, name: str, content: Content, fields: Fields
) -> StoredObject:
    now = datetime.now(UTC)
    generation = _next_generation(tx, now)
    own: Fields = {
        "storageClass": "STANDARD",
        "contentType": "application/octet-stream",
        "crc32c": content.crc32c,
        "timeCreated": rfc3339(now),
        "updated": rfc3339(now),
        "timeStorageClassUpdated": rfc3339(now),
    }
    if content.md5:
        own["md5Hash"] = content.md5
    if content.components:
        own["componentCount"] = content.components
    merged = own | without_nulls(fields)
    return StoredObject(bucket, name, generation, 1, content.size, content.id, merged)


def _next_generation(tx: sqlite3.Connection, now: datetime) -> int:
    """Microseconds since 1970, as in the real service, and always more than any before."""
    wanted = int(now.timestamp() * 1_000_000)
    row = tx.execute(
        "UPDATE clock SET last_generation = max(last_generation + 1, ?) RETURNING last_generation",
        (wanted,),
    ).fetchone()
    return int(row[0])


def _own_fields(current: StoredObject) -> Fields:
    kept = ("storageClass", "crc32c", "md5Hash", "componentCount", "timeCreated")
    times = ("timeStorageClassUpdated",)
    return {key: current.fields[key] for key in kept + times if key in current.fields}


def _content_of(found: StoredObject, content_id: str) -> Content:
    fields = found.fields
    return Content(
        content_id,
        found.size,
        str(fields["crc32c"]),
        fields.get("md5Hash"),  # type: ignore[arg-type]
        fields.get("componentCount"),  # type: ignore[arg-type]
    )


def _content_lost(bucket: str, name: str) -> ApiError:
    message = f"The bytes of {bucket}/{name} are missing on disk. Upload the object again."
    return ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "backendError", message)
