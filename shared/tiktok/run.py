"""One run over one collection: its connections, its progress, and how records leave it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.errors import Permanent
from shared.model import Record, parse_record
from shared.privacy.redaction import Redaction
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake
from shared.storage.layout import metadata_name, snapshot_name
from shared.tiktok.collections import Collection
from shared.tiktok.creators import Creators
from shared.tiktok.media.media import Resolver
from shared.tiktok.sources.source import VideoSource
from shared.tiktok.state import CollectionProgress
from shared.tiktok.tally import Tally


class PublishRecords(Protocol):
    def __call__(self, *records: Record) -> None: ...


@dataclass(frozen=True, slots=True)
class FetchApp:
    """Everything that a run may touch outside its own arguments.

    Each run makes its own source. `timer` is monotonic, in seconds; `parallel` bounds the threads.
    """

    lake: Lake
    tombstones: Tombstones
    publish: PublishRecords
    source: Callable[[Collection], VideoSource]
    resolver: Callable[[Collection], Resolver]
    clock: Callable[[], datetime]
    timer: Callable[[], float]
    parallel: int
    deadline_s: float


class CollectionRun:
    """State that the steps of one run share. `ends_at` is a time of the app's timer."""

    def __init__(
        self, collection: Collection, app: FetchApp, pool: ThreadPoolExecutor, ends_at: float
    ):
        self.collection = collection
        self.app = app
        self.lake = app.lake
        self.pool = pool
        self.source = app.source(collection)
        self.creators = Creators(
            app.lake,
            self.source,
            collection.profiles,
            app.clock,
            redact=Redaction(app.tombstones).content,
        )
        self.progress = CollectionProgress(app.lake, collection)
        self.tally = Tally()
        self._ends_at = ends_at

    def is_over(self) -> bool:
        return self.app.timer() >= self._ends_at

    def publish_outbox(self) -> None:
        """Create each record's object, once, and publish what the lake holds then."""
        due = []
        for record in self.progress.outbox:
            redacted = self.app.tombstones.redact(record)
            if redacted is None:
                self.progress.forget(record.video_id)
            else:
                due.append(redacted)
        if due:
            self.app.publish(*self.pool.map(self._write_once, due))
        self.progress.outbox = ()

    def listing_of(self, video_id: str) -> Record | None:
        """The record that listed a video; None when it is missing or unreadable."""
        stored = self.lake.read(metadata_name(video_id))
        with suppress(Permanent):
            return None if stored is None else parse_record(stored)
        return None

    def _write_once(self, record: Record) -> Record:
        name = _name_of(record)
        if self.lake.write_once(name, record.to_json()):
            return record
        stored = self.lake.read(name)
        try:
            return record if stored is None else parse_record(stored)
        except Permanent as error:
            self.lake.keep_failed(
                "fetch",
                name,
                error.reason,
                error.sentence,
                self.app.clock(),
                collection=self.collection.name,
            )
            return record


def _name_of(record: Record) -> str:
    """The record's object: by video for a listing, by video and time for a later reading."""
    if record.video is None and record.metrics is not None:
        return snapshot_name(record.video_id, record.metrics.collected_at)
    return metadata_name(record.video_id)
