"""Use case: every quarter of an hour, do what is due in every collection, and nothing else.

The state of a collection, one object, shows what is due without a request to TikTok. Collections
that were listed longest ago come first. A lease gives each collection to one run at a time; other
runs skip it and take the next.
"""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.errors import Misconfigured, Permanent, Transient
from shared.storage.lake import Lake
from shared.storage.layout import COLLECTIONS, state_name
from shared.storage.lease import Lease, LeaseHeld
from shared.tiktok.collection_file import checked_collections
from shared.tiktok.collections import Collection
from shared.tiktok.fetch import Step, fetch_steps
from shared.tiktok.run import FetchApp
from shared.tiktok.state import (
    CLOCKS_DIFFER,
    CollectionBusy,
    State,
    is_ahead,
    query_digest,
    read_state,
)

log = logging.getLogger(__name__)

LEASE_MARGIN_S = 120.0
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DueCollection:
    """The due steps of one collection, and when it was last listed."""

    collection: Collection
    steps: tuple[Step, ...]
    listed_at: datetime


def fetch_due(app: FetchApp) -> dict[str, Any]:
    """Carry out all that is due until the time is over. With nothing due it returns at once.

    Returns the answers of the runs (`ran`), the collections that another run holds (`busy`), those
    that failed with their reasons (`failed`), and those that the time did not reach (`left`). A
    collection that fails does not stop the others. Raises BadCollection when the file of
    collections cannot be read, and Misconfigured after all other collections had their turn.
    """
    ends_at = app.timer() + app.deadline_s
    broken: Misconfigured | None = None
    answer: dict[str, Any] = {"mode": "due", "ran": [], "busy": [], "failed": [], "left": []}
    good, problems = _collections(app.lake)
    answer["failed"] += problems
    due = [turn for turn in (due_of(each, app.lake, app.clock()) for each in good) if turn.steps]
    for turn in sorted(due, key=lambda turn: turn.listed_at):
        name = turn.collection.name
        if app.timer() >= ends_at:
            answer["left"].append(name)
            continue
        try:
            with _alone(name, app):
                answer["ran"].append(
                    fetch_steps(turn.collection, turn.steps, app, ends_at, is_patient=True)
                )
        except (LeaseHeld, CollectionBusy):
            answer["busy"].append(name)
        except Misconfigured as error:
            broken = error
        except (Permanent, Transient) as error:
            log.error("collection failed", extra={"collection": name, "why": str(error)})
            answer["failed"].append({"collection": name, "why": str(error)})
    if broken is not None:
        raise broken
    return answer


def due_of(collection: Collection, lake: Lake, now: datetime) -> DueCollection:
    """The due steps of a collection, which may be none. An unreadable state is due."""
    content = lake.read(state_name(collection.name))
    try:
        state = read_state(content, collection.name) if content else State()
    except Permanent:
        # The run reports why the state is unreadable.
        return DueCollection(collection, ("discover", "files"), _NEVER)
    may_ask = not is_ahead(state.quota_until, now, timedelta(days=1) + CLOCKS_DIFFER)
    steps: list[Step] = []
    # New posts come first, since their pages also read known videos again.
    if may_ask and _is_listing_due(collection, state, lake, now):
        steps.append("discover")
    if may_ask and collection.ages_days and _is_refresh_due(collection, state, now):
        steps.append("refresh")
    if may_ask and state.older and "discover" not in steps:
        steps.append("older")
    if steps or state.outbox or any(pending.is_due(now) for pending in state.media_due):
        steps.append("files")
    return DueCollection(collection, tuple(steps), state.listed.at if state.listed else _NEVER)


def _is_listing_due(collection: Collection, state: State, lake: Lake, now: datetime) -> bool:
    listed = state.listed
    if state.run or listed is None or listed.query != query_digest(collection):
        return True
    if listed.at > now + CLOCKS_DIFFER:
        return True  # written by a wrong clock; waiting for that time could take months
    if collection.source == "manifest":
        manifest = lake.stat(collection.manifest or "")
        return manifest is not None and manifest.updated > listed.at
    if collection.end_date is not None and listed.at.date() > collection.end_date + timedelta(1):
        return False  # all of its days were over at the last listing
    return listed.at + timedelta(hours=collection.list_every_h) <= now


def _is_refresh_due(collection: Collection, state: State, now: datetime) -> bool:
    """Whether some video is due, and the readings since the last round are gathered.

    No age exceeds a year, so a later time is an error of a clock.
    """
    gathered = timedelta(hours=collection.refresh_every_h)
    if state.refreshed_at and is_ahead(
        state.refreshed_at + gathered, now, gathered + CLOCKS_DIFFER
    ):
        return False
    if state.refresh_at is None:
        return bool(state.recent)
    return bool(state.recent) or not is_ahead(state.refresh_at, now, timedelta(days=366))


def _collections(lake: Lake) -> tuple[list[Collection], list[dict[str, str]]]:
    content = lake.read(COLLECTIONS)
    if content is None:
        return [], []
    good, problems = checked_collections(content)
    failures = [{"collection": each.field.split(".")[0], "why": str(each)} for each in problems]
    for failure in failures:
        log.error("collection failed", extra=failure)
    return good, failures


@contextmanager
def _alone(name: str, app: FetchApp) -> Iterator[None]:
    """Hold the collection's lease while the block runs. Raises LeaseHeld."""
    lease = Lease(app.lake, app.deadline_s + LEASE_MARGIN_S)
    with lease.acquire(state_name(f"_running/{name}"), uuid.uuid4().hex):
        yield
