"""Listing a collection page by page: new videos leave as records, and their files become due.

Each page takes four steps. Keep the raw page. Save the state with the new records as outbox, their
files as due, and the resume point after this page. Create `metadata/{id}.json` for each record, or
complete the object that is there. Publish. The next save empties the outbox. A run that dies before
it publishes the same bytes again, which the warehouse ignores.

Known videos are found with one listing of names under `metadata/` and one under `videos/`, a
request per thousand names. The stored listing of a known video is read, because this one may know
more: a person's list, or another collection, may have come first.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property

from shared.listings import completed, is_better
from shared.model import Record
from shared.storage.layout import VIDEOS, snapshot_name
from shared.tiktok.ages import Sighting
from shared.tiktok.files import MediaQueue
from shared.tiktok.ids import Ids
from shared.tiktok.listing import keep_bad, keep_page, read_page, records_of
from shared.tiktok.reasons import ReasonExample
from shared.tiktok.refresh import ages_of
from shared.tiktok.run import CollectionRun
from shared.tiktok.sources.source import SourcePage, SourceVideo
from shared.tiktok.state import PendingFile

METADATA = "metadata/"
DUE_AT_ONCE = 500
RECENT_AT_ONCE = 2_000
"""How many due files, and how many new sightings, are worked off between two pages. So the state,
which is written with every page, stays small."""


class Discovery:
    """The listing of one run."""

    def __init__(self, run: CollectionRun, files: MediaQueue):
        self._run = run
        self._files = files
        self._seen: set[str] = set()

    def list(self) -> str | None:
        """List to the end and return None, or return what stopped it between two pages."""
        run, resume_point = self._run, self._run.progress.resume_point
        pages = run.source.pages(
            run.collection, run.app.clock().date(), resume_point.position if resume_point else None
        )
        for page in pages:
            self._take(page)
            if run.progress.resume_point is None:
                break
            if run.is_over():
                return "deadline"
            if len(run.progress.recent) >= RECENT_AT_ONCE:
                ages_of(run)
            if len(self._files.waiting()) >= DUE_AT_ONCE:
                self._files.settle()
        run.progress.finished(run.app.clock())
        return None

    def _take(self, page: SourcePage) -> None:
        """Handle one page. Handling it again adds nothing."""
        run, progress, collection = self._run, self._run.progress, self._run.collection
        at = run.app.clock()
        progress.notice(page.position)
        room = collection.max_videos - progress.listed
        tombstones = run.app.tombstones
        listed = read_page(page, run.source, collection, tombstones, self._seen, room, at)
        best = _best_each(listed.videos)
        new = {name: video for name, video in best.items() if name not in self._known_ids}
        firsts = {id(video) for video in _first_each(listed.videos).values()}
        records = records_of(new.values(), run.creators, run.pool) + self._later_readings(
            video for video in listed.videos if video.video_id not in new or id(video) not in firsts
        )
        better = self._better(video for name, video in best.items() if name not in new)
        records += self._completions(better)
        if new or listed.bad:
            keep_page(run.lake, tombstones, page, run.source.name, collection, at)
        list(run.pool.map(lambda bad: keep_bad(run.lake, bad, collection, at), listed.bad))
        for bad in listed.bad:
            run.tally.note("failed", bad.error.reason, ReasonExample(None, bad.error.sentence))
        due = self._unsettled(_first_each(listed.videos), new.keys())
        progress.listed += len(listed)
        progress.advance(page, collection.max_videos)
        run.tally.max_videos_reached = progress.resume_point is None and page.next is not None
        known_count = len(listed.videos) - len(new)
        run.tally.page(listed=len(listed), new=len(new), already_listed=known_count)
        if records or due:
            seen = [*new.values(), *better]
            progress.recent += [str(video) for video in self._sightings(seen)]
            progress.outbox = records
            progress.due |= due
            progress.save()
            run.publish_outbox()

    def _sightings(self, new: Iterable[SourceVideo]) -> Iterator[Sighting]:
        """New videos that will be due to be read again."""
        ages = self._run.collection.ages_days
        for video in new:
            posted, read = video.video.created_at, video.metrics.collected_at
            if ages and posted and read - posted < timedelta(days=ages[-1]):
                yield Sighting(video.video_id, int(posted.timestamp()), int(read.timestamp()))

    def _better(self, known_videos: Iterable[SourceVideo]) -> tuple[SourceVideo, ...]:
        """The listings that know more than the stored one."""
        videos = tuple(known_videos)
        is_better = self._run.pool.map(self._knows_more, videos)
        return tuple(video for video, more in zip(videos, is_better, strict=True) if more)

    def _knows_more(self, video: SourceVideo) -> bool:
        stored = self._run.listing_of(video.video_id)
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

    def _unsettled(
        self, videos: dict[str, SourceVideo], new: Iterable[str]
    ) -> dict[str, PendingFile]:
        """Count the videos whose file is settled, and return the others as due.

        A known video is due again when its file is gone, or when the collection has begun to want
        files.
        """
        run, progress = self._run, self._run.progress
        unsettled = {}
        new, wants_files = set(new), run.collection.media.resolver != "none"
        for video_id, video in videos.items():
            if waiting := progress.due.get(video_id):
                if waiting.given_up and not waiting.is_due(run.app.clock()):
                    run.tally.note("no_media", waiting.given_up, ReasonExample(video_id))
            elif video_id in self._stored_ids:
                run.tally.note("already_there")
            elif video_id in progress.no_media:
                run.tally.note("no_media", progress.no_media[video_id], ReasonExample(video_id))
            elif wants_files or video_id in new:
                unsettled[video_id] = PendingFile(
                    video_id=video_id,
                    username=video.video.creator_id,
                    media_url=video.media_url,
                    observed_at=video.video.observed_at,
                )
            else:
                run.tally.note("no_media", "policy_none", ReasonExample(video_id))
        return unsettled

    @cached_property
    def _known_ids(self) -> Ids:
        return Ids.of_names(self._run.lake.names(METADATA), METADATA)

    @cached_property
    def _stored_ids(self) -> Ids:
        return Ids.of_names(self._run.lake.names(VIDEOS), VIDEOS)


def _best_each(listed: Iterable[SourceVideo]) -> dict[str, SourceVideo]:
    """The first entry of each video, with what all its entries of the page know together."""
    entries: dict[str, list[SourceVideo]] = {}
    for video in listed:
        entries.setdefault(video.video_id, []).append(video)
    return {name: _together(videos) for name, videos in entries.items()}


def _together(entries: list[SourceVideo]) -> SourceVideo:
    first, *others = entries
    listing = Record(video_id=first.video_id, video=first.video, creator=first.creator)
    for other in others:
        entry = Record(video_id=first.video_id, video=other.video, creator=other.creator)
        listing = completed(listing, entry)
    return replace(first, video=listing.video or first.video, creator=listing.creator)


def _first_each(listed: Iterable[SourceVideo]) -> dict[str, SourceVideo]:
    """The first entry of each video, in the order of the page."""
    firsts: dict[str, SourceVideo] = {}
    for video in listed:
        firsts.setdefault(video.video_id, video)
    return firsts
