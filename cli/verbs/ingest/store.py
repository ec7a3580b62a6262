"""Stores a person's files and their metadata in the lake, where the pipeline finds them."""

import hashlib
import shlex
import shutil
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from cli.uploads import VideoFile
from cli.verbs.ingest.description import Description
from shared.listings import has_other_creator
from shared.model import Record, parse_record
from shared.privacy.tombstones import Tombstones
from shared.retention_section import Retention
from shared.storage.lake import STREAM_CHUNK_BYTES, Lake, Superseded
from shared.storage.layout import metadata_name, retention_name, video_name
from shared.tiktok.sources.manifest_line import Line

StoreOutcome = Literal["stored", "already_there", "other_content"]


class Erased(Exception):
    """The video, or its creator, was erased. The text is what names it to `tta erase`."""


class Ingestion:
    """Writes to one lake. `now` is the time of first observations.

    `file_names` has the names of the files by the ids of their videos. `contradictions` are
    clauses about counts that differ from those stored for the same moment.
    """

    def __init__(
        self,
        lake: Lake,
        now: datetime,
        tombstones: Tombstones,
        file_names: Mapping[str, str] | None = None,
    ):
        self._lake = lake
        self._now = now
        self._tombstones = tombstones
        self._file_names = file_names or {}
        self.contradictions: list[str] = []

    def describe(self, video_id: str, line: Line | None) -> Record:
        """Merge a line of metadata into the stored record, and return the record to publish.

        What the record knows better stays, and the same line again changes nothing.
        `raw/upload/` keeps every record, because `metadata/` only has the newest counts. Counts
        without a time of reading are no reading. Raises Erased with the options of `tta erase`
        that let the video in.
        """
        file_name = self._file_names.get(video_id)
        description = Description(video_id, line, file_name, self._now)
        while True:
            content, generation = self._lake.read_with_generation(metadata_name(video_id))
            previous = parse_record(content) if content else None
            contradiction = description.contradiction(previous)
            record = self._tombstones.redact(description.added_to(previous))
            if record is None:
                raise Erased(self._how_to_take_back(video_id, description.added_to(previous)))
            if record == previous:
                break
            if previous and has_other_creator(previous, record):
                self._keep(previous)  # or a rebuild would not know the creator it had
            try:
                self._lake.replace(metadata_name(video_id), record.to_json(), generation)
                break
            except Superseded:
                continue  # another command wrote just now: merge into its record
        if contradiction:
            self.contradictions.append(contradiction)
        reading = description.reading(previous)
        if reading is not None:
            record = record.model_copy(update={"metrics": reading})
        self._keep(record)
        return record

    def keep_curve(self, video_id: str, curve: Retention) -> Record | None:
        """Store a reading of a retention curve, and return the record to publish.

        The same reading again changes nothing. None where the lake has another curve of that
        video and moment, which stays. Raises Erased.
        """
        record = self._tombstones.redact(Record(video_id=video_id, retention=curve))
        if record is None:
            raise Erased(f"--video {video_id}")
        name, content = retention_name(video_id, curve.collected_at), record.to_json()
        is_stored = self._lake.write_once(name, content) or self._lake.read(name) == content
        return record if is_stored else None

    def is_listed(self, video_id: str) -> bool:
        """Whether the lake has the listing of a video."""
        return self._lake.exists(metadata_name(video_id))

    def _how_to_take_back(self, video_id: str, record: Record) -> str:
        if self._tombstones.has_video(video_id):
            return f"--video {video_id}"
        names = [section.creator_id for section in (record.video, record.creator) if section]
        erased = (name for name in names if name and self._tombstones.has_creator(name))
        return f"--creator {shlex.quote(next(erased, 'NAME'))}"

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

    def earlier_copy(self, upload: VideoFile) -> str | None:
        """The id under which a file was stored before a row gave it the id of its post."""
        if upload.content_id in (None, upload.video_id):
            return None
        is_there = any(self._lake.names(f"videos/{upload.content_id}."))
        return upload.content_id if is_there else None

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
