"""The catalogue in SQLite: one writer at a time, many readers, and a commit survives kill -9.

WAL with `synchronous=NORMAL`: the operating system has each commit, so the death of the process
loses nothing. A power cut may lose the last commits, but never half a commit.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.data_errors import RESTORED, check_sqlite, usable
from local.emulators.gcs.errors import no_such_bucket
from local.vacuum import rewrite_sqlite

SCHEMA = """
CREATE TABLE IF NOT EXISTS clock (last_generation INTEGER NOT NULL);
INSERT INTO clock SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM clock);
CREATE TABLE IF NOT EXISTS buckets (
  name TEXT PRIMARY KEY,
  resource TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
  bucket TEXT NOT NULL,
  name TEXT NOT NULL,
  generation INTEGER NOT NULL,
  metageneration INTEGER NOT NULL,
  size INTEGER NOT NULL,
  content TEXT NOT NULL,
  fields TEXT NOT NULL,
  PRIMARY KEY (bucket, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (
  id TEXT PRIMARY KEY,
  bucket TEXT NOT NULL,
  name TEXT NOT NULL,
  content TEXT,
  request TEXT NOT NULL,
  started_at REAL NOT NULL,
  result TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS uploads_by_age ON uploads (started_at);
CREATE TABLE IF NOT EXISTS notification_configs (
  bucket TEXT NOT NULL,
  id INTEGER NOT NULL,
  resource TEXT NOT NULL,
  PRIMARY KEY (bucket, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  topic TEXT NOT NULL,
  attributes TEXT NOT NULL,
  data BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS outbox_by_topic ON outbox (topic, id);
"""
BUSY_TIMEOUT_S = 30.0
SPARE_READERS = 16


class Database:
    """Access to the catalogue file. Threads may share one instance.

    Raises UnusableData for a damaged file and a full disk.
    """

    def __init__(self, path: Path):
        self._path = path
        self._write_lock = threading.Lock()
        self._readers: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue(SPARE_READERS)
        check_sqlite(path, RESTORED)
        with usable(path, RESTORED):
            self._writer = self._connect()
            self._writer.execute("PRAGMA journal_mode=WAL")
            self._writer.executescript(SCHEMA)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: commits at the end, rolls back if anything is raised inside."""
        with self._write_lock:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the last commit, whatever writers do meanwhile."""
        try:
            connection = self._readers.get_nowait()
        except queue.Empty:
            connection = self._connect()
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("COMMIT")
            try:
                self._readers.put_nowait(connection)
            except queue.Full:
                connection.close()

    def rewrite(self) -> None:
        """Rewrite the file, so that no free page holds what was deleted.

        It deletes the sessions of finished uploads too: they hold the names of their objects.
        """
        with self._write_lock:
            while not self._readers.empty():
                self._readers.get_nowait().close()
            self._writer.execute("DELETE FROM uploads WHERE result IS NOT NULL")
            rewrite_sqlite(self._writer)

    def close(self) -> None:
        """Wait for the running transaction, then fold the log into the file."""
        with self._write_lock:
            while not self._readers.empty():
                self._readers.get_nowait().close()
            self._writer.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_S
        )
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA secure_delete=ON")
        return connection


def require_bucket(view: sqlite3.Connection, bucket: str) -> None:
    """Raise StorageApiError 404 unless the bucket exists."""
    if not view.execute("SELECT 1 FROM buckets WHERE name = ?", (bucket,)).fetchone():
        raise no_such_bucket()
