"""One run of `tta ingest`: read files and metadata, store them, and wait for ratings."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cli.console import Screen
from cli.errors import UserError
from cli.uploads import VideoFile
from cli.verbs.ingest.batch import IngestBatch
from cli.verbs.ingest.curves import IngestedCurves
from local.endpoints import Endpoints
from local.traffic import wait_until_over
from shared.model import Record
from shared.quality import COUNTS
from shared.tiktok.sources.manifest_line import Line

if TYPE_CHECKING:
    from cli.verbs.ingest.store import Ingestion

POLL_S = 0.1

ROWS = """
SELECT
  video_id,
  video.file_name,
  rating_status,
  rating_reason,
  unexpectedness,
  emotional_intensity,
  surprise_onset_s,
  fact.duration_s,
  views,
  likes,
  collected_at
FROM fact_video_analytics AS fact
LEFT JOIN dim_video AS video USING (video_id)
WHERE video_id IN UNNEST(@ids)
ORDER BY video_id
"""

STORE_OUTCOMES = {
    "stored": "stored",
    "already_there": "was there already",
    "other_content": "kept the file that has this id, whose content is different",
}


@dataclass(slots=True)
class IngestOutcome:
    """What was stored and rated. `rows` is None when nobody waited for them.

    `location` is the option with which another verb works on the same data.
    """

    files: list[dict[str, str]] = field(default_factory=list)
    metadata_lines: int = 0
    problems: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    metadata: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] | None = None
    unrated: list[str] = field(default_factory=list)
    curves: IngestedCurves = field(default_factory=IngestedCurves)
    location: str = ""

    def document(self) -> dict[str, Any]:
        return {
            "files": self.files,
            "metadata_lines": self.metadata_lines,
            "unused_columns": [name for table in self.metadata for name in table["unused_columns"]],
            "metadata": self.metadata,
            "curves": self.curves.document(),
            "problems": self.problems,
            "rows": self.rows,
            "unrated": self.unrated,
        }

    def refuse_failure(self) -> None:
        """Raises UserError when something was not ingested or not rated."""
        problems = list(self.problems)
        if self.unrated:
            problems.append(
                f"No rating in time for {', '.join(self.unrated)}; it may still come. "
                "Then `tta query` shows it. logs/analyze.log has details."
            )
        if problems:
            raise UserError("\n".join(problems))


def ingest_batch(
    batch: IngestBatch,
    endpoints: Endpoints,
    screen: Screen,
    wait_s: float | None,
    location: str = "",
) -> IngestOutcome:
    """Store files and metadata. With `wait_s`, wait at most that long for the ratings.

    `location` is the option with which another verb works on the same data (`location_option`).
    A local cloud that we started is left only when nothing is in transit.
    """
    outcome = IngestOutcome(
        problems=[*batch.problems],
        sentences=batch.sentences,
        metadata=batch.metadata,
        location=location,
    )
    with screen.working("Storing …"):
        _send(batch, endpoints, outcome, screen)
    with screen.working("Rating and loading …"):
        if endpoints.is_ours:
            wait_until_over(endpoints)
        if wait_s is not None:
            _wait_for_rows(batch, endpoints, outcome, wait_s)
    return outcome


def _send(batch: IngestBatch, endpoints: Endpoints, outcome: IngestOutcome, screen: Screen) -> None:
    """Store metadata first, because `analyze` adds it to its rating; then files; then publish."""
    from cli.tombstone_key import tombstones_of
    from cli.verbs.ingest.room import full_disk_told, require_room_for
    from cli.verbs.ingest.store import Ingestion
    from shared.storage.lake import Lake

    lake = Lake.connect(endpoints.project, endpoints.bucket)
    file_names = {upload.video_id: upload.path.name for upload in reversed(batch.uploads)}
    ingestion = Ingestion(lake, datetime.now(UTC), tombstones_of(endpoints, lake), file_names)
    descriptions = _Descriptions(ingestion, outcome.location)
    outcome.metadata_lines = sum(descriptions.add(*line) for line in batch.lines)
    outcome.curves = IngestedCurves.of(batch.curves, ingestion)
    outcome.problems += outcome.curves.problems(outcome.location)
    try:
        for number, upload in enumerate(batch.uploads, 1):
            screen.now(f"Storing file {number} of {len(batch.uploads)} …")
            require_room_for(upload.path, endpoints)
            if not descriptions.has(upload.video_id):
                continue
            with full_disk_told(upload.path, endpoints):
                what = ingestion.store(upload)
            earlier = None if upload.content_id in file_names else ingestion.earlier_copy(upload)
            _note_file(upload, what, batch.label(upload), earlier, outcome)
    finally:
        outcome.problems += descriptions.erased.values()
        outcome.sentences += _contradictions(ingestion.contradictions)
        # What is stored is loaded, also when the disk is full.
        _publish([*descriptions.records, *outcome.curves.records], endpoints)


class _Descriptions:
    """The records of the videos that a batch describes. `erased` says why others are not stored."""

    def __init__(self, ingestion: "Ingestion", location: str):
        self._ingestion = ingestion
        self._location = location
        self._described: set[str] = set()
        self.records: list[Record] = []
        self.erased: dict[str, str] = {}

    def add(self, video_id: str, line: Line | None) -> bool:
        """Store what a line knows of a video. False if the video or its creator was erased."""
        from cli.verbs.ingest.store import Erased

        try:
            self.records.append(self._ingestion.describe(video_id, line))
        except Erased as why:
            command = f"tta erase{self._location} --take-back {why}"
            self.erased.setdefault(
                video_id, f"{video_id} was erased, and is not stored again; `{command}` lets it in."
            )
            return False
        self._described.add(video_id)
        return True

    def has(self, video_id: str) -> bool:
        """Whether a video is described. One without a line of metadata is described now."""
        return video_id in self._described or self.add(video_id, None)


def _note_file(
    upload: VideoFile, what: str, label: str, earlier: str | None, outcome: IngestOutcome
) -> None:
    outcome.files.append({"file": label, "video_id": upload.video_id, "outcome": what})
    if what == "other_content":
        outcome.problems.append(f"{label}: not stored; the lake {STORE_OUTCOMES[what]}.")
    if earlier is not None:
        outcome.sentences.append(
            f"{label} was stored before as {earlier}, without its row. "
            f"`tta erase{outcome.location} --video {earlier}` removes that copy."
        )


def _contradictions(clauses: list[str]) -> list[str]:
    if not clauses:
        return []
    return [
        f"Rows with other counts than those stored for the same moment: {len(clauses):,}, e.g. "
        f"{clauses[0]}. The greater count stays. To correct one, erase the video, take the erasure "
        "back, and bring the list again."
    ]


def _publish(records: list[Record], endpoints: Endpoints) -> None:
    from shared.messaging.publisher import (
        RecordPublisher,  # late: the first file is rated during this import
    )

    RecordPublisher(endpoints.project, endpoints.records_topic).publish(*records)


def _wait_for_rows(
    batch: IngestBatch, endpoints: Endpoints, outcome: IngestOutcome, wait_s: float
) -> None:
    from cli.warehouse import Warehouse

    warehouse = Warehouse(endpoints)
    counted = _counted_at(batch)
    rated = sorted({upload.video_id for upload in batch.uploads})
    ids = sorted({*rated, *counted})

    def missing(rows: dict[str, dict[str, Any]]) -> list[str]:
        unrated = [
            video_id for video_id in rated if not rows.get(video_id, {}).get("rating_status")
        ]
        uncounted = [
            video_id for video_id, at in counted.items() if not _is_counted(rows.get(video_id), at)
        ]
        return sorted({*unrated, *uncounted})

    patience_s = wait_s + endpoints.freshness_s
    rows = _polled(lambda: warehouse.rows(ROWS, ids=ids), missing, patience_s)
    outcome.rows = list(rows.values())
    outcome.unrated = missing(rows)


def _polled(
    ask: Callable[[], list[dict[str, Any]]],
    missing: Callable[[dict[str, dict[str, Any]]], list[str]],
    wait_s: float,
) -> dict[str, dict[str, Any]]:
    deadline = time.monotonic() + wait_s
    while True:
        rows = {row["video_id"]: row for row in ask()}
        if not missing(rows) or time.monotonic() > deadline:
            return rows
        time.sleep(POLL_S)


def _counted_at(batch: IngestBatch) -> dict[str, datetime]:
    """The time of the newest counts of each video."""
    times: dict[str, datetime] = {}
    for video_id, line in batch.lines:
        if line.collected_at and line.present(*COUNTS):
            times[video_id] = max(line.collected_at, times.get(video_id, line.collected_at))
    return times


def _is_counted(row: dict[str, Any] | None, at: datetime) -> bool:
    return row is not None and row["collected_at"] is not None and row["collected_at"] >= at


def show(outcome: IngestOutcome, screen: Screen) -> None:
    """Print how the metadata was read, a line per file, then the rows."""
    for sentence in outcome.sentences:
        screen.show(sentence)
    for file in outcome.files:
        screen.show(f"{file['file']}: {STORE_OUTCOMES[file['outcome']]} as {file['video_id']}")
    if outcome.metadata_lines:
        screen.show(f"{outcome.metadata_lines} lines of metadata stored")
    for sentence in outcome.curves.sentences():
        screen.show(sentence)
    if outcome.rows:
        columns = [name for name in outcome.rows[0] if name != "collected_at"]
        screen.table(columns, ([row[name] for name in columns] for row in outcome.rows))
    elif outcome.files and outcome.rows is None:
        first = dict.fromkeys(file["video_id"] for file in outcome.files)
        ids = ", ".join(f"'{video_id}'" for video_id in [*first][:3])
        screen.show("See the result with:")
        screen.show(
            f'  tta query{outcome.location} "SELECT file_name, rating_status, unexpectedness '  # nosec B608 # shown only
            "FROM fact_video_analytics JOIN dim_video USING (video_id) "
            f'WHERE video_id IN ({ids})"'
        )
