"""All that the local Cloud Storage keeps in one data directory, as the handlers see it."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

from local import vacuum
from local.emulators.gcs.content import ContentFiles
from local.emulators.gcs.database import Database
from local.emulators.gcs.listing import ListRequest, ObjectPage, list_names, list_page
from local.emulators.gcs.notifications import NotificationConfigs, Outbox
from local.emulators.gcs.store import Store
from local.emulators.gcs.uploads import Uploads
from local.stored import CATALOGUE

log = logging.getLogger(__name__)


class StorageBackend:
    """The catalogue, the content files, the open uploads and the outbox."""

    def __init__(self, data: Path, base_url: str):
        self.base_url = base_url
        self.folder = data
        self.database = Database(data / CATALOGUE)
        self.outbox = Outbox(self.database, base_url)
        self.notifications = NotificationConfigs(self.database)
        self.store = Store(self.database, ContentFiles(data / "content"), self.outbox)
        self.uploads = Uploads(self.database, self.store.files, self.store)

    def recover(self) -> None:
        """Clean up after an earlier run."""
        self.uploads.expire()
        removed, damaged = self.store.recover()
        if removed:
            log.info("removed %d orphaned files", removed)
        for name in damaged:
            log.error("the bytes of %s are missing or cut short: upload it again", name)

    def list_objects(self, bucket: str, request: ListRequest) -> ObjectPage:
        with self.database.read() as view:
            return list_page(view, bucket, request)

    def list_names(self, bucket: str, request: ListRequest) -> tuple[list[str], str | None]:
        with self.database.read() as view:
            return list_names(view, bucket, request)

    def rewrite_if_requested(self) -> None:
        """Rewrite the catalogue after an erasure, so that no free page holds a deleted name."""
        if not vacuum.is_requested(self.folder):
            return
        try:
            self.database.rewrite()
        except sqlite3.OperationalError:
            log.info("the catalogue is in use; it is rewritten in a moment")
            return
        vacuum.finish(self.folder)
