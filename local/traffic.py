"""Counts the messages in the pipeline, and waits until it is empty."""

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
# A request to Gemini and its correction may take this long, with retries.
ASKING_WITHIN_S = 600.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Stalled(Exception):
    """Messages wait, and their counts have not changed for too long."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Messages that are not settled yet: from the bucket, to `analyze` and to `load`.

    `to_ask` counts messages to `analyze-gemini`. Only a command that rates with Gemini waits for
    them.
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
        """Whether the pipeline is empty, with the messages to Gemini if `with_gemini`."""
        return self.is_over and not (with_gemini and self.to_ask)


def get_json(url: str, timeout_s: float = 10.0) -> Any:
    """GET a page of the local cloud. Raises OSError when it does not answer."""
    with _DIRECT.open(url, timeout=timeout_s) as answer:
        return json.load(answer)


def read_traffic(endpoints: Endpoints) -> Traffic:
    """The counts of this moment. Raises OSError when a part does not answer."""
    # In pipeline order: a message that leaves the outbox meanwhile is counted at the next stage.
    outbox = get_json(f"{endpoints.storage}/admin/outbox")["pending"]
    backlog = get_json(f"{endpoints.pubsub_admin}/backlog")
    backlogs = {name.rsplit("/", 1)[-1]: counts for name, counts in backlog.items()}
    uploads, records = backlogs.get(ANALYZE, {}), backlogs.get(LOAD, {})
    rating_requests = backlogs.get(GEMINI, {})
    is_asked = bool(endpoints.functions.get(GEMINI))
    return Traffic(
        outbox,
        uploads.get("undelivered", 0),
        records.get("undelivered", 0),
        sum(counts.get("dead_lettered", 0) for counts in (uploads, rating_requests, records)),
        rating_requests.get("undelivered", 0) if is_asked else 0,
    )


def wait_until_over(
    endpoints: Endpoints,
    on_look: Callable[[Traffic], None] = lambda traffic: None,
    stalled_after_s: float = STALLED_AFTER_S,
    asking_within_s: float = 0.0,
) -> Traffic:
    """Wait until the pipeline is empty. Raises Stalled when the counts stay the same for too long.

    Records that wait for the scheduler may stay the same for `freshness_s` longer.

    Only with `asking_within_s` it waits for messages to Gemini. An earlier command may have left
    some, for example without a valid key, and an ingest must not wait for those.

    A record is published before its upload is acknowledged. So two empty readings in a row prove
    that no message moved from one stage to the next between the requests of one reading.
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
        patience_s = asking_within_s if is_asking else stalled_after_s + endpoints.freshness_s
        if time.monotonic() - moved_at > patience_s:
            raise Stalled(_sentence(last, patience_s, endpoints))
        time.sleep(POLL_S)


def read_traffic_or_none(endpoints: Endpoints) -> Traffic | None:
    """None while a part does not answer, for example during its restart."""
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
