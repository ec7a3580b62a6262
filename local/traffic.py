"""What is still on its way through the pipeline, and the moment when nothing is."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.endpoints import ANALYZE, LOAD, Endpoints

POLL_S = 0.1
STALLED_AFTER_S = 90.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Stalled(Exception):
    """Messages wait and nothing moves any more."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Messages that are not settled yet: of the bucket, for `analyze` and for `load`."""

    outbox: int
    to_analyze: int
    to_load: int
    dead: int

    @property
    def is_over(self) -> bool:
        return not (self.outbox or self.to_analyze or self.to_load)


def get_json(url: str, timeout_s: float = 10.0) -> Any:
    """GET a page of the local cloud. Raises OSError when it does not answer."""
    with _DIRECT.open(url, timeout=timeout_s) as answer:
        return json.load(answer)


def look(endpoints: Endpoints) -> Traffic:
    """How much is on its way just now. Raises OSError when a part does not answer."""
    # In the order of the way: what leaves the outbox meanwhile is counted at the next stage.
    outbox = get_json(f"{endpoints.storage}/admin/outbox")["pending"]
    backlog = get_json(f"{endpoints.pubsub_admin}/backlog")
    standing = {name.rsplit("/", 1)[-1]: one for name, one in backlog.items()}
    uploads, records = standing.get(ANALYZE, {}), standing.get(LOAD, {})
    return Traffic(
        outbox,
        uploads.get("undelivered", 0),
        records.get("undelivered", 0),
        uploads.get("dead_lettered", 0) + records.get("dead_lettered", 0),
    )


def wait_until_over(
    endpoints: Endpoints,
    on_look: Callable[[Traffic], None] = lambda traffic: None,
    stalled_after_s: float = STALLED_AFTER_S,
) -> Traffic:
    """Wait until nothing is on its way. Raises Stalled when nothing has moved for too long.

    A record is published before its upload is acknowledged, so two quiet looks in a row prove
    that nothing slipped from one stage to the next between the readings of one look.
    """
    last: Traffic | None = None
    moved_at = time.monotonic()
    while True:
        now = look_or_none(endpoints)
        if now is not None:
            on_look(now)
            if now.is_over and last is not None and last.is_over:
                return now
            if now != last:
                moved_at = time.monotonic()
            last = now
        if time.monotonic() - moved_at > stalled_after_s:
            raise Stalled(_sentence(last, stalled_after_s, endpoints))
        time.sleep(POLL_S)


def look_or_none(endpoints: Endpoints) -> Traffic | None:
    """A part that is being started again does not answer for a moment."""
    try:
        return look(endpoints)
    except (OSError, ValueError):
        return None


def _sentence(last: Traffic | None, waited_s: float, endpoints: Endpoints) -> str:
    if last is None:
        return f"The local cloud has not answered for {waited_s:g} s; see {endpoints.home}/logs."
    return (
        f"Nothing has moved for {waited_s:g} s: {last.outbox} notifications, "
        f"{last.to_analyze} uploads and {last.to_load} records wait; "
        f"see {endpoints.home}/logs/analyze.log and load.log."
    )
