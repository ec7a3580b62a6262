"""A line of metadata, or a file alone, as what it adds to the stored record of its video."""

from dataclasses import dataclass
from datetime import datetime

from shared.listings import completed, merged_readings, stated
from shared.model import Creator, Metrics, Record, Video
from shared.quality import READINGS, flag_on_arrival
from shared.tiktok.sources.manifest_line import VIDEO_FIELDS, Line, creator_fields


@dataclass(frozen=True, slots=True)
class Description:
    """What a person says about one video: a line, the name of a file, or both.

    `now` is the time of what has no other time.
    """

    video_id: str
    line: Line | None
    file_name: str | None
    now: datetime

    def added_to(self, stored: Record | None) -> Record:
        """The stored record with what this knows and the newest counts. A second call adds nothing.

        The better listing wins, field by field (shared/listings.py).
        """
        record = completed(stored or self._empty(), self._listing(stored))
        reading = self.reading(stored)
        if reading is None:
            return record
        before = stored.metrics if stored else None
        if before is not None and before.collected_at > reading.collected_at:
            return record
        return record.model_copy(update={"metrics": reading})

    def reading(self, stored: Record | None) -> Metrics | None:
        """The counts of the line, if it has a time. They complete a reading of the same time."""
        counts = self.line.present(*READINGS) if self.line else {}
        if not counts or self.line is None or self.line.collected_at is None:
            return None
        at = self.line.collected_at
        metrics = Metrics.model_validate({"collected_at": at} | counts)
        created_before = stored.video.created_at if stored and stored.video else None
        created_at = self.line.created_at or created_before
        reading = flag_on_arrival(metrics, created_at, self.now, self.line.is_rounded)
        before = stored.metrics if stored else None
        is_same = before is not None and before.collected_at == at
        return merged_readings(before, reading) if before and is_same else reading

    def contradiction(self, stored: Record | None) -> str | None:
        """A count that the line and the stored reading of the same moment give differently."""
        before = stored.metrics if stored else None
        if self.line is None or before is None or before.collected_at != self.line.collected_at:
            return None
        for name, count in self.line.present(*READINGS).items():
            stored_count = getattr(before, name)
            if stored_count not in (None, count):
                stored_text = f"{name} {stored_count:,} is stored"
                return f"{self.video_id}: {stored_text}, and the list says {count:,}"
        return None

    @property
    def _at(self) -> datetime | None:
        return self.line.collected_at if self.line else None

    def _empty(self) -> Record:
        return Record(
            video_id=self.video_id, video=Video(observed_at=self._at or self.now, source="upload")
        )

    def _listing(self, stored: Record | None) -> Record:
        nothing = self._empty()
        fields = self.line.present(*VIDEO_FIELDS) if self.line else {}
        if self.line and self.line.username:
            fields["creator_id"] = self.line.username
        if self.file_name:
            fields["file_name"] = self.file_name
        before = stored.video if stored else None
        assert nothing.video is not None
        coarse = self.line.coarse if self.line else ()
        video = stated(before, fields, self._at, self.now, nothing.video, coarse)
        creator = self._account(stored.creator if stored else None)
        if video is None and creator is None:
            return stored or nothing
        return Record(video_id=self.video_id, video=video, creator=creator)

    def _account(self, before: Creator | None) -> Creator | None:
        if self.line is None or self.line.username is None:
            return None
        empty = Creator(observed_at=self.now, creator_id=self.line.username)
        same = before if before and before.creator_id == empty.creator_id else None
        return stated(same, creator_fields(self.line), self._at, self.now, empty)
