"""Listing a collection page by page: new videos leave as records, and their files become due.

Each page takes four steps. Keep the raw page. Save the state with the new records as outbox, their
files as due, and the resume point after this page. Create `metadata/{id}.json` for each record, or
complete the object that is there; a curve gets `retention/{id}/{time}.json`. Publish. The next save
empties the outbox. A run that dies before it publishes the same bytes again, which the warehouse
ignores.

Whether a video is known is looked up for each page, and so is its file (stored_files.py). The
stored listing of a known video is read, because this one may know more: a person's list, or
another collection, may have come first. A known video that is due to be read again counts as read:
its counts are on the page. So does one whose page has a curve while the lake has none.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from shared.errors import Permanent
from shared.listings import is_better
from shared.model import Record, parse_record
from shared.storage.layout import metadata_name, snapshot_name
from shared.tiktok.ages import Sighting
from shared.tiktok.files import MediaQueue
from shared.tiktok.listing import (
    PageListing,
    best_each,
    first_each,
    is_kept,
    keep_bad,
    keep_page,
    later_readings,
    read_page,
    records_of,
    retention_readings,
)
from shared.tiktok.passes import ListingPass, move, move_older, next_pass, wants_files
from shared.tiktok.reasons import ReasonExample
from shared.tiktok.refresh import ages_of, loaded_ages
from shared.tiktok.run import CollectionRun
from shared.tiktok.sources.source import Position, SourcePage, SourceVideo
from shared.tiktok.state import PendingFile
from shared.tiktok.stored_curves import without_curves
from shared.tiktok.stored_files import stored_files

DUE_AT_ONCE = 500
RECENT_AT_ONCE = 2_000
"""How many due files, and how many new sightings, are worked off between two pages. So the state,
which is written with every page, stays small."""

StoredListings = Mapping[str, Record | None]
"""The known videos of a page with their listings; None for one that cannot be read."""


class Discovery:
    """The listing of one run."""

    def __init__(self, run: CollectionRun, files: MediaQueue):
        self._run = run
        self._files = files
        self._seen: set[str] = set()

    def list(self) -> str | None:
        """List the newest window and return None, or return what stopped it between two pages."""
        run, progress = self._run, self._run.progress
        now, point = run.app.clock(), progress.resume_point
        current = ListingPass.resumed(point) if point else next_pass(run.collection, progress, now)
        page: SourcePage | None = None
        for page in run.source.pages(run.collection, now.date(), current.position):
            self._take(page, current, partial(move, progress, current, page, run.collection))
            if current.is_window_over or current.position is None:
                break
            if why := self._pause():
                return why
        is_empty = current.listed == 0
        if is_empty and page is not None and page.next is not None and not current.is_full:
            is_empty = not self._has_older_videos(page.next, now)
        progress.finished(run.app.clock(), is_empty)
        return None

    def list_older(self) -> str | None:
        """Continue with the windows before the newest one; returns as `list` does."""
        run, progress = self._run, self._run.progress
        while progress.older is not None:
            current = ListingPass.resumed(progress.older)
            note = partial(move_older, progress, current, run.collection)
            pages = run.source.pages(run.collection, run.app.clock().date(), current.position)
            for page in pages:
                self._take(page, current, note)
                if current.position is None:
                    return None
                if why := self._pause():
                    return why
                if current.position != page.next:  # the pass begins within the next window
                    break
            else:
                return None
        return None

    def _has_older_videos(self, position: Position, now: datetime) -> bool:
        """Whether the source still lists anything: a broken query looks like one without news.

        Takes the older pages up to the first one with a video.
        """
        run = self._run
        current = ListingPass(began_at=now, first=None, is_full=False)
        for page in run.source.pages(run.collection, now.date(), position):
            self._take(page, current, lambda: None)
            if current.listed or run.is_over():
                break
        return current.listed > 0

    def _pause(self) -> str | None:
        """What is due between two pages. Returns why the listing stops here, or None."""
        run = self._run
        if run.is_over():
            return "deadline"
        if len(run.progress.recent) >= RECENT_AT_ONCE:
            ages_of(run)
        if len(self._files.waiting()) >= DUE_AT_ONCE:
            self._files.settle()
        return None

    def _take(self, page: SourcePage, current: ListingPass, note: Callable[[], None]) -> None:
        """Handle one page, and `note` the pass in the state. Handling it again adds nothing."""
        run, collection = self._run, self._run.collection
        at, tombstones = run.app.clock(), run.app.tombstones
        current.notice(page.position)
        room = collection.max_videos - current.listed
        listed = read_page(page, run.source, collection, tombstones, self._seen, room, at)
        stored = self._known_among(listed.videos)
        records, readings = self._records(listed.videos, stored, current, at)
        new = {video.video_id for video in listed.videos if video.video_id not in stored}
        bad = [each for each in listed.bad if not is_kept(run.lake, each, collection)]
        if new or readings or bad:
            is_reading = bool(readings)
            keep_page(run.lake, tombstones, page, run.source.name, collection, at, is_reading)
        list(run.pool.map(lambda each: keep_bad(run.lake, each, collection, at), bad))
        due = self._unsettled(first_each(listed.videos), new)
        current.listed += len(listed)
        current.advance(page, collection.max_videos, listed.is_cut)
        note()
        self._count(listed, new, len(readings), current)
        if records or due:
            run.progress.outbox = records
            run.progress.due |= due
            run.progress.save()
            run.publish_outbox()
        for video in readings:
            loaded_ages(run).seen(video.video_id, at)

    def _records(
        self,
        videos: Sequence[SourceVideo],
        stored: StoredListings,
        current: ListingPass,
        at: datetime,
    ) -> tuple[tuple[Record, ...], tuple[SourceVideo, ...]]:
        """The records of a page, and the known videos that it reads again. Notes new sightings."""
        run = self._run
        best = best_each(videos)
        new = [video for name, video in best.items() if name not in stored]
        firsts = {id(video) for video in first_each(videos).values()}
        dated = (video for video in videos if video.video_id in stored or id(video) not in firsts)
        run.creators.unread.clear()
        records = records_of(new, run.creators, run.pool) + self._later_readings(dated)
        current.creators += len(run.creators.unread)
        better = self._better((video for name, video in best.items() if name in stored), stored)
        changed = {video.video_id for video in better}
        same = {name: best[name] for name in best if name in stored and name not in changed}
        curveless = without_curves(run.lake, same.values(), run.pool)
        readings = tuple(
            video for name, video in same.items() if name in curveless or self._is_due(video, at)
        )
        records += self._completions(better) + later_readings(readings, run.creators, run.pool)
        records += retention_readings((*new, *better, *readings))
        seen = (*new, *better, *(same[name] for name in curveless))
        run.progress.recent += [str(video) for video in self._sightings(seen)]
        return records, readings

    def _is_due(self, video: SourceVideo, at: datetime) -> bool:
        """Whether a known video has reached an age at which it is read again."""
        return not video.is_dated and loaded_ages(self._run).is_due(video.video_id, at)

    def _known_among(self, videos: Iterable[SourceVideo]) -> StoredListings:
        """Reads the stored listings, which are needed for known videos anyway."""
        video_ids = list(dict.fromkeys(video.video_id for video in videos))
        contents = self._run.pool.map(self._run.lake.read, map(metadata_name, video_ids))
        pairs = zip(video_ids, contents, strict=True)
        return {name: _record(content) for name, content in pairs if content is not None}

    def _count(
        self, listed: PageListing, new: set[str], readings: int, current: ListingPass
    ) -> None:
        run = self._run
        for bad in listed.bad:
            run.tally.note("failed", bad.error.reason, ReasonExample(None, bad.error.sentence))
        if len(listed):
            run.progress.silent_since = None
        run.tally.max_videos_reached |= current.is_capped
        run.tally.page(len(listed), len(new), len(listed.videos) - len(new))
        run.tally.reread(read=readings, missed=0, vanished=0)

    def _sightings(self, new: Iterable[SourceVideo]) -> Iterator[Sighting]:
        """New videos that will be due to be read again."""
        ages = self._run.collection.ages_days
        for video in new:
            posted, read = video.video.created_at, video.metrics.collected_at
            if ages and posted and read - posted < timedelta(days=ages[-1]):
                yield Sighting(video.video_id, int(posted.timestamp()), int(read.timestamp()))

    def _better(
        self, known_videos: Iterable[SourceVideo], stored: StoredListings
    ) -> tuple[SourceVideo, ...]:
        """The listings that know more than the stored one."""
        return tuple(
            video for video in known_videos if self._knows_more(video, stored[video.video_id])
        )

    def _knows_more(self, video: SourceVideo, stored: Record | None) -> bool:
        listing = self._run.app.tombstones.redact(
            Record(video_id=video.video_id, video=video.video, creator=video.creator)
        )
        return stored is not None and listing is not None and is_better(stored, listing)

    def _completions(self, better: Sequence[SourceVideo]) -> tuple[Record, ...]:
        """Listings for known videos, and their counts where no dated reading carries them."""
        records = records_of(better, self._run.creators, self._run.pool)
        undated = (
            record for record, video in zip(records, better, strict=True) if not video.is_dated
        )
        return (
            *(record.model_copy(update={"metrics": None}) for record in records),
            *(record.model_copy(update={"video": None}) for record in undated),
        )

    def _later_readings(self, known_videos: Iterable[SourceVideo]) -> tuple[Record, ...]:
        """Counts of known videos that have a time of their own and are not in the lake yet."""
        readings = [
            Record(video_id=video.video_id, creator=video.creator, metrics=video.metrics)
            for video in known_videos
            if video.is_dated
        ]
        is_new = self._run.pool.map(self._is_new_reading, readings)
        return tuple(video for video, new in zip(readings, is_new, strict=True) if new)

    def _is_new_reading(self, reading: Record) -> bool:
        assert reading.metrics is not None
        lake, at = self._run.lake, reading.metrics.collected_at
        if lake.exists(snapshot_name(reading.video_id, at)):
            return False
        listing = self._run.listing_of(reading.video_id)
        return not (listing and listing.metrics and listing.metrics.collected_at == at)

    def _unsettled(self, videos: dict[str, SourceVideo], new: set[str]) -> dict[str, PendingFile]:
        """Count the videos whose file is settled, and return the others as due.

        A known video is due again when its file is gone, or when the collection has begun to want
        files.
        """
        run, progress = self._run, self._run.progress
        unsettled = {}
        stored = stored_files(run.lake, videos)
        for video_id, video in videos.items():
            if waiting := progress.due.get(video_id):
                if waiting.given_up and not waiting.is_due(run.app.clock()):
                    run.tally.note("no_media", waiting.given_up, ReasonExample(video_id))
            elif video_id in stored:
                run.tally.note("already_there")
            elif video_id in progress.no_media:
                run.tally.note("no_media", progress.no_media[video_id], ReasonExample(video_id))
            elif video_id in new or wants_files(run.collection):
                unsettled[video_id] = PendingFile(
                    video_id=video_id,
                    username=video.video.creator_id,
                    media_url=video.media_url,
                    observed_at=video.video.observed_at,
                )
            else:
                run.tally.note("no_media", "policy_none", ReasonExample(video_id))
        return unsettled


def _record(content: bytes) -> Record | None:
    """A stored listing; None when it is unreadable."""
    with suppress(Permanent):
        return parse_record(content)
    return None
