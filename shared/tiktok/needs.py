"""How many requests a day the collections need, by part, and what a change of a setting saves.

A request of the Research API brings up to a hundred posts, a hundred readings, or one profile. The
pace of each collection was seen in its last complete window, so a new collection has none yet.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from shared.errors import Permanent
from shared.storage.lake import Lake
from shared.storage.layout import COLLECTIONS, state_name
from shared.tiktok.collection_file import BadCollection, checked_collections
from shared.tiktok.collections import EARLIEST, Collection
from shared.tiktok.sources.research import PAGE_SIZE, WINDOW
from shared.tiktok.state import State, query_digest, read_state

PART_OF_A_DAY = 0.5
"""How much of its first day a window lists that nobody asked for, on average: it has whole days."""

UNKNOWN_SHARE = 0.5
"""Part of the day's quota that is reserved for a collection whose pace is not known yet."""


@dataclass(frozen=True, slots=True)
class RequestNeed:
    """Requests a day of one collection, and those that its full pass has left, once.

    Only the Research API has a daily quota, so other sources need none of it. `is_known` is false
    before the first window of the collection is complete.
    """

    collection: str
    posts: int = 0
    readings: int = 0
    profiles: int = 0
    full_pass_left: int = 0
    is_known: bool = True

    @property
    def total(self) -> int:
        return self.posts + self.readings + self.profiles


@dataclass(frozen=True, slots=True)
class Saving:
    """A change of one setting, and the requests a day that it saves."""

    collection: str
    field: str
    value: Any
    requests: int


def read_needs(lake: Lake, now: datetime) -> list[RequestNeed]:
    """What each valid collection of the lake's file needs. Unreadable states count as unknown."""
    content = lake.read(COLLECTIONS)
    try:
        good = checked_collections(content)[0] if content else []
    except BadCollection:
        return []
    return [need_of(collection, state_of(collection, lake), now) for collection in good]


def state_of(collection: Collection, lake: Lake) -> State:
    """The collection's state; an empty one where it is missing or unreadable."""
    content = lake.read(state_name(collection.name))
    try:
        return read_state(content, collection.name) if content else State()
    except Permanent:
        return State()


def reserved(needs: Iterable[RequestNeed], limit: int) -> int:
    """The day's requests that profiles must leave for posts and readings."""
    return sum(
        need.posts + need.readings + need.full_pass_left
        if need.is_known
        else math.ceil(limit * UNKNOWN_SHARE)
        for need in needs
    )


def need_of(collection: Collection, state: State, now: datetime) -> RequestNeed:
    """The requests a day of one collection at the pace of its last complete window."""
    if collection.source != "research":
        return RequestNeed(collection.name)
    pace = state.pace
    if pace is None or pace.query != query_digest(collection):
        return RequestNeed(collection.name, is_known=False)
    is_over = _is_over(collection, state)
    return RequestNeed(
        collection=collection.name,
        posts=0 if is_over else math.ceil(_listing(collection, pace.posts, now)),
        readings=math.ceil(_readings(collection, 0 if is_over else pace.posts)),
        profiles=0 if is_over or not collection.profiles else math.ceil(pace.creators),
        full_pass_left=_left_of_full_pass(state, pace.posts),
    )


def savings(collection: Collection, state: State, now: datetime) -> Iterator[Saving]:
    """What each of the usual changes to a collection saves, if anything."""
    before = need_of(collection, state, now)
    for field, value in (
        ("profiles", False),
        ("refresh_every_h", 24.0),
        ("list_every_h", max(24.0, 2 * collection.list_every_h)),
        ("refresh_ages_days", (7.0, 30.0)),
        ("full_pass_every_days", 90.0),
        ("overlap_days", 1),
    ):
        changed = collection.model_copy(update={field: value})
        saved = before.total - need_of(changed, state, now).total
        if getattr(collection, field) != value and saved > 0:
            yield Saving(collection.name, field, value, saved)


def _listing(collection: Collection, posts_a_day: float, now: datetime) -> float:
    """Pages of new posts, and the share of a full pass."""
    between_days = collection.list_every_h / 24
    days = collection.overlap_days + between_days + PART_OF_A_DAY
    pages = _pages(min(posts_a_day * days, collection.max_videos)) / between_days
    first = datetime.combine(collection.start_date or EARLIEST, time(), UTC)
    all_days = max(1.0, (now - first) / timedelta(days=1))
    windows = math.ceil(all_days / WINDOW.days)
    everything = min(posts_a_day * all_days, collection.max_videos) / PAGE_SIZE + windows
    return pages + everything / collection.full_pass_every_days


def _readings(collection: Collection, posts_a_day: float) -> float:
    """Requests by id. Readings are gathered, and a request covers posts of one window only."""
    ages = collection.ages_days
    if collection.refresh_every_h >= collection.list_every_h:
        ages = tuple(age for age in ages if age > collection.overlap_days)  # pages bring the others
    readings = posts_a_day * len(ages)
    if not readings:
        return 0.0
    # A post reaches all ages of whole days at one time of the day, so one round reads them all.
    moments = posts_a_day * len({age % 1 for age in ages})
    rounds = min(24 / collection.refresh_every_h, moments)
    windows = 1 + int((ages[-1] - ages[0]) // WINDOW.days)
    return min(readings, rounds * (_pages(readings / rounds) + windows - 1))


def _left_of_full_pass(state: State, posts_a_day: float) -> int:
    older = state.older
    if older is None or older.first is None:
        return 0
    days = max(0, (older.end - older.first).days)
    return math.ceil(posts_a_day * days / PAGE_SIZE + days / WINDOW.days)


def _pages(count: float) -> int:
    return max(1, math.ceil(count / PAGE_SIZE))


def _is_over(collection: Collection, state: State) -> bool:
    """Whether all days of the collection were over when it was listed last."""
    end, listed = collection.end_date, state.listed
    return bool(end and listed and listed.at.date() > end + timedelta(days=1))
