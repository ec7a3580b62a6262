"""Buckets and objects: rows in the catalogue, files on disk, one transaction per change.

An object exists, whole, from the commit that names its file. Its bytes are freed right after the
commit that deletes it. The commit that creates an object also puts its notifications into the
outbox.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import BinaryIO

from local.emulators.gcs.conditions import Conditions
from local.emulators.gcs.content import Content, ContentFiles
from local.emulators.gcs.database import Database, require_bucket
from local.emulators.gcs.errors import StorageApiError, not_found
from local.emulators.gcs.notifications import Outbox
from local.emulators.gcs.resource import Fields, StoredObject, patched, rfc3339, without_nulls

COLUMNS = "bucket, name, generation, metageneration, size, content, fields"
ANY = Conditions()
# A read that loses its file to a concurrent overwrite tries again. So many losses do not happen.
READ_ATTEMPTS = 20

AlsoCommit = Callable[[sqlite3.Connection, StoredObject], None]


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
                tx.execute(
                    "INSERT INTO buckets (name, resource) VALUES (?, ?)",
                    (name, json.dumps(resource)),
                )
        except sqlite3.IntegrityError:
            raise StorageApiError(
                HTTPStatus.CONFLICT,
                "conflict",
                "You already own this bucket. Please select another name.",
            ) from None

    def bucket(self, name: str) -> Fields | None:
        with self._db.read() as view:
            row = view.execute("SELECT resource FROM buckets WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    # Objects

    def get(
        self, bucket: str, name: str, generation: int | None = None, conditions: Conditions = ANY
    ) -> StoredObject:
        """The live object. Raises StorageApiError 404 or 412."""
        with self._db.read() as view:
            stored = require(view, bucket, name, generation)
        conditions.check(stored)
        return stored

    def check(self, bucket: str, name: str, conditions: Conditions) -> None:
        """Raise what `put` would raise now, so that a client does not send bytes for nothing."""
        with self._db.read() as view:
            require_bucket(view, bucket)
            conditions.check(find(view, bucket, name))

    def open(
        self, bucket: str, name: str, generation: int | None = None, conditions: Conditions = ANY
    ) -> tuple[StoredObject, BinaryIO]:
        """The object and its bytes; they stay readable when the object is replaced meanwhile."""
        for _ in range(READ_ATTEMPTS):
            stored = self.get(bucket, name, generation, conditions)
            try:
                return stored, self.files.open(stored.content)
            except FileNotFoundError:
                continue
        raise _content_lost(bucket, name)

    def put(
        self,
        bucket: str,
        name: str,
        content: Content,
        fields: Fields,
        conditions: Conditions = ANY,
        also: AlsoCommit | None = None,
    ) -> StoredObject:
        """Make `content` the object, if the conditions hold at that very moment.

        `also` runs inside the transaction. On any failure the content file is removed.
        """
        try:
            with self._db.write() as tx:
                require_bucket(tx, bucket)
                current = find(tx, bucket, name)
                conditions.check(current)
                new = new_object(tx, bucket, name, content, fields)
                save(tx, new)
                if also:
                    also(tx, new)
                self._outbox.record(tx, new, replaced=current)
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
    ) -> StoredObject:
        """Change metadata; the metageneration grows by one."""
        with self._db.write() as tx:
            current = require(tx, bucket, name, generation)
            conditions.check(current)
            fields = patched(current.fields, change) | {"updated": rfc3339(datetime.now(UTC))}
            new = replace(current, metageneration=current.metageneration + 1, fields=fields)
            save(tx, new)
        return new

    def delete(
        self, bucket: str, name: str, generation: int | None = None, conditions: Conditions = ANY
    ) -> None:
        with self._db.write() as tx:
            current = require(tx, bucket, name, generation)
            conditions.check(current)
            tx.execute("DELETE FROM objects WHERE bucket = ? AND name = ?", (bucket, name))
        self.files.remove(current.content)

    def recover(self) -> tuple[int, list[str]]:
        """Remove orphaned files; returns how many, and the objects whose bytes a power cut took."""
        with self._db.read() as view:
            rows = view.execute("SELECT bucket, name, size, content FROM objects").fetchall()
            open_uploads = view.execute(
                "SELECT content FROM uploads WHERE content NOTNULL"
            ).fetchall()
        removed = self.files.sweep([row[3] for row in rows] + [row[0] for row in open_uploads])
        damaged = [f"{row[0]}/{row[1]}" for row in rows if self.files.size(row[3]) != row[2]]
        return removed, damaged


def find(view: sqlite3.Connection, bucket: str, name: str) -> StoredObject | None:
    query = f"SELECT {COLUMNS} FROM objects WHERE bucket = ? AND name = ?"  # nosec B608 # bound
    row = view.execute(query, (bucket, name)).fetchone()
    return from_row(row) if row else None


def require(
    view: sqlite3.Connection, bucket: str, name: str, generation: int | None
) -> StoredObject:
    """The object, or StorageApiError 404; without versioning an old generation is gone too."""
    stored = find(view, bucket, name)
    if stored is None:
        require_bucket(view, bucket)
        raise not_found(f"No such object: {bucket}/{name}")
    if generation not in (None, stored.generation):
        raise not_found(f"No such object: {bucket}/{name}#{generation}")
    return stored


def from_row(row: tuple[str, str, int, int, int, str, str]) -> StoredObject:
    return StoredObject(*row[:6], json.loads(row[6]))


def save(tx: sqlite3.Connection, new: StoredObject) -> None:
    """Make the object the current one of its name."""
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


def new_object(
    tx: sqlite3.Connection, bucket: str, name: str, content: Content, fields: Fields
) -> StoredObject:
    """The next generation of an object, with the fields that the service sets itself."""
    now = datetime.now(UTC)
    generation = _next_generation(tx, now)
    own: Fields = {
        "storageClass": "STANDARD",
        "contentType": "application/octet-stream",
        "crc32c": content.crc32c,
        "md5Hash": content.md5,
        "timeCreated": rfc3339(now),
        "updated": rfc3339(now),
        "timeStorageClassUpdated": rfc3339(now),
    }
    merged = own | without_nulls(fields)
    return StoredObject(bucket, name, generation, 1, content.size, content.id, merged)


def _next_generation(tx: sqlite3.Connection, now: datetime) -> int:
    """Microseconds since 1970, as in the real service, and always more than any before."""
    microseconds = int(now.timestamp() * 1_000_000)
    row = tx.execute(
        "UPDATE clock SET last_generation = max(last_generation + 1, ?) RETURNING last_generation",
        (microseconds,),
    ).fetchone()
    return int(row[0])


def _content_lost(bucket: str, name: str) -> StorageApiError:
    message = f"The bytes of {bucket}/{name} are missing on disk. Upload the object again."
    return StorageApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "backendError", message)
