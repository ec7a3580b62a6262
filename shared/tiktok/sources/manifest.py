"""A manifest in the bucket as a source: its lines in pages, each a video or a reason."""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from shared.errors import Permanent, Transient
from shared.inputs.tables.container import table_in
from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.notation import Notation
from shared.listings import LONG_AGO
from shared.model import Creator, Malformed, Metrics, Video, canonical_json, parse
from shared.quality import READINGS, flag_on_arrival
from shared.storage.lake import Gone, Lake
from shared.tiktok.collections import Collection
from shared.tiktok.media.addresses import DownloadRefused
from shared.tiktok.sources.fields import page_url
from shared.tiktok.sources.manifest_file import (
    Manifest,
    ManifestEntry,
    ManifestOptions,
    UndatedCounts,
)
from shared.tiktok.sources.manifest_line import VIDEO_FIELDS, Line, creator_fields
from shared.tiktok.sources.source import BadVideo, Position, Reread, SourcePage, SourceVideo

PAGE_SIZE = 100

log = logging.getLogger(__name__)


class NoManifest(Permanent):
    """The collection names a file that is not in the bucket."""

    def __init__(self, sentence: str):
        super().__init__("no_manifest", sentence)


class ManifestSource:
    """Implements VideoSource. A cursor counts lines; `search_id` is the file's generation.

    `check_url` raises DownloadRefused for an address that is never fetched. Reading the same file
    again gives the same videos. A run logs which cells and rows it could not read.
    """

    name = "manifest"
    has_profiles = False
    requests = 0

    def __init__(self, lake: Lake, check_url: Callable[[str], None]):
        self._lake = lake
        self._check_url = check_url

    def pages(
        self, collection: Collection, today: date, position: Position | None = None
    ) -> Iterator[SourcePage]:
        """Reads from `position` on, or from the start when the file was replaced since.

        Raises NoManifest, and BadTable for a file of an unknown format, an ambiguous one, or one
        whose counts have no time.
        """
        name = collection.manifest or ""
        blob = self._lake.stat(name)
        if blob is None:
            raise NoManifest(f"Collection {collection.name}: there is no {name} in the bucket.")
        generation, day = int(blob.generation), blob.updated.date()
        start = position or Position(day, day)
        if start.search_id != str(generation):
            start = Position(start.window, start.end)
        request = {"manifest": name, "generation": str(generation)}
        try:
            with self._lake.open(name, generation) as file:
                end_of_day = datetime.combine(today, time.max, UTC)
                manifest = _manifest(file, collection, blob.updated, end_of_day)
                remaining = (entry for entry in manifest if entry.number > start.cursor)
                yield from _pages(remaining, start, request, blob.updated)
                log.info("manifest read", extra={"manifest": name, **_outcome(manifest)})
        except Gone as error:
            raise Transient(f"{name} was replaced while it was read") from error

    def read(self, item: Any, collection: Collection, at: datetime) -> SourceVideo:
        """One line. Raises BadVideo with its number and what is wrong with it."""
        where = f"line {item['line']}"
        if "problem" in item:
            raise BadVideo(f"{where}: {item['problem']}")
        try:
            line = parse(Line, canonical_json(item["said"]), where)
        except Malformed as error:
            raise BadVideo(error.sentence) from error
        if line.video_id is None:
            raise BadVideo(f"{where}: has no video_id")
        if line.media_url is not None:
            self._refuse(line.media_url, where)
        return read_line(line, line.video_id, collection, datetime.fromisoformat(item["as_of"]), at)

    def again(
        self, collection: Collection, posts: Iterable[tuple[str, datetime]]
    ) -> Iterator[Reread]:
        """Nothing: a manifest has no newer counts."""
        return iter(())

    def user_info(self, username: str) -> bytes:
        raise NotImplementedError("a manifest has no profiles")

    def close(self) -> None:
        pass

    def _refuse(self, url: str, where: str) -> None:
        try:
            self._check_url(url)
        except DownloadRefused as error:
            raise BadVideo(f"{where}, media_url: {error}", error.reason) from error


def _manifest(
    file: BinaryIO, collection: Collection, written_at: datetime, now: datetime
) -> Manifest:
    table = table_in(file, collection.manifest or "")
    try:
        return Manifest(table, written_at, manifest_options(collection), now)
    except UndatedCounts as error:
        raise BadTable(error.for_collection) from error


def manifest_options(collection: Collection) -> ManifestOptions:
    """What a collection states about its manifest."""
    zone = ZoneInfo(collection.timezone) if collection.timezone else None
    return ManifestOptions(
        collection.columns,
        Notation(collection.decimal, collection.dates, zone),
        collection.collected_at,
    )


def _outcome(manifest: Manifest) -> dict[str, Any]:
    """Counts for the log. Examples of cells may name somebody, so they are not in it."""
    losses = manifest.losses
    return {
        "format": manifest.format.title,
        "rows": losses.rows,
        "rows_lost": losses.lost,
        "unreadable_cells": {column: loss.count for column, loss in losses.cells.items()},
    }


def read_line(
    line: Line, video_id: str, collection: Collection, as_of: datetime, now: datetime
) -> SourceVideo:
    """A line as video, metrics and creator, observed when its counts were read."""
    at = line.collected_at or as_of
    metrics = Metrics.model_validate({"collected_at": at} | line.present(*READINGS))
    fields = line.present(*VIDEO_FIELDS)
    video = Video.model_validate(
        {
            "observed_at": at,
            "source": "manifest",
            "creator_id": line.username,
            "collection": collection.name,
            "url": page_url(line.username, video_id),
            "synthetic": collection.synthetic,
            "field_times": dict.fromkeys(line.coarse, LONG_AGO) or None,
        }
        | fields
    )
    return SourceVideo(
        video_id=video_id,
        video=video,
        metrics=flag_on_arrival(metrics, video.created_at, now, line.is_rounded),
        creator=creator_in(line, at),
        media_url=line.media_url,
        is_dated=True,
    )


def creator_in(line: Line, at: datetime) -> Creator | None:
    """The account that a line names, if any."""
    if line.username is None:
        return None
    fields = {"observed_at": at, "creator_id": line.username}
    return Creator.model_validate(fields | creator_fields(line))


def _pages(
    entries: Iterable[ManifestEntry], position: Position, request: dict[str, str], as_of: datetime
) -> Iterator[SourcePage]:
    remaining = iter(entries)
    batch = list(islice(remaining, PAGE_SIZE))
    while batch:
        ahead = list(islice(remaining, PAGE_SIZE))
        generation = request["generation"]
        following = Position(position.window, position.end, batch[-1].number, generation)
        items = tuple(_item(entry, as_of) for entry in batch)
        yield SourcePage(position, following if ahead else None, request, items, body=None)
        position, batch = following, ahead


def _item(entry: ManifestEntry, as_of: datetime) -> dict[str, Any]:
    if entry.line is None:
        return {"line": entry.number, "problem": entry.problem, "text": entry.text}
    fields = entry.line.model_dump(mode="json", exclude_none=True)
    return {"line": entry.number, "said": fields, "as_of": as_of.isoformat()}
