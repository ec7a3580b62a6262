"""Resumable uploads: bytes are appended as they come, and become an object when all are there.

A session survives a restart: its request is a row and its bytes are a file, so a client may ask
how far it got and go on. After an answer got lost, asking again returns the finished object.
"""

from __future__ import annotations

import dataclasses
import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from local.emulators.gcs.conditions import Conditions
from local.emulators.gcs.content import Content, ContentFiles, ContentWriter
from local.emulators.gcs.database import Database
from local.emulators.gcs.errors import ApiError, invalid
from local.emulators.gcs.resource import Fields, StoredObject
from local.emulators.gcs.store import Store

# The real service forgets a session after a week.
SESSION_LIFE_S = 7 * 24 * 3600
BUSY_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Request:
    """What the client asked for when it began; kept until the bytes have come."""

    bucket: str
    name: str
    fields: Fields
    conditions: Conditions
    crc32c: str | None = None
    md5: str | None = None


class Upload:
    """One session while a request works on it. `result` is the finished object's resource."""

    def __init__(self, upload_id: str, request: Request, writer: ContentWriter | None):
        self.id = upload_id
        self.request = request
        self.writer = writer
        self.result: Fields | None = None
        self.lock = threading.Lock()

    @property
    def received(self) -> int:
        return self.writer.size if self.writer else 0

    def append(self, start: int, blocks: Iterable[bytes]) -> None:
        """Append from byte `start` on, skipping what is here already. Raises 400 for a gap."""
        assert self.writer is not None
        if start > self.received:
            raise invalid(
                f"The upload offset is {start} byte(s), which exceeds "
                f"already uploaded size of {self.received} byte(s)."
            )
        try:
            self.writer.append(_skip(self.received - start, blocks))
        except FileNotFoundError:  # its bucket was deleted meanwhile
            raise _no_such_upload() from None


class Uploads:
    """All sessions; those used since the start are kept in memory with their running checksums."""

    def __init__(self, db: Database, files: ContentFiles, store: Store):
        self._db = db
        self._files = files
        self._store = store
        self._used: dict[str, Upload] = {}
        self._lock = threading.Lock()

    def begin(self, request: Request) -> str:
        """Open a session. Raises 404 or 412 at once when it could not be finished now."""
        self._store.check(request.bucket, request.name, request.conditions)
        upload_id = secrets.token_urlsafe(32)
        writer = self._files.create()
        row = (upload_id, request.bucket, request.name, writer.id, _to_json(request), time.time())
        with self._db.write() as tx:
            tx.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?, NULL)", row)
        with self._lock:
            self._used[upload_id] = Upload(upload_id, request, writer)
        return upload_id

    @contextmanager
    def use(self, upload_id: str) -> Iterator[Upload]:
        """The session, for this thread alone. Raises 404 when there is none (any more)."""
        upload = self._used.get(upload_id) or self._load(upload_id)
        if upload.writer:
            with self._lock:
                upload = self._used.setdefault(upload_id, upload)
        if not upload.lock.acquire(timeout=BUSY_TIMEOUT_S):
            message = "Another request is working on this upload."
            raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, "backendError", message)
        try:
            if upload.writer is None and upload.result is None:
                raise _no_such_upload()
            yield upload
        finally:
            upload.lock.release()

    def finish(self, upload: Upload, content: Content, base_url: str) -> Fields:
        """Make the object; the session keeps only the answer. A refusal ends the session."""
        result: Fields = {}

        def close(tx: sqlite3.Connection, new: StoredObject) -> None:
            result.update(new.resource(base_url))
            tx.execute(
                "UPDATE uploads SET content = NULL, result = ? WHERE id = ?",
                (json.dumps(result), upload.id),
            )

        request = upload.request
        try:
            self._store.put(
                request.bucket, request.name, content, request.fields, request.conditions, close
            )
        except ApiError:
            self.cancel(upload)
            raise
        upload.writer = None
        upload.result = result
        with self._lock:
            self._used.pop(upload.id, None)
        return result

    def cancel(self, upload: Upload) -> None:
        """End the session and free its bytes. The caller holds it by `use`."""
        with self._db.write() as tx:
            tx.execute("DELETE FROM uploads WHERE id = ?", (upload.id,))
        if upload.writer:
            upload.writer.discard()
            upload.writer = None
        with self._lock:
            self._used.pop(upload.id, None)

    def expire(self) -> None:
        """Forget sessions older than a week; the sweep at the start frees their bytes."""
        with self._db.write() as tx:
            tx.execute("DELETE FROM uploads WHERE started_at < ?", (time.time() - SESSION_LIFE_S,))

    def _load(self, upload_id: str) -> Upload:
        with self._db.read() as view:
            row = view.execute(
                "SELECT request, content, result FROM uploads WHERE id = ?", (upload_id,)
            ).fetchone()
        if row is None:
            raise _no_such_upload()
        try:
            writer = self._files.resume(row[1]) if row[1] else None
        except FileNotFoundError:
            raise _no_such_upload() from None
        upload = Upload(upload_id, _from_json(row[0]), writer)
        upload.result = json.loads(row[2]) if row[2] else None
        return upload


def _skip(count: int, blocks: Iterable[bytes]) -> Iterator[bytes]:
    for block in blocks:
        if count < len(block):
            yield block[count:]
        count = max(0, count - len(block))


def _to_json(request: Request) -> str:
    return json.dumps(dataclasses.asdict(request))


def _from_json(text: str) -> Request:
    values = json.loads(text)
    return Request(**{**values, "conditions": Conditions(**values["conditions"])})


def _no_such_upload() -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, "notFound", "The upload session does not exist.")
