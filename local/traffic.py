"""What is still on its way through the pipeline, and the moment when nothing is."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.endpoints import ANALYZE, GEMINI, LOAD, Endpoints

POLL_S = 0.1
STALLED_AFTER_S = 90.0
# A question to Gemini and its correction may take this long, retries included.
ASKING_WITHIN_S = 600.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Stalled(Exception):
    """Messages wait and nothing moves any more."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Messages that are not settled yet: of the bucket, for `analyze` and for `load`.

    `to_ask` counts requests to Gemini, where it is asked at all. Only who asks waits for them.
    """

    outbox: int
    to_analyze: int
    to_load: int
    dead: int
    to_ask: int = 0

    @property
    def is_over(self) -> bool:
        return not (self.outbox or self.to_analyze or self.to_load)

    def is_quiet(self, with_gemini: bool) -> bool:
        """Whether it is over, requests to Gemini included if `asked`."""
        return self.is_over and not (with_gemini and self.to_ask)


def get_json(url: str, timeout_s: float = 10.0) -> Any:
    """GET a page of the local cloud. Raises OSError when it does not answer."""
    with _DIRECT.open(url, timeout=timeout_s) as answer:
        return json.load(answer)


def read_traffic(endpoints: Endpoints) -> Traffic:
    """How much is on its way just now. Raises OSError when a part does not answer."""
    # In the order of the way: what leaves the outbox meanwhile is counted at the next stage.
    outbox = get_json(f"{endpoints.storage}/admin/outbox")["pending"]
    backlog = get_json(f"{endpoints.pubsub_admin}/backlog")
    backlogs = {name.rsplit("/", 1)[-1]: counts for name, counts in backlog.items()}
    uploads, records = backlogs.get(ANALYZE, {}), backlogs.get(LOAD, {})
    requests = backlogs.get(GEMINI, {})
    is_asked = bool(endpoints.functions.get(GEMINI))
    return Traffic(
        outbox,
        uploads.get("undelivered", 0),
        records.get("undelivered", 0),
        sum(counts.get("dead_lettered", 0) for counts in (uploads, requests, records)),
        requests.get("undelivered", 0) if is_asked else 0,
    )


def wait_until_over(
    endpoints: Endpoints,
    on_look: Callable[[Traffic], None] = lambda traffic: None,
    stalled_after_s: float = STALLED_AFTER_S,
    asking_within_s: float = 0.0,
) -> Traffic:
    """Wait until nothing is on its way. Raises Stalled when nothing has moved for too long.

    Requests to Gemini are waited for only by whoever gives them a time: those that an earlier
    command left behind, for want of a valid key perhaps, are no business of an ingest.

    A record is published before its upload is acknowledged, so two quiet looks in a row prove
    that nothing slipped from one stage to the next between the readings of one look.
    """
    with_gemini = asking_within_s > 0
    last: Traffic | None = None
    moved_at = time.monotonic()
    while True:
        now = read_traffic_or_none(endpoints)
        if now is not None:
            on_look(now)
            if last is not None and last.is_quiet(with_gemini) and now.is_quiet(with_gemini):
                return now
            if now != last:
                moved_at = time.monotonic()
            last = now
        is_asking = with_gemini and last is not None and last.is_over
        patience_s = asking_within_s if is_asking else stalled_after_s
        if time.monotonic() - moved_at > patience_s:
            raise Stalled(_sentence(last, patience_s, endpoints))
        time.sleep(POLL_S)


def read_traffic_or_none(endpoints: Endpoints) -> Traffic | None:
    """A part that is being started again does not answer for a moment."""
    try:
        return read_traffic(endpoints)
    except (OSError, ValueError):
        return None


def _sentence(last: Traffic | None, waited_s: float, endpoints: Endpoints) -> str:
    if last is None:
        return f"The local cloud has not answered for {waited_s:g} s; see {endpoints.home}/logs."
    return (
        f"Nothing has moved for {waited_s:g} s: {last.outbox} notifications, "
        f"{last.to_analyze} uploads and {last.to_load} records wait"
        f"{f', and {last.to_ask} requests to Gemini' if last.to_ask else ''}; "
        f"see {endpoints.home}/logs/analyze*.log and load.log."
    )
