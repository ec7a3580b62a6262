"""Use case: list a collection, publish new videos as records, and store their files.

A run may be killed at any point, and the next one continues. `state/{collection}.json` holds the
*outbox* (records of the page being published), the due files, the ids known to have no file, and
the *resume point* of the listing. A write replaces only the generation that was read. So of two
fetchers on one collection, the one that saves second stops with CollectionBusy. What it had begun
is in the state that the other one reads.

1. Publish what an earlier run left in the outbox.
2. List the newest window (discover.py): each page leaves as records before the next page is
   requested. Read known videos again (refresh.py): each answer leaves as new counts. Then list the
   windows before, of a full pass (passes.py).
3. Settle the due files (files.py), several at once. A video without a file gets `no_media`,
   kept once and published before its file leaves the queue. Failed files stay for later runs.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal

from shared.errors import Permanent, Transient
from shared.tiktok.collection_file import read_collection
from shared.tiktok.collections import Collection
from shared.tiktok.discover import Discovery
from shared.tiktok.files import MediaQueue
from shared.tiktok.refresh import Refresh, keep_ages
from shared.tiktok.run import CollectionRun, FetchApp
from shared.tiktok.sources.wire import QuotaExhausted

log = logging.getLogger(__name__)

Step = Literal["discover", "refresh", "older", "files"]
"""`discover` lists the newest window, then what is left of the windows before it: `older`."""


def fetch_collection(name: str, app: FetchApp, step: Step = "discover") -> dict[str, Any]:
    """Discover a collection's videos, or read known ones again.

    A second call continues where the first stopped, or changes nothing. Returns the counts of
    Tally, `requests`, under `why` each reason with an example, and under `left` the work for a
    later run (None when there is none). Raises Permanent, Transient, and CollectionBusy.
    """
    collection = read_collection(app.lake, name)
    return fetch_steps(collection, (step, "files"), app, app.timer() + app.deadline_s)


def fetch_steps(
    collection: Collection,
    steps: tuple[Step, ...],
    app: FetchApp,
    ends_at: float,
    is_patient: bool = False,
) -> dict[str, Any]:
    """Carry out the steps of one run, until a time of the app's timer; `files` come last.

    With `is_patient`, files that failed a moment ago wait for their time.
    """
    with ThreadPoolExecutor(app.parallel) as pool:
        run = CollectionRun(collection, app, pool, ends_at)
        try:
            answer = _run_steps(run, MediaQueue(run, is_patient), steps)
        finally:
            run.source.close()
    if answer["max_videos_reached"]:
        log.warning("max_videos reached, older posts are not listed", extra=_counts(answer))
    log.info("collection fetched", extra=_counts(answer))
    return answer


def _counts(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer for the log, without what strangers wrote, which examples quote."""
    return {name: value for name, value in answer.items() if name != "why"}


def _run_steps(run: CollectionRun, files: MediaQueue, steps: tuple[Step, ...]) -> dict[str, Any]:
    run.publish_outbox()
    deferred: Transient | None = None
    why: str | None = None
    try:
        why = _ask_source(run, files, steps)
    except QuotaExhausted as error:
        log.warning("quota exhausted", extra={"why": str(error)})
        why, run.progress.quota_until = "quota", _midnight(run.app.clock())
    except Transient as error:
        deferred = error  # due files do not need the listing, so they are settled first
    else:
        run.progress.quota_until = None
    if "files" in steps:
        files.settle()
    run.progress.save()
    if deferred is not None:
        raise deferred
    return {
        "collection": run.collection.name,
        "mode": _mode(steps),
        **run.tally.answer(),
        "requests": run.source.requests,
        "left": _remaining_work(why, run, files if "files" in steps else None),
    }


def _ask_source(run: CollectionRun, files: MediaQueue, steps: tuple[Step, ...]) -> str | None:
    """Carry out the steps that ask the source. Returns what stopped them, or None."""
    discovery = Discovery(run, files)
    asking: dict[Step, Callable[[], str | None]] = {
        "discover": discovery.list,
        "refresh": lambda: Refresh(run).read(),
        "older": discovery.list_older,
    }
    try:
        return _in_turn(asking, steps)
    finally:
        keep_ages(run)


def _order(steps: tuple[Step, ...]) -> list[Step]:
    """Older windows come last, since a full pass may need the requests of several days."""
    order: list[Step] = [step for step in steps if step != "files"]
    return [*order, "older"] if "discover" in steps else order


def _in_turn(asking: dict[Step, Callable[[], str | None]], steps: tuple[Step, ...]) -> str | None:
    """Ask until something stops it. After a listing that fails, due videos are read all the same.

    An age that has passed is lost, whatever is wrong with the query.
    """
    for step in _order(steps):
        try:
            why = asking[step]()
        except (Permanent, Transient):
            if step == "discover" and "refresh" in steps:
                asking["refresh"]()
            raise
        if why:
            return why
    return None


def _mode(steps: tuple[Step, ...]) -> str:
    """The steps in words. Older windows are part of the listing."""
    names = ["discover" if step == "older" else step for step in steps if step != "files"]
    return "+".join(dict.fromkeys(names)) or "files"


def _remaining_work(
    why: str | None, run: CollectionRun, files: MediaQueue | None
) -> dict[str, Any] | None:
    waiting = len(files.waiting()) if files else 0
    resume_point = run.progress.resume_point or run.progress.older
    if why is None and waiting == 0:
        return None
    remainder: dict[str, Any] = {"why": why or "deadline", "media": waiting, "listing": None}
    if resume_point:
        remainder["listing"] = {"window": str(resume_point.window), "cursor": resume_point.cursor}
    if why == "quota":
        remainder["again_at"] = _midnight(run.app.clock()).isoformat()
    return remainder


def _midnight(now: datetime) -> datetime:
    """When the next UTC day begins."""
    return datetime.combine(now.date(), time(), UTC) + timedelta(days=1)
