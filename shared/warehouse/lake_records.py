"""The records of the lake, read in batches for a rebuild."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from shared.concurrency import in_order
from shared.errors import Permanent
from shared.model import Malformed, Record, parse, parse_record
from shared.privacy.tombstones import Tombstones
from shared.rating_section import Rating
from shared.storage.lake import Lake, LakeObject
from shared.storage.layout import METRICS, RETENTION, RatingKey, rating_name
from shared.warehouse.loader import weight

RATINGS = "ratings/"
SOURCES = ("metadata/", METRICS, RATINGS, "raw/upload/", RETENTION)
"""The folders with published records, in the order of their names."""

MOST_OBJECT_BYTES = 4 * 2**20


@dataclass(frozen=True, slots=True)
class LakeRecord:
    """The record of one object, or the error that reading it gave.

    Both are None when the object is gone or is about something erased.
    """

    name: str
    record: Record | None = None
    weight: int = 0
    error: Permanent | None = None


@dataclass(frozen=True, slots=True)
class LakeReader:
    """Reads records without what was erased. `retry` calls a function until it succeeds."""

    lake: Lake
    tombstones: Tombstones
    retry: Callable[[Callable[[], Any]], Any]
    batch_rows: int
    batch_bytes: int

    def entries(self, after: str = "") -> Iterator[LakeObject]:
        """The objects that hold a record, by name; those up to the name `after` are left out."""
        for source in SOURCES:
            is_done = after > source and not after.startswith(source)
            if not is_done:
                start = after if after.startswith(source) else ""
                for entry in self.lake.entries(source, after=start):
                    if entry.name.endswith(".json"):  # claims on ratings end in .claim
                        yield entry

    def batches(self, entries: Iterator[LakeObject]) -> Iterator[list[LakeRecord]]:
        """Records in the order of `entries`, as many as one request to BigQuery carries."""
        batch: list[LakeRecord] = []
        size = 0
        for record in in_order(self._read, entries):
            if batch and (len(batch) >= self.batch_rows or size + record.weight > self.batch_bytes):
                yield batch
                batch, size = [], 0
            batch.append(record)
            size += record.weight
        if batch:
            yield batch

    def _read(self, entry: LakeObject) -> LakeRecord:
        try:
            if entry.size > MOST_OBJECT_BYTES:
                raise Malformed(f"{entry.size} bytes are too many for a record")
            content = self.retry(lambda: self.lake.read(entry.name))
            record = None if content is None else _record(entry.name, content)
            record = record and self.tombstones.redact(record)
        except Permanent as error:
            return LakeRecord(entry.name, error=error)
        return LakeRecord(entry.name, record, weight(record) if record else 0)


def _record(name: str, content: bytes) -> Record:
    """The record in an object. Raises Malformed, also for a rating under a wrong name."""
    if not name.startswith(RATINGS):
        return parse_record(content)
    rating = parse(Rating, content, "rating")
    video_id = name.removeprefix(RATINGS).partition("/")[0]
    if rating_name(video_id, RatingKey.of(rating)) != name:
        raise Malformed("the name of the object does not fit its rating")
    try:
        return Record(video_id=video_id, rating=rating)
    except ValidationError as error:
        raise Malformed(f"{video_id[:40]!r} is not a video id") from error
