"""How far a collection is: one object in the lake, which only its last reader may replace."""

from collections.abc import Mapping
from datetime import date

from shared.checked import Checked, Count, Instant, Word
from shared.lake import Lake, Superseded, state_name
from shared.model import Record, VideoId, digest, parse
from shared.tiktok.collections import Collection
from shared.tiktok.research import Page, Position, query_of


class Busy(Exception):
    """Another fetcher took the collection over; what this one did is kept, and it stops."""


class Due(Checked):
    """A listed video whose file is not settled; failures count runs, not attempts."""

    video_id: VideoId
    username: Word | None = None
    observed_at: Instant
    failures: Count = 0
    first_failed_at: Instant | None = None


class Place(Checked):
    """Where the listing goes on: the next page, and how many videos came before it.

    `query` is a digest of what was asked; when the collection has changed, the place is void.
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


class State(Checked):
    """`outbox` holds the records of the page being published, `no_media` the ids by reason."""

    outbox: tuple[Record, ...] = ()
    media_due: tuple[Due, ...] = ()
    no_media: Mapping[str, tuple[VideoId, ...]] = {}
    run: Place | None = None

    def to_json(self) -> bytes:
        return self.model_dump_json(exclude_none=True).encode()


class Progress:
    """`state/{collection}.json`, read once and then replaced from generation to generation.

    In between, the attributes are the truth of this run; `save` makes them everyone's.
    """

    def __init__(self, lake: Lake, collection: Collection):
        """Raises Malformed when somebody has edited the object."""
        self._lake = lake
        self._name = state_name(collection.name)
        self._query = _query_digest(collection)
        content, self._generation = lake.read_with_generation(self._name)
        self._content = content or State().to_json()
        state = parse(State, self._content, self._name)
        self.outbox = state.outbox
        self.due = {due.video_id: due for due in state.media_due}
        self.no_media = {
            video_id: reason for reason, ids in state.no_media.items() for video_id in ids
        }
        self.place = state.run if state.run and state.run.query == self._query else None
        self._resumed = self.place
        self.listed = self.place.listed if self.place else 0

    def notice(self, position: Position) -> None:
        """A resumed window that starts again lists again what an earlier run had counted."""
        resumed = self._resumed
        if resumed and resumed.search_id and position == resumed.window_start:
            self.listed, self._resumed = resumed.listed_before_window, None

    def advance(self, page: Page, limit: int) -> None:
        """The page is taken: the place is the next one, or none when the listing is complete."""
        following = page.next
        if following is None or self.listed >= limit:
            self.place = None
            return
        same = following.window == page.position.window
        before = self.place.listed_before_window if self.place else 0
        self.place = Place(
            query=self._query,
            window=following.window,
            end=following.end,
            cursor=following.cursor,
            search_id=following.search_id,
            listed=self.listed,
            listed_before_window=before if same else self.listed,
        )

    def save(self) -> None:
        """Replace the object, if it differs. Raises Busy when another fetcher has done so."""
        content = self._state().to_json()
        if content == self._content:
            return
        try:
            self._generation = self._lake.replace(self._name, content, self._generation)
        except Superseded as error:
            # A write of our own whose answer got lost is refused when it is repeated.
            standing, generation = self._lake.read_with_generation(self._name)
            if standing != content:
                raise Busy(f"{self._name} was replaced by another fetcher") from error
            self._generation = generation
        self._content = content

    def _state(self) -> State:
        by_reason: dict[str, list[str]] = {}
        for video_id, reason in sorted(self.no_media.items()):
            by_reason.setdefault(reason, []).append(video_id)
        return State(
            outbox=self.outbox,
            media_due=tuple(self.due.values()),
            no_media={reason: tuple(ids) for reason, ids in sorted(by_reason.items())},
            run=self.place,
        )


def _query_digest(collection: Collection) -> str:
    return digest([query_of(collection), str(collection.start_date), str(collection.end_date)])
