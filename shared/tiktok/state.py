"""The progress of a collection: one object in the lake, which only its last reader may replace."""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from shared.errors import Busy
from shared.inputs.field_types import Checked, Count, Instant, Text, Word
from shared.model import Malformed, Record, VideoId, canonical_json, digest, parse, parse_record
from shared.storage.lake import Lake, Superseded
from shared.storage.layout import state_name
from shared.tiktok.collections import QUERY_LISTS, Collection
from shared.tiktok.sources.source import Position, SourcePage

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
    """Where the listing continues: the next page, and how many videos came before it.

    `query` is a digest of the collection's query. After the query changed, the point is void.
    """

    query: Word
    window: date
    end: date
    cursor: Count = 0
    search_id: Word | None = None
    listed: Count = 0
    listed_before_window: Count = 0

    @property
    def position(self) -> Position:
        return Position(self.window, self.end, self.cursor, self.search_id)

    @property
    def window_start(self) -> Position:
        return Position(self.window, self.end)


class LastPass(Checked):
    """The last complete pass: the digest of its query, and its end."""

    query: Word
    at: Instant


class State(Checked):
    """The object's content. `outbox` holds the records of the page being published.

    `no_media` holds ids by reason. `media` is a digest of the media policy under which files were
    given up. `recent` are sightings that the ages do not hold yet. The next video is read again at
    `refresh_at`, and no request is made before `quota_until`. Since `silent_since` each pass has
    listed nothing.
    """

    outbox: tuple[Record, ...] = ()
    media_due: tuple[PendingFile, ...] = ()
    no_media: Mapping[str, tuple[VideoId, ...]] = {}
    media: Word | None = None
    run: ResumePoint | None = None
    listed: LastPass | None = None
    recent: tuple[Word, ...] = ()
    refresh_at: Instant | None = None
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


class CollectionProgress:
    """`state/{collection}.json`, read once and then replaced from generation to generation.

    The attributes are this run's progress. `save` writes them for other runs.
    """

    def __init__(self, lake: Lake, collection: Collection):
        """Raises Malformed when somebody has edited the object."""
        self._lake = lake
        self._name = state_name(collection.name)
        self._query = query_digest(collection)
        self._media = digest(collection.media.model_dump(mode="json"))
        content, self._generation = lake.read_with_generation(self._name)
        self._content = content or State().to_json()
        state = read_state(self._content, self._name)
        self.outbox = state.outbox
        self.due = {due.video_id: self._renewed(due, state.media) for due in state.media_due}
        self.no_media = {
            video_id: reason for reason, ids in state.no_media.items() for video_id in ids
        }
        self.resume_point = state.run if state.run and state.run.query == self._query else None
        self.last_pass = state.listed
        self.recent = list(state.recent)
        self.refresh_at = state.refresh_at
        self.quota_until = state.quota_until
        same = state.listed is not None and state.listed.query == self._query
        self.silent_since = state.silent_since if same else None
        self._resumed = self.resume_point
        self.listed = self.resume_point.listed if self.resume_point else 0

    def _renewed(self, due: PendingFile, media: str | None) -> PendingFile:
        """The file, due at once if it was given up under another media policy."""
        if due.given_up is None or media == self._media:
            return due
        return due.model_copy(update={"not_before": None})

    def notice(self, position: Position) -> None:
        """Reset the count when a resumed window starts again, because it lists the same videos."""
        resumed = self._resumed
        if resumed and resumed.search_id and position == resumed.window_start:
            self.listed, self._resumed = resumed.listed_before_window, None

    def advance(self, page: SourcePage, limit: int) -> None:
        """Move the resume point behind the page; None when the listing is complete."""
        following = page.next
        if following is None or self.listed >= limit:
            self.resume_point = None
            return
        same = following.window == page.position.window
        before = self.resume_point.listed_before_window if self.resume_point else 0
        self.resume_point = ResumePoint(
            query=self._query,
            window=following.window,
            end=following.end,
            cursor=following.cursor,
            search_id=following.search_id,
            listed=self.listed,
            listed_before_window=before if same else self.listed,
        )

    def finished(self, at: datetime) -> None:
        """Note that the listing is complete."""
        self.resume_point = None
        self.silent_since = (self.silent_since or at) if self.listed == 0 else None
        self.last_pass = LastPass(query=self._query, at=at)

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
            listed=self.last_pass,
            recent=tuple(self.recent),
            refresh_at=self.refresh_at,
            quota_until=self.quota_until,
            silent_since=self.silent_since,
        )


def query_digest(collection: Collection) -> str:
    """Digest of the fields that decide which videos are listed. A cursor belongs to one digest."""
    fields = {"source", "manifest", "columns", "start_date", "end_date", *QUERY_LISTS}
    return digest(collection.model_dump(mode="json", include=fields))
