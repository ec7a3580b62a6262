"""Use case: list a collection, tell the warehouse of what is new, and store the files.

A run may be killed anywhere, and the next one goes on. `state/{collection}.json` holds the
*outbox* (records of the page being published), the *due* (videos whose file is not settled), the
ids known to have no file, and the *place* where the listing goes on. It is only ever replaced
from the generation that was read, so of two fetchers on one collection the one that saves second
stops as Busy; whatever it had in hand is in the state that the other one reads.

1. Publish what an earlier run left in the outbox.
2. For each page of the listing, from the place on:
   keep the raw page → save the state with the new records as outbox, their videos among the due,
   and the place after this page → create `metadata/{id}.json` for each, once (where there is one
   already, that one counts) → publish. The next save empties the outbox; a run that dies before it
   publishes the same bytes again, which the warehouse ignores.
3. Settle the due, several at once. A video without a file gets a rating `no_media`, kept once and
   published before the video leaves the due. What fails stays for later runs.

Finding out what is known takes one listing of names under `metadata/` and one under `videos/`
(a request per thousand), not a request per video. A second run changes nothing.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import islice
from typing import Any, Protocol

from shared.errors import Permanent, Transient
from shared.lake import VIDEOS, Lake, metadata_name
from shared.model import Metrics, Record, Video, parse_record
from shared.tiktok.collections import Collection, read_collection
from shared.tiktok.creators import Creators, Profiles
from shared.tiktok.ids import Ids
from shared.tiktok.listing import keep_bad, keep_page, read_page, records_of
from shared.tiktok.media import Outcome, Resolver
from shared.tiktok.research import Page, Position
from shared.tiktok.research_wire import QuotaExhausted
from shared.tiktok.settling import (
    failed_again,
    final_reason,
    keep_unreachable,
    no_media_record,
    settle,
)
from shared.tiktok.state import Due, Progress
from shared.tiktok.tally import Tally

log = logging.getLogger(__name__)

METADATA = "metadata/"
DUE_AT_ONCE = 500
"""Files waiting before they are settled between two pages, which keeps the state small."""
BATCH = 64


class Source(Profiles, Protocol):
    """Where videos are listed. `requests` counts what uses up the quota."""

    @property
    def requests(self) -> int: ...

    def pages(
        self, collection: Collection, today: date, position: Position | None = None
    ) -> Iterator[Page]: ...


class Publish(Protocol):
    def __call__(self, *records: Record) -> None: ...


@dataclass(frozen=True, slots=True)
class App:
    """Everything `fetch_collection` may touch outside its own arguments.

    A source is made for each run; `timer` is monotonic, in seconds; `parallel` bounds the threads.
    """

    lake: Lake
    publish: Publish
    source: Callable[[], Source]
    resolver: Callable[[Collection], Resolver]
    clock: Callable[[], datetime]
    timer: Callable[[], float]
    parallel: int
    deadline_s: float


def fetch_collection(name: str, app: App) -> dict[str, Any]:
    """Discover a collection's videos. Again, it goes on where it was left, or changes nothing.

    Returns the counts of Tally, `requests`, and under `left` what a later run has still to do
    (None when nothing). Raises Permanent, Transient, and Busy.
    """
    collection = read_collection(app.lake, name)
    with ThreadPoolExecutor(app.parallel) as pool:
        answer = _Run(collection, app, pool).discover()
    log.info("collection fetched", extra=answer)
    return answer


class _Run:
    """One run over one collection."""

    def __init__(self, collection: Collection, app: App, pool: ThreadPoolExecutor):
        self.collection = collection
        self.app = app
        self.lake = app.lake
        self.pool = pool
        self.source = app.source()
        self.resolver = app.resolver(collection)
        self.creators = Creators(app.lake, self.source, app.clock)
        self.progress = Progress(app.lake, collection)
        self.tally = Tally()
        self._ends_at = app.timer() + app.deadline_s
        self._seen: set[str] = set()
        self._tried: set[str] = set()

    def discover(self) -> dict[str, Any]:
        self._publish_outbox()
        held: Transient | None = None
        why: str | None = None
        try:
            why = self._list()
        except QuotaExhausted as error:
            log.warning("quota exhausted", extra={"why": str(error)})
            why = "quota"
        except Transient as error:
            held = error  # the files that are due need no listing
        self._settle_due()
        self.progress.save()
        if held is not None:
            raise held
        return self._answer(why)

    # Listing

    def _list(self) -> str | None:
        """List to the end, or say what stopped it on a page boundary."""
        today, place = self.app.clock().date(), self.progress.place
        for page in self.source.pages(self.collection, today, place.position if place else None):
            self._take(page)
            if self.progress.place is None:
                return None
            if self._is_over():
                return "deadline"
            if len(self._waiting()) >= DUE_AT_ONCE:
                self._settle_due()
        self.progress.place = None
        return None

    def _take(self, page: Page) -> None:
        """Everything that one page brings. Taken again, it brings nothing new."""
        at, progress = self.app.clock(), self.progress
        progress.notice(page.position)
        limit = self.collection.max_videos
        listed = read_page(page, self.collection, self._seen, limit - progress.listed, at)
        new = {name: found for name, found in listed.videos.items() if name not in self._known}
        records = records_of(new.items(), self.creators, self.pool)
        if new or listed.bad:
            keep_page(self.lake, page, self.collection, at)
        for bad in listed.bad:
            keep_bad(self.lake, bad, self.collection, at)
            self.tally.note("failed", bad.error.reason)
        due = self._unsettled(listed.videos, new.keys())
        progress.listed += len(listed)
        progress.advance(page, limit)
        self.tally.page(listed=len(listed), new=len(new), known=len(listed.videos) - len(new))
        if records or due:
            progress.outbox = records
            progress.due |= due
            progress.save()
            self._publish_outbox()

    def _unsettled(
        self, videos: dict[str, tuple[Video, Metrics]], new: Iterable[str]
    ) -> dict[str, Due]:
        """Count what is settled; return what is not. A file that is gone, or a collection that
        wants files since today, makes a known video due again."""
        unsettled = {}
        new, wants_files = set(new), self.collection.media.resolver != "none"
        for video_id, (video, _) in videos.items():
            if video_id in self.progress.due:
                continue
            if video_id in self._stored:
                self.tally.note("already_there")
            elif video_id in self.progress.no_media:
                self.tally.note("no_media", self.progress.no_media[video_id])
            elif wants_files or video_id in new:
                unsettled[video_id] = Due(
                    video_id=video_id, username=video.creator_id, observed_at=video.observed_at
                )
            else:
                self.tally.note("no_media", "policy_none")
        return unsettled

    @cached_property
    def _known(self) -> Ids:
        return Ids.named(self.lake.names(METADATA), METADATA)

    @cached_property
    def _stored(self) -> Ids:
        return Ids.named(self.lake.names(VIDEOS), VIDEOS)

    # Publishing

    def _publish_outbox(self) -> None:
        """Create each record's object, once, and publish what the lake then holds."""
        if self.progress.outbox:
            self.app.publish(*self.pool.map(self._kept, self.progress.outbox))
        self.progress.outbox = ()

    def _kept(self, record: Record) -> Record:
        name = metadata_name(record.video_id)
        if self.lake.write_once(name, record.to_json()):
            return record
        stored = self.lake.read(name)
        try:
            return record if stored is None else parse_record(stored)
        except Permanent as error:
            self.lake.keep_failed(
                "fetch",
                name,
                error.reason,
                error.sentence,
                self.app.clock(),
                collection=self.collection.name,
            )
            return record

    # Files

    def _waiting(self) -> list[Due]:
        return [due for name, due in self.progress.due.items() if name not in self._tried]

    def _settle_due(self) -> None:
        """Try each file once a run. What has no file is published before it leaves the due."""
        for batch in _batched(self._waiting(), BATCH):
            if self._is_over():
                return
            at = self.app.clock()
            outcomes = [
                (due, done, final_reason(due, done, at))
                for due, done in settle(batch, self.resolver, self.pool, self._is_over)
            ]
            gone = [(due, reason) for due, _, reason in outcomes if reason]
            if gone:
                records = self.pool.map(lambda one: no_media_record(self.lake, *one), gone)
                self.app.publish(*records)
            for due, done, reason in outcomes:
                self._leave(due, done, reason, at)
            self.progress.save()

    def _leave(self, due: Due, done: Outcome, reason: str | None, at: datetime) -> None:
        """Count the outcome, and take the video off the due if it is settled."""
        self._tried.add(due.video_id)
        if done.kind == "failed" and reason is None:
            self.tally.note("failed", done.reason)
            self.progress.due[due.video_id] = failed_again(due, at)
            return
        if done.kind == "failed":
            keep_unreachable(self.lake, due, done, self.collection.name, at)
        self.tally.note("no_media" if reason else done.kind, reason)
        if reason and reason != "policy_none":
            self.progress.no_media[due.video_id] = reason
        del self.progress.due[due.video_id]

    def _is_over(self) -> bool:
        return self.app.timer() >= self._ends_at

    # The answer

    def _answer(self, why: str | None) -> dict[str, Any]:
        return {
            "collection": self.collection.name,
            "mode": "discover",
            **self.tally.answer(),
            "requests": self.source.requests,
            "left": self._left(why),
        }

    def _left(self, why: str | None) -> dict[str, Any] | None:
        waiting, place = len(self._waiting()), self.progress.place
        if why is None and waiting == 0:
            return None
        left: dict[str, Any] = {"why": why or "deadline", "media": waiting, "listing": None}
        if place:
            left["listing"] = {"window": str(place.window), "cursor": place.cursor}
        if why == "quota":
            midnight = datetime.combine(self.app.clock().date(), time(), UTC) + timedelta(days=1)
            left["again_at"] = midnight.isoformat()
        return left


def _batched(items: Iterable[Due], size: int) -> Iterator[list[Due]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
