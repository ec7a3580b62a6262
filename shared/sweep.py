"""Use case: every few minutes, send round what is due and keep what was given up."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from shared.dead_letters import DeadLetters, drain_all
from shared.errors import Misconfigured, Permanent
from shared.lake import Entry, Lake
from shared.parallel import in_order
from shared.parked import due, release, waiting
from shared.republish import Stage, Topics
from shared.tombstones import Tombstones

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class App:
    """Everything `sweep` may touch."""

    lake: Lake
    tombstones: Tombstones
    topics: Topics
    dead_letters: list[DeadLetters]
    clock: Callable[[], datetime]
    timer: Callable[[], float]
    deadline_s: float


def sweep(app: App) -> dict[str, Any]:
    """Publish parked messages that are due, and drain the dead-letter subscriptions.

    Returns counts: parked messages `published`, `waiting` and `unreadable`, dead letters kept by
    stage, and whether the time ran out (`left`). A second run changes nothing. Raises Transient
    and Misconfigured; what was done until then stays done.
    """
    ends_at = app.timer() + app.deadline_s

    def is_over() -> bool:
        return app.timer() >= ends_at

    kept = drain_all(app.dead_letters, app.clock, is_over)
    entries = takewhile(lambda _: not is_over(), due(app.lake, app.clock()))
    released = list(in_order(lambda entry: _released(entry, app), entries))
    answer: dict[str, Any] = {
        "parked": {
            "published": released.count("published"),
            "unreadable": released.count("unreadable"),
            "waiting": waiting(app.lake).count,
        },
        "dead_letters": kept,
        "left": is_over(),
    }
    log.info("swept", extra={"counts": answer})
    return answer


def _released(entry: Entry, app: App) -> str:
    """What became of it. An unreadable one stays where it is, for a person to look at."""
    try:
        return "published" if release(entry, app.lake, app.topics, app.tombstones) else "gone"
    except Permanent as error:
        log.warning("parked message unreadable", extra={"object": entry.name, "why": str(error)})
        return "unreadable"


def stage_of(subscription: str, uploads_topic: str, records_topic: str) -> Stage:
    """The stage whose messages a dead-letter subscription holds: `{topic}-dead` of its topic.

    Raises Misconfigured for a subscription that belongs to neither topic.
    """
    if subscription.startswith(f"{uploads_topic}-"):
        return "analyze"
    if subscription.startswith(f"{records_topic}-"):
        return "load"
    raise Misconfigured(
        f"DEAD_LETTER_SUBSCRIPTIONS: {subscription} is named after neither topic; "
        f"expected {uploads_topic}-… or {records_topic}-…"
    )
