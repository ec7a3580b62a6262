"""Use case: list a collection, tell the warehouse of what is new, and store the files.

A run may be killed anywhere, and the next one goes on. `state/{collection}.json` holds the
*outbox* (records of the page being published), the *due* (videos whose file is not settled), the
ids known to have no file, and the *place* where the listing goes on. It is only ever replaced
from the generation that was read, so of two fetchers on one collection the one that saves second
stops as Busy; whatever it had in hand is in the state that the other one reads.

1. Publish what an earlier run left in the outbox.
2. List (discover.py): each page leaves as records before the next one is asked for.
3. Settle the due (files.py), several at once. A video without a file gets a rating `no_media`, kept
   once and published before the video leaves the due. What fails stays for later runs.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from typing import Any

from shared.errors import Transient
from shared.tiktok.collections import read_collection
from shared.tiktok.discover import Discovery
from shared.tiktok.files import Files
from shared.tiktok.run import App, Run
from shared.tiktok.wire import QuotaExhausted

log = logging.getLogger(__name__)


def fetch_collection(name: str, app: App) -> dict[str, Any]:
    """Discover a collection's videos. Again, it goes on where it was left, or changes nothing.

    Returns the counts of Tally, `requests`, and under `left` what a later run has still to do
    (None when nothing). Raises Permanent, Transient, and Busy.
    """
    collection = read_collection(app.lake, name)
    with ThreadPoolExecutor(app.parallel) as pool:
        run = Run(collection, app, pool, app.timer() + app.deadline_s)
        try:
            answer = _discover(run, Files(run, is_patient=False))
        finally:
            run.source.close()
    log.info("collection fetched", extra=answer)
    return answer


def _discover(run: Run, files: Files) -> dict[str, Any]:
    run.publish_outbox()
    held: Transient | None = None
    why: str | None = None
    try:
        why = Discovery(run, files).list()
    except QuotaExhausted as error:
        log.warning("quota exhausted", extra={"why": str(error)})
        why = "quota"
    except Transient as error:
        held = error  # the files that are due need no listing
    files.settle()
    run.progress.save()
    if held is not None:
        raise held
    return {
        "collection": run.collection.name,
        "mode": "discover",
        **run.tally.answer(),
        "requests": run.source.requests,
        "left": _left(why, run, files),
    }


def _left(why: str | None, run: Run, files: Files) -> dict[str, Any] | None:
    waiting, place = len(files.waiting()), run.progress.place
    if why is None and waiting == 0:
        return None
    left: dict[str, Any] = {"why": why or "deadline", "media": waiting, "listing": None}
    if place:
        left["listing"] = {"window": str(place.window), "cursor": place.cursor}
    if why == "quota":
        midnight = datetime.combine(run.app.clock().date(), time(), UTC) + timedelta(days=1)
        left["again_at"] = midnight.isoformat()
    return left
