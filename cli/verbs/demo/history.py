"""Gives the demo a past: ratings and readings that the pipeline cannot make within seconds."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath

from cli.console import Screen
from cli.files import write
from cli.tombstone_key import tombstones_of
from local.endpoints import Endpoints
from local.home import Home, private_files
from local.sandbox.library import Library, LibraryMissing
from local.sandbox.studio_file import STUDIO_FILE, studio_table
from shared.concurrency import in_order
from shared.insights.report.planted import PlantedEffect
from shared.messaging.publisher import RecordPublisher
from shared.model import Record
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake
from shared.storage.layout import PLANTED, VIDEOS


def add_history(endpoints: Endpoints, screen: Screen) -> dict[str, int]:
    """Store and publish the past of the library's videos; counts of its ratings and readings.

    A file of curves beside the library is for `tta moment`: the library's clips are too short.
    The records go the way of all others: to the lake first, then through the topic to `load`. A
    second call writes nothing, and publishes the same records again, which changes no row. What
    was erased gets no past.
    """
    home = Home.at(Path(endpoints.home))
    try:
        library = Library.load(home.library)
    except LibraryMissing:
        return {"ratings": 0, "readings": 0}
    with private_files():
        write(home.root / STUDIO_FILE, studio_table(library))
    lake = Lake.connect(endpoints.project, endpoints.bucket)
    screen.now("Adding earlier ratings and counts …")
    lake.put(PLANTED, _planted(library).model_dump_json().encode(), content_type="application/json")
    past = list(store_history(lake, library, tombstones_of(endpoints, lake)))
    RecordPublisher(endpoints.project, endpoints.records_topic).publish(*past)
    return {
        "ratings": sum(record.rating is not None for record in past),
        "readings": sum(record.metrics is not None for record in past),
    }


def store_history(lake: Lake, library: Library, tombstones: Tombstones) -> Iterator[Record]:
    """Store the records of the past, and yield each when it is stored."""
    from local.sandbox.history import records

    past = filter(None, map(tombstones.redact, records(library, _generations(lake))))
    yield from in_order(lambda record: _store(lake, record), past)


def _planted(library: Library) -> PlantedEffect:
    ratio = library.truth()["effects"]["views_ratio_per_10_points"]
    return PlantedEffect(predictor="unexpectedness", outcome="views", step=10.0, ratio=ratio)


def _generations(lake: Lake) -> dict[str, str]:
    """The generation of each stored file, by video id."""
    entries = lake.entries(VIDEOS)
    return {PurePosixPath(entry.name).stem: str(entry.generation) for entry in entries}


def _store(lake: Lake, record: Record) -> Record:
    """Store the record as `tta ingest` does, so that a rebuild finds it."""
    content = record.to_json()
    key = hashlib.sha256(content).hexdigest()[:16]
    at = record.metrics.collected_at if record.metrics else _rated_at(record)
    lake.write_once(f"raw/upload/{at:%Y-%m-%d}/{record.video_id}-{key}.json", content)
    return record


def _rated_at(record: Record) -> datetime:
    assert record.rating is not None  # a record of the past has a rating or a reading
    return record.rating.rated_at
