"""Use case: every few minutes, publish parked messages that are due and keep dead letters."""

import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import takewhile
from typing import Any

from shared.concurrency import in_order
from shared.errors import Permanent
from shared.messaging.dead_letters import DeadLetters, drain_all
from shared.messaging.parked import count_parked, due, release
from shared.messaging.topics import Topics
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake, LakeObject
from shared.storage.layout import PARKED
from shared.storage.parked_objects import named_rater

log = logging.getLogger(__name__)

OVER_BUDGET = f"{PARKED}analyze/"
"""Only the day's budget parks uploads."""


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


def sweep(app: SweepApp) -> dict[str, Any]:
    """Publish parked messages that are due, and drain the dead-letter subscriptions.

    Returns counts: parked messages `published`, `waiting` and `unreadable`; dead letters kept, by
    stage; and whether the time ran out (`left`). A second run changes nothing. Raises Transient
    and Misconfigured, after which the next run continues.
    """
    ends_at = app.timer() + app.deadline_s

    def is_over() -> bool:
        return app.timer() >= ends_at

    letters = drain_all(app.dead_letters, app.clock, is_over)
    entries = takewhile(lambda _: not is_over(), _affordable(due(app.lake, app.clock()), app))
    released = list(in_order(lambda entry: _release(entry, app), entries))
    answer: dict[str, Any] = {
        "parked": {
            "published": released.count("published"),
            "unreadable": released.count("unreadable"),
            "waiting": count_parked(app.lake).count,
        },
        "dead_letters": letters,
        "left": is_over(),
    }
    log.info("swept", extra={"counts": answer})
    return answer


def _affordable(entries: Iterable[LakeObject], app: SweepApp) -> Iterator[LakeObject]:
    """Due messages, without uploads that today's budgets cannot pay: they would be parked again.

    One upload of each budget always passes. It makes `analyze` release what dead instances had
    reserved, which nothing else does.
    """
    remaining: dict[str, int] = {}
    for entry in entries:
        if entry.name.startswith(OVER_BUDGET):
            budgets = {"", named_rater(entry.name)}
            for name in budgets - remaining.keys():
                remaining[name] = _most_uploads(name, app)
            if any(remaining[name] == 0 for name in budgets):
                continue
            for name in budgets:
                remaining[name] -= 1
        yield entry


def _most_uploads(rater: str, app: SweepApp) -> int:
    most = app.affordable_uploads(app.clock().astimezone(UTC).date(), rater)
    return sys.maxsize if most is None else max(1, most)


def _release(entry: LakeObject, app: SweepApp) -> str:
    """Release a message and name the result. An unreadable one stays, for a person to inspect."""
    try:
        return "published" if release(entry, app.lake, app.topics, app.tombstones) else "gone"
    except Permanent as error:
        log.warning("parked message unreadable", extra={"object": entry.name, "why": str(error)})
        return "unreadable"
