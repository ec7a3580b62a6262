"""The progress of a collection: one object in the lake, which only its last reader may replace."""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any, TypeVar

from pydantic import Field

from shared.errors import Busy
from shared.inputs.field_types import Checked, Count, Instant, Text, Word
from shared.model import Malformed, Record, VideoId, canonical_json, digest, parse, parse_record
from shared.storage.lake import Lake, Superseded
from shared.storage.layout import state_name
from shared.tiktok.collections import QUERY_LISTS, Collection
from shared.tiktok.sources.source import Position

CLOCKS_DIFFER = timedelta(hours=1)
"""How far two correct clocks may differ. A time further ahead was written by a wrong clock."""

LONGEST_WAIT = timedelta(days=7) + CLOCKS_DIFFER
"""The longest time that a file waits (GIVEN_UP_FOR in settling.py)."""


class CollectionBusy(Busy):
    """Another fetcher took the collection over. This one stops; its work is kept."""


class PendingFile(Checked):
    """The file of a listed video that is not settled. `failures` counts runs, not attempts.

    `given_up` is the reason why it was given up for now. The next attempt is `not_before` a time.
    """

    video_id: VideoId
    username: Word | None = None
    media_url: Text | None = None
    observed_at: Instant
    failures: Count = 0
    first_failed_at: Instant | None = None
    given_up: Word | None = None
    not_before: Instant | None = None

    def is_due(self, at: datetime) -> bool:
        return not is_ahead(self.not_before, at, LONGEST_WAIT)


def is_ahead(time: datetime | None, now: datetime, most: timedelta) -> bool:
    """Whether a time is in the future, by at most `most`. A later one is an error of a clock."""
    return time is not None and now < time <= now + most


class ResumePoint(Checked):
    """Where a pass continues: the next page, and how many videos came before it.

    `query` is a digest of the collection's query. After the query changed, the point is void. So is
    one without `began_at`: passes once began with the oldest window. The pass lists back to the day
    `first`, or to the source's oldest post. `creators` counts new creators without a profile.
    """

    query: Word
    window: date
    end: date
    cursor: Count = 0
    search_id: Word | None = None
    listed: Count = 0
    listed_before_window: Count = 0
    began_at: Instant | None = None
    first: date | None = None
    is_full: bool = False
    creators: Count = 0

    @property
    def position(self) -> Position:
        return Position(self.window, self.end, self.cursor, self.search_id)


class Watermark(Checked):
    """The last day of a complete window: later passes begin there, less the overlap."""

    query: Word
    day: date


class FullPass(Checked):
    """When the last full pass began, and whether it looked for files.

    It stopped at `limit` videos; None when it listed all.
    """

    query: Word
    at: Instant
    limit: Count | None = None
    with_files: bool = False


class CollectionPace(Checked):
    """How much a collection brings, seen in its last complete window.

    Posts a day, and new creators without a profile a day.
    """

    query: Word
    posts: Annotated[float, Field(ge=0)]
    creators: Annotated[float, Field(ge=0)]


class LastPass(Checked):
    """The last complete pass: the digest of its query, and its end."""

    query: Word
    at: Instant


class State(Checked):
    """The object's content. `outbox` holds the records of the page being published.

    `no_media` holds ids by reason. `media` is a digest of the media policy under which files were
    given up. `recent` are sightings that the ages do not hold yet. `run` is the pass over the
    newest window, and `older` continues with the windows before it. The next video is read again at
    `refresh_at`, the last one was at `refreshed_at`, and no request is made before `quota_until`.
    Since `silent_since` each pass has listed nothing.
    """

    outbox: tuple[Record, ...] = ()
    media_due: tuple[PendingFile, ...] = ()
    no_media: Mapping[str, tuple[VideoId, ...]] = {}
    media: Word | None = None
    run: ResumePoint | None = None
    older: ResumePoint | None = None
    watermark: Watermark | None = None
    full: FullPass | None = None
    pace: CollectionPace | None = None
    listed: LastPass | None = None
    recent: tuple[Word, ...] = ()
    refresh_at: Instant | None = None
    refreshed_at: Instant | None = None
    quota_until: Instant | None = None
    silent_since: Instant | None = None

    def to_json(self) -> bytes:
        return self.model_dump_json(exclude_none=True).encode()


def read_state(content: bytes, name: str) -> State:
    """Read a state. Records in its outbox may have the previous schema version.

    Raises Malformed when somebody has edited the object.
    """
    try:
        fields: Any = json.loads(content, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{name}: not JSON") from error
    if isinstance(fields, dict) and isinstance(fields.get("outbox"), list):
        records = [parse_record(canonical_json(record)) for record in fields["outbox"]]
        fields["outbox"] = [json.loads(record.to_json()) for record in records]
    return parse(State, canonical_json(fields), name)


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


PartOfQuery = TypeVar("PartOfQuery", ResumePoint, Watermark, FullPass, CollectionPace)


class CollectionProgress:
    """`state/{collection}.json`, read once and then replaced from generation to generation.

    The attributes are this run's progress. `save` writes them for other runs.
    """

    def __init__(self, lake: Lake, collection: Collection):
        """Raises Malformed when somebody has edited the object."""
        self._lake = lake
        self._name = state_name(collection.name)
        self.query = query_digest(collection)
        self._media = digest(collection.media.model_dump(mode="json"))
        content, self._generation = lake.read_with_generation(self._name)
        self._content = content or State().to_json()
        state = read_state(self._content, self._name)
        self.outbox = state.outbox
        self.due = {due.video_id: self._renewed(due, state.media) for due in state.media_due}
        self.no_media = {
            video_id: reason for reason, ids in state.no_media.items() for video_id in ids
        }
        self.resume_point = self._usable(state.run)
        self.older = self._usable(state.older)
        self.watermark = self._of_this_query(state.watermark)
        self.full = self._of_this_query(state.full)
        self.pace = self._of_this_query(state.pace)
        self.last_pass = state.listed
        self.recent = list(state.recent)
        self.refresh_at = state.refresh_at
        self.refreshed_at = state.refreshed_at
        self.quota_until = state.quota_until
        same = state.listed is not None and state.listed.query == self.query
        self.silent_since = state.silent_since if same else None

    def _of_this_query(self, part: PartOfQuery | None) -> PartOfQuery | None:
        return part if part is not None and part.query == self.query else None

    def _usable(self, point: ResumePoint | None) -> ResumePoint | None:
        usable = self._of_this_query(point)
        return usable if usable is not None and usable.began_at is not None else None

    def _renewed(self, due: PendingFile, media: str | None) -> PendingFile:
        """The file, due at once if it was given up under another media policy."""
        if due.given_up is None or media == self._media:
            return due
        return due.model_copy(update={"not_before": None})

    def finished(self, at: datetime, is_empty: bool) -> None:
        """Note that the newest window was listed; `is_empty` when no post came."""
        self.resume_point = None
        self.silent_since = (self.silent_since or at) if is_empty else None
        self.last_pass = LastPass(query=self.query, at=at)

    def forget(self, video_id: str) -> None:
        """Remove a video that was erased before its listing was kept.

        No object of the lake names its creator, so an erasure cannot find it. Only the state still
        holds its id.
        """
        self.due.pop(video_id, None)
        self.recent = [each for each in self.recent if each.partition(" ")[0] != video_id]

    def save(self) -> None:
        """Replace the object if it changed. Raises CollectionBusy when another fetcher did so."""
        content = self._state().to_json()
        if content == self._content:
            return
        try:
            self._generation = self._lake.replace(self._name, content, self._generation)
        except Superseded as error:
            # The client repeats a write whose answer was lost, and that second write is refused.
            current, generation = self._lake.read_with_generation(self._name)
            if current != content:
                raise CollectionBusy(f"{self._name} was replaced by another fetcher") from error
            self._generation = generation
        self._content = content

    def _state(self) -> State:
        by_reason: dict[str, list[str]] = {}
        for video_id, reason in sorted(self.no_media.items()):
            by_reason.setdefault(reason, []).append(video_id)
        is_given_up = any(due.given_up for due in self.due.values())
        return State(
            outbox=self.outbox,
            media_due=tuple(self.due.values()),
            no_media={reason: tuple(ids) for reason, ids in sorted(by_reason.items())},
            media=self._media if is_given_up else None,
            run=self.resume_point,
            older=self.older,
            watermark=self.watermark,
            full=self.full,
            pace=self.pace,
            listed=self.last_pass,
            recent=tuple(self.recent),
            refresh_at=self.refresh_at,
            refreshed_at=self.refreshed_at,
            quota_until=self.quota_until,
            silent_since=self.silent_since,
        )


def query_digest(collection: Collection) -> str:
    """Digest of the fields that decide which videos are listed. A cursor belongs to one digest."""
    fields = {"source", "manifest", "columns", "start_date", "end_date", *QUERY_LISTS}
    return digest(collection.model_dump(mode="json", include=fields))
