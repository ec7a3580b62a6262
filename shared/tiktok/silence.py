"""Collections that list nothing: a broken query looks like a query without new posts.

A pass without new posts looks at older days until a page has a video. So a pass without a single
one means that something broke: an account was renamed, a hashtag was banned, or the API ignores a
field of the query. A listing that fails for days is silent too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import Permanent
from shared.storage.lake import Lake
from shared.storage.layout import COLLECTIONS, state_name
from shared.tiktok.collection_file import checked_collections
from shared.tiktok.collections import Collection
from shared.tiktok.state import State, read_state

QUIET = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Silence:
    """A collection that has listed nothing for QUIET or longer."""

    collection: str
    since: datetime
    why: str

    def document(self) -> dict[str, str]:
        return {"collection": self.collection, "since": self.since.isoformat(), "why": self.why}


def silences(lake: Lake, now: datetime) -> list[Silence]:
    """Every silent collection of the lake's file, except those with an unreadable state."""
    content, stored = lake.read(COLLECTIONS), lake.stat(COLLECTIONS)
    if content is None or stored is None:
        return []
    good = checked_collections(content)[0]
    states = ((collection, _state(collection, lake)) for collection in good)
    findings = (
        silence_of(collection, state, now, stored.updated)
        for collection, state in states
        if state is not None
    )
    return [silence for silence in findings if silence is not None]


def silence_of(
    collection: Collection, state: State, now: datetime, declared_at: datetime
) -> Silence | None:
    """The collection's silence, if it should list something and does not.

    Manifests are never silent, because people bring them. Collections whose days are over are not
    either. A collection that never finished a pass counts from `declared_at`, when the file of
    collections last changed.
    """
    if collection.source == "manifest" or _is_over(collection, now):
        return None
    return next(_silent(collection, state, now, declared_at), None)


def _silent(
    collection: Collection, state: State, now: datetime, declared_at: datetime
) -> Iterator[Silence]:
    name, since = collection.name, state.silent_since
    if since is not None and since + QUIET <= now:
        yield Silence(name, since, f"since {since:%Y-%m-%d} each pass has listed no video")
    is_listing = state.run is not None and state.run.listed > 0
    if is_listing:
        return
    if state.listed is None:
        if declared_at + QUIET <= now:
            yield Silence(name, declared_at, "no pass has ever come to its end")
        return
    last, pause = state.listed.at, timedelta(hours=collection.list_every_h)
    if last + pause + QUIET <= now:
        yield Silence(name, last, f"since {last:%Y-%m-%d} no pass has come to its end")


def _is_over(collection: Collection, now: datetime) -> bool:
    return collection.end_date is not None and now.date() > collection.end_date + timedelta(days=1)


def _state(collection: Collection, lake: Lake) -> State | None:
    content = lake.read(state_name(collection.name))
    try:
        return read_state(content, collection.name) if content else State()
    except Permanent:
        return None
