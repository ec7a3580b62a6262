"""Use case: every few minutes, publish parked messages that are due and keep dead letters."""

import logging
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain, islice, takewhile
from typing import Any

from shared.concurrency import in_order
from shared.errors import Permanent
from shared.messaging.allowance import Allowance, affordable_entries
from shared.messaging.dead_letters import DeadLetters, drain_all
from shared.messaging.parked import count_parked, queues, release
from shared.messaging.topics import Topics
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake, LakeObject
from shared.storage.lease import Lease, LeaseHeld
from shared.storage.parked_objects import RECORDS, UPLOADS

log = logging.getLogger(__name__)

CLAIM = "state/_sweep.claim"
LEASE = 2
"""In deadlines. When time is over, what has begun still ends, within request timeouts."""

MOST_WAITING = 500
"""The count of waiting messages stops there. A sweep says how far behind it is, not how much."""


@dataclass(frozen=True, slots=True)
class SweepApp:
    """Everything `sweep` may touch."""

    lake: Lake
    tombstones: Tombstones
    topics: Topics
    dead_letters: list[DeadLetters]
    clock: Callable[[], datetime]
    timer: Callable[[], float]
    deadline_s: float
    affordable_uploads: Callable[[date, str], int | None]
    """How many videos the budget of an entry of RATERS can still pay on a UTC day; None without a
    budget. The empty name has the budget of all raters together."""
    affordable_records: Callable[[date], bool] = lambda day: True
    """Whether the day's budget of bytes has something left."""
    owner: Callable[[], str] = lambda: uuid.uuid4().hex
    """A new name for each sweep that holds the lease."""


def sweep(app: SweepApp) -> dict[str, Any]:
    """Publish parked messages that are due, and drain the dead-letter subscriptions.

    Returns counts: parked messages `published`, `unreadable` and `waiting` (`waiting_at_least`
    when that count stopped at MOST_WAITING); dead letters kept, by stage; and whether the time ran
    out (`left`). A second run changes nothing, and of two at once one releases. Raises Transient
    and Misconfigured, after which the next run continues.
    """
    ends_at = app.timer() + app.deadline_s

    def is_over() -> bool:
        return app.timer() >= ends_at

    letters = drain_all(app.dead_letters, app.clock, is_over)
    released = _release_due(app, is_over)
    waiting = count_parked(app.lake, MOST_WAITING)
    answer: dict[str, Any] = {
        "parked": {
            "published": released["published"],
            "unreadable": released["unreadable"],
            "waiting": waiting.count,
            "waiting_at_least": waiting.at_least,
        },
        "dead_letters": letters,
        "left": is_over(),
    }
    log.info("swept", extra={"counts": answer})
    return answer


def _release_due(app: SweepApp, is_over: Callable[[], bool]) -> Counter[str]:
    """Release what is due, and count the results. Nothing while another sweep does it."""
    now = app.clock()
    day = now.astimezone(UTC).date()
    with ExitStack() as stack:
        try:
            stack.enter_context(Lease(app.lake, LEASE * app.deadline_s).acquire(CLAIM, app.owner()))
        except LeaseHeld:
            return Counter()
        entries = takewhile(lambda _: not is_over(), _entries(app, now))
        return Counter(in_order(lambda entry: _release(entry, app, day), entries))


def _entries(app: SweepApp, now: datetime) -> Iterator[LakeObject]:
    """Due messages, without those that today's budgets cannot pay: they would be parked again.

    Where the day's bytes are spent, one record passes: the budget may have been raised since.

    Queues take turns, so no budget's backlog holds up another. Each hour another one begins: where
    the common budget lets a single upload pass, it is not always for the same rater.
    """
    allowance = Allowance(app.lake, app.affordable_uploads, now)
    uploads = queues(app.lake, UPLOADS)
    turns = deque(affordable_entries(queue, allowance, now, len(uploads)) for queue in uploads)
    turns.rotate(-now.hour)
    records = chain.from_iterable(queue.due(now) for queue in queues(app.lake, RECORDS))
    has_bytes = app.affordable_records(now.astimezone(UTC).date())
    turns.append(records if has_bytes else islice(records, 1))
    while turns:
        entries = turns.popleft()
        if entry := next(entries, None):
            yield entry
            turns.append(entries)


def _release(entry: LakeObject, app: SweepApp, day: date) -> str:
    """Release a message and name the result. An unreadable one stays, for a person to inspect."""
    try:
        is_published = release(entry, app.lake, app.topics, app.tombstones, day)
        return "published" if is_published else "gone"
    except Permanent as error:
        log.warning("parked message unreadable", extra={"object": entry.name, "why": str(error)})
        return "unreadable"
