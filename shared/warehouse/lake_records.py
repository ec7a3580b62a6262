"""The records of the lake, read for a rebuild in the order of the objects' names."""

from collections.abc import Callable, Iterable, Iterator, Sequence
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
    error: Permanent | None = None


@dataclass(frozen=True, slots=True)
class NameRange:
    """`count` objects whose names come after `after`, up to and with `until`."""

    after: str
    until: str
    count: int


@dataclass(frozen=True, slots=True)
class LakeReader:
    """Reads records without what was erased. `retry` calls a function until it succeeds."""

    lake: Lake
    tombstones: Tombstones
    retry: Callable[[Callable[[], Any]], Any]

    def entries(self, after: str = "", until: str = "") -> Iterator[LakeObject]:
        """The objects that hold a record, by name; those up to the name `after` are left out.

        With `until` the object of that name is the last.
        """
        for source in SOURCES:
            is_done = after > source and not after.startswith(source)
            if is_done or (until and source > until):
                continue
            start = after if after.startswith(source) else ""
            for entry in self.lake.entries(source, after=start):
                if until and entry.name > until:
                    return
                if entry.name.endswith(".json"):  # claims on ratings end in .claim
                    yield entry

    def records(self, entries: Iterable[LakeObject]) -> Iterator[LakeRecord]:
        """The records of these objects, in their order, read by some threads ahead."""
        return in_order(self._read, entries)

    def records_named(self, names: Iterable[str]) -> Iterator[LakeRecord]:
        """The records of the objects with these names, in their order."""
        return in_order(self._read_named, names)

    def _read(self, entry: LakeObject) -> LakeRecord:
        if entry.size > MOST_OBJECT_BYTES:
            sentence = f"{entry.size} bytes are too many for a record"
            return LakeRecord(entry.name, error=Malformed(sentence))
        return self._read_named(entry.name)

    def _read_named(self, name: str) -> LakeRecord:
        try:
            content = self.retry(lambda: self.lake.read(name))
            record = None if content is None else _record(name, content)
            return LakeRecord(name, record and self.tombstones.redact(record))
        except Permanent as error:
            return LakeRecord(name, error=error)


def ranges_of(
    entries: Iterable[LakeObject], size: int, after: str, on_count: Callable[[int], None]
) -> list[NameRange]:
    """The objects in ranges of `size`, counted; the first range begins after the name `after`."""
    ranges: list[NameRange] = []
    count, last = 0, after
    for number, entry in enumerate(entries, 1):
        count, last = count + 1, entry.name
        if count == size:
            ranges.append(NameRange(after, last, count))
            count, after = 0, last
            on_count(number)
    if count:
        ranges.append(NameRange(after, last, count))
    return ranges


def joined(ranges: Sequence[NameRange], most: int) -> list[NameRange]:
    """The same objects in at most so many ranges, each of neighbours."""
    size = max(1, -(-len(ranges) // most))
    parts = [ranges[start : start + size] for start in range(0, len(ranges), size)]
    return [
        NameRange(part[0].after, part[-1].until, sum(each.count for each in part)) for part in parts
    ]


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
