"""One run over one collection: its connections, its progress, and how records leave it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.errors import Permanent
from shared.listings import completed, has_other_creator, is_better
from shared.model import Metrics, Record, parse_record
from shared.privacy.redaction import Redaction
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake, Superseded
from shared.storage.layout import metadata_name, retention_name, snapshot_name
from shared.tiktok.ages import Ages
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
            timedelta(days=collection.profiles_every_days) if collection.profiles else None,
            app.clock,
            redact=Redaction(app.tombstones).content,
        )
        self.progress = CollectionProgress(app.lake, collection)
        self.ages: Ages | None = None
        self.tally = Tally()
        self._ends_at = ends_at

    def is_over(self) -> bool:
        return self.app.timer() >= self._ends_at

    def publish_outbox(self) -> None:
        """Store each record, and publish what the lake holds then. A second call adds nothing."""
        due = []
        for record in self.progress.outbox:
            redacted = self.app.tombstones.redact(record)
            if redacted is None:
                self.progress.forget(record.video_id)
            else:
                due.append(redacted)
        if due:
            self.app.publish(*self.pool.map(self._store, due))
        self.progress.outbox = ()

    def listing_of(self, video_id: str) -> Record | None:
        """The record that listed a video; None when it is missing or unreadable."""
        stored = self.lake.read(metadata_name(video_id))
        with suppress(Permanent):
            return None if stored is None else parse_record(stored)
        return None

    def _store(self, record: Record) -> Record:
        """Create the record's object. A listing that is there already is completed."""
        name = _name_of(record)
        if self.lake.write_once(name, record.to_json()):
            return record
        try:
            while True:
                content, generation = self.lake.read_with_generation(name)
                stored = record if content is None else parse_record(content)
                # Asked again, because the lake may have changed since the page was read.
                if record.video is None or not is_better(stored, record):
                    return _without_counts(stored) if record.metrics is None else stored
                better = completed(stored, record)
                if has_other_creator(stored, better):
                    self._keep(stored)
                with suppress(Superseded):  # by another command: complete what it wrote
                    self.lake.replace(name, better.to_json(), generation)
                    return _without_counts(better) if record.metrics is None else better
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

    def _keep(self, listing: Record) -> None:
        """Keep a listing that names another creator than the better one.

        Otherwise a rebuild would not know the creator, whom the tables have.
        """
        section = listing.metrics or listing.video
        assert section is not None
        at = section.collected_at if isinstance(section, Metrics) else section.observed_at
        self.lake.write_once(snapshot_name(listing.video_id, at), listing.to_json())


def _without_counts(record: Record) -> Record:
    """A completed listing as it is published. Its counts are in the tables already."""
    return record.model_copy(update={"metrics": None})


def _name_of(record: Record) -> str:
    """The record's object: by video for a listing, by video and time for a reading."""
    if record.retention is not None:
        return retention_name(record.video_id, record.retention.collected_at)
    if record.video is None and record.metrics is not None:
        return snapshot_name(record.video_id, record.metrics.collected_at)
    return metadata_name(record.video_id)
