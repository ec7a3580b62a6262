"""Stores a person's files and their metadata in the lake, where the pipeline finds them."""

import hashlib
import shutil
from datetime import datetime
from typing import Any, Literal

from cli.uploads import VideoFile
from shared.model import Creator, Metrics, Record, Video, parse_record
from shared.privacy.tombstones import Tombstones
from shared.quality import flag_on_arrival
from shared.storage.lake import STREAM_CHUNK_BYTES, Lake, Superseded
from shared.storage.layout import metadata_name, video_name
from shared.tiktok.sources.manifest_line import COUNTS, VIDEO_FIELDS, Line, creator_fields

StoreOutcome = Literal["stored", "already_there", "other_content"]


class Erased(Exception):
    """The video, or its creator, was erased."""


class Ingestion:
    """Writes to one lake. `now` is the time of first observations."""

    def __init__(self, lake: Lake, now: datetime, tombstones: Tombstones):
        self._lake = lake
        self._now = now
        self._tombstones = tombstones

    def describe(self, video_id: str, line: Line | None) -> Record:
        """Merge a line of metadata into the stored record, and return the record to publish.

        Fields that the line does not have keep their values. The same line again changes nothing.
        `raw/upload/` keeps every record, because `metadata/` only has the newest counts. Counts
        without a time of reading are no reading. Raises Erased.
        """
        while True:
            content, generation = self._lake.read_with_generation(metadata_name(video_id))
            previous = parse_record(content) if content else None
            update = _with_line(video_id, previous, line, self._now)
            record = self._tombstones.redact(update)
            if record is None:
                raise Erased(f"{video_id} was erased, and is not stored again")
            if record == previous:
                break
            try:
                self._lake.replace(metadata_name(video_id), record.to_json(), generation)
                break
            except Superseded:
                continue  # another command wrote just now: merge into its record
        self._keep(record)
        return record

    def store(self, upload: VideoFile) -> StoreOutcome:
        """Stream a file to videos/{id}.{ext}. A file that has this id already stays."""
        for name in self._lake.names(f"videos/{upload.video_id}."):
            return self._compared(name, upload)
        name = video_name(upload.video_id, upload.type.extension)
        try:
            with (
                upload.path.open("rb") as source,
                self._lake.create_stream(name, upload.type.mime) as target,
            ):
                shutil.copyfileobj(source, target, STREAM_CHUNK_BYTES)
        except Superseded:
            return self._compared(name, upload)
        return "stored"

    def _compared(self, name: str, upload: VideoFile) -> StoreOutcome:
        blob = self._lake.stat(name)
        is_same = blob is not None and blob.size == upload.path.stat().st_size
        return "already_there" if is_same else "other_content"

    def _keep(self, record: Record) -> None:
        content = record.to_json()
        key = hashlib.sha256(content).hexdigest()[:16]
        at = record.metrics.collected_at if record.metrics else _observed(record, self._now)
        self._lake.write_once(f"raw/upload/{at:%Y-%m-%d}/{record.video_id}-{key}.json", content)


def _observed(record: Record, now: datetime) -> datetime:
    return record.video.observed_at if record.video else now


def _with_line(video_id: str, previous: Record | None, line: Line | None, now: datetime) -> Record:
    before = previous or Record(video_id=video_id, video=Video(observed_at=now, source="upload"))
    if line is None:
        return before
    return Record(
        video_id=video_id,
        video=_video(before.video, line, now),
        creator=_creator(before.creator, line, now),
        metrics=_metrics(line, before.video, now) or before.metrics,
    )


def _video(before: Video | None, line: Line, now: datetime) -> Video:
    section = before or Video(observed_at=now, source="upload")
    fields = line.present(*VIDEO_FIELDS)
    if line.username:
        fields["creator_id"] = line.username
    return _renewed(section, fields, now)


def _creator(before: Creator | None, line: Line, now: datetime) -> Creator | None:
    if line.username is None:
        return before
    same = before is not None and before.creator_id == line.username
    section = before if same else Creator(observed_at=now, creator_id=line.username)
    return _renewed(section, creator_fields(line), now)


def _renewed(section: Any, fields: dict[str, object], now: datetime) -> Any:
    """The section with these fields: observed now if they change it, else unchanged."""
    changed = section.model_copy(update=fields)
    return section if changed == section else changed.model_copy(update={"observed_at": now})


def _metrics(line: Line, before: Video | None, now: datetime) -> Metrics | None:
    counts = line.present(*COUNTS)
    if not counts or line.collected_at is None:
        return None
    metrics = Metrics.model_validate({"collected_at": line.collected_at} | counts)
    created_at = line.created_at or (before.created_at if before else None)
    return flag_on_arrival(metrics, created_at, now, line.is_rounded)
