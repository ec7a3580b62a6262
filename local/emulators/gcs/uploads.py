"""Resumable uploads: bytes are appended as they come, and become an object when all have come.

A session survives a restart: its request is a row and its bytes are a file. A client may ask how
far it got and continue. If an answer was lost, the same request returns the finished object.
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

from local.data_errors import is_full
from local.emulators.gcs.conditions import Conditions
from local.emulators.gcs.content import Content, ContentFiles, ContentWriter
from local.emulators.gcs.database import Database
from local.emulators.gcs.errors import StorageApiError, invalid, not_found
from local.emulators.gcs.resource import Fields, StoredObject
from local.emulators.gcs.store import Store

# The real service forgets a session after a week.
SESSION_LIFE_S = 7 * 24 * 3600
BUSY_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """What the client sent when it opened the session; stored until the upload ends."""

    bucket: str
    name: str
    fields: Fields
    conditions: Conditions
    crc32c: str | None = None
    md5: str | None = None


class ResumableUpload:
    """One session while a request works on it. `result` is the finished object's resource."""

    def __init__(self, upload_id: str, request: UploadRequest, writer: ContentWriter | None):
        self.id = upload_id
        self.request = request
        self.writer = writer
        self.result: Fields | None = None
        self.lock = threading.Lock()

    @property
    def received(self) -> int:
        return self.writer.size if self.writer else 0

    def append(self, start: int, blocks: Iterable[bytes]) -> None:
        """Append from byte `start`, without the bytes that came before. Raises 400 for a gap."""
        assert self.writer is not None
        if start > self.received:
            raise invalid(
                f"The upload offset is {start} byte(s), which exceeds "
                f"already uploaded size of {self.received} byte(s)."
            )
        self.writer.append(_skip(self.received - start, blocks))


class Uploads:
    """All sessions. Those used since the start are in memory, with their running checksums."""

    def __init__(self, db: Database, files: ContentFiles, store: Store):
        self._db = db
        self._files = files
        self._store = store
        self._in_memory: dict[str, ResumableUpload] = {}
        self._lock = threading.Lock()

    def begin(self, request: UploadRequest) -> str:
        """Open a session. Raises 404 or 412 at once when it could not be finished now."""
        self._store.check(request.bucket, request.name, request.conditions)
        upload_id = secrets.token_urlsafe(32)
        writer = self._files.create()
        row = (upload_id, request.bucket, request.name, writer.id, _to_json(request), time.time())
        with self._db.write() as tx:
            tx.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?, NULL)", row)
        with self._lock:
            self._in_memory[upload_id] = ResumableUpload(upload_id, request, writer)
        return upload_id

    @contextmanager
    def use(self, upload_id: str) -> Iterator[ResumableUpload]:
        """The session, for this thread alone. Raises 404 when it does not exist or has ended."""
        upload = self._in_memory.get(upload_id) or self._load(upload_id)
        if upload.writer:
            with self._lock:
                upload = self._in_memory.setdefault(upload_id, upload)
        if not upload.lock.acquire(timeout=BUSY_TIMEOUT_S):
            message = "Another request is working on this upload."
            raise StorageApiError(HTTPStatus.SERVICE_UNAVAILABLE, "backendError", message)
        try:
            if upload.writer is None and upload.result is None:
                raise _no_such_upload()
            yield upload
        except OSError as error:
            if is_full(error) and upload.writer:
                upload.writer.discard()  # first, because the catalogue needs room for its change
                self.cancel(upload)
            raise
        finally:
            upload.lock.release()

    def finish(self, upload: ResumableUpload, content: Content, base_url: str) -> Fields:
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
        except StorageApiError:
            self.cancel(upload)
            raise
        upload.writer = None
        upload.result = result
        with self._lock:
            self._in_memory.pop(upload.id, None)
        return result

    def cancel(self, upload: ResumableUpload) -> None:
        """End the session and free its bytes. The caller must be inside `use`."""
        with self._db.write() as tx:
            tx.execute("DELETE FROM uploads WHERE id = ?", (upload.id,))
        if upload.writer:
            upload.writer.discard()
            upload.writer = None
        with self._lock:
            self._in_memory.pop(upload.id, None)

    def expire(self) -> None:
        """Forget sessions older than a week; the sweep at the start frees their bytes."""
        with self._db.write() as tx:
            tx.execute("DELETE FROM uploads WHERE started_at < ?", (time.time() - SESSION_LIFE_S,))

    def _load(self, upload_id: str) -> ResumableUpload:
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
        upload = ResumableUpload(upload_id, _from_json(row[0]), writer)
        upload.result = json.loads(row[2]) if row[2] else None
        return upload


def _skip(count: int, blocks: Iterable[bytes]) -> Iterator[bytes]:
    for block in blocks:
        if count < len(block):
            yield block[count:]
        count = max(0, count - len(block))


def _to_json(request: UploadRequest) -> str:
    return json.dumps(dataclasses.asdict(request))


def _from_json(text: str) -> UploadRequest:
    values = json.loads(text)
    # An older version stored more conditions, all of them None.
    sent = values["conditions"]
    conditions = Conditions(sent["generation_match"], sent["metageneration_match"])
    return UploadRequest(**{**values, "conditions": conditions})


def _no_such_upload() -> StorageApiError:
    return not_found("The upload session does not exist.")
