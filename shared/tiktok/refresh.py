"""Reading the counts of known videos again, at declared ages, and noticing which ones vanished.

Each answer takes four steps. Keep it raw. Save the state with the readings as outbox. Create
`metrics/{id}/{time}.json` for each, and `retention/{id}/{time}.json` for each curve, once. Publish.
The ages are written every few answers. A run that dies before then requests some videos once more,
which adds an ordinary reading.
"""

from datetime import datetime
from typing import Any

from shared.model import Metrics, Record
from shared.quality import VANISHED
from shared.tiktok.ages import CONFIRM_AFTER, Ages, Sighting
from shared.tiktok.listing import (
    is_erased,
    keep_answers,
    later_readings,
    retention_readings,
)
from shared.tiktok.reasons import ReasonExample
from shared.tiktok.run import CollectionRun
from shared.tiktok.sources.fields import video_id_of
from shared.tiktok.sources.source import BadVideo, Reread, SourceVideo

SAVE_EVERY = 10
"""Answers between two writes of the ages."""


class Refresh:
    """The second and later readings of one run."""

    def __init__(self, run: CollectionRun):
        self._run = run
        self._ages = ages_of(run)
        self._has_unread = False

    def read(self) -> str | None:
        """Read all due videos and return None, or return what stopped it between two answers."""
        run = self._run
        due = list(self._ages.due(run.app.clock()))
        requested = 0
        try:
            for number, answer in enumerate(run.source.again(run.collection, due), 1):
                self._take(answer)
                requested += len(answer.video_ids)
                if number % SAVE_EVERY == 0:
                    self._ages.save()
                if run.is_over() and requested < len(due):
                    return "deadline"
        finally:
            keep_ages(run)
        run.progress.refreshed_at = run.app.clock()
        if self._has_unread and run.progress.refresh_at:
            # Videos that could not be parsed stay due, but one request an hour is enough.
            run.progress.refresh_at = max(run.progress.refresh_at, run.app.clock() + CONFIRM_AFTER)
        return None

    def _take(self, answer: Reread) -> None:
        """Handle one answer: readings, and videos that it left out."""
        run, at = self._run, self._run.app.clock()
        videos, unread = self._read_videos(answer, at)
        missed = [name for name in answer.video_ids if name not in videos and name not in unread]
        gone = [(name, since) for name in missed if (since := self._ages.missed(name, at))]
        records = later_readings(videos.values(), run.creators, run.pool)
        records += retention_readings(videos.values())
        records += tuple(_vanished(name, since) for name, since in gone)
        if records:
            tombstones = run.app.tombstones
            keep_answers(run.lake, tombstones, answer, run.source.name, run.collection, at)
            run.progress.outbox = records
            run.progress.save()
            run.publish_outbox()
        for name in videos:
            self._ages.seen(name, at)
        for name in unread:
            self._ages.unreadable(name)
        self._has_unread |= bool(unread)
        run.tally.reread(read=len(videos), missed=len(missed), vanished=len(gone))

    def _read_videos(self, answer: Reread, at: datetime) -> tuple[dict[str, SourceVideo], set[str]]:
        """The requested videos in the answer, and the ids of those that cannot be parsed.

        A video that cannot be parsed still exists: when TikTok changes one field, no video
        vanishes.
        """
        videos: dict[str, SourceVideo] = {}
        unread: set[str] = set()
        for item in answer.videos:
            try:
                video = self._run.source.read(item, self._run.collection, at)
            except BadVideo as error:
                example = ReasonExample(None, error.sentence)
                self._run.tally.note("failed", error.reason, example)
                unread |= _id_in(item)
                continue
            is_requested = video.video_id in answer.video_ids
            if is_requested and not is_erased(video, self._run.app.tombstones):
                videos.setdefault(video.video_id, video)
        return videos, (unread & set(answer.video_ids)) - videos.keys()


def _id_in(item: Any) -> set[str]:
    """The id of an object that cannot be parsed, if it has one."""
    try:
        return {video_id_of(item)}
    except BadVideo:
        return set()


def ages_of(run: CollectionRun) -> Ages:
    """The ages of a run's collection, with the recent sightings of its state.

    Videos erased since the state was written are left out: the erasure may have read the ages
    before.
    """
    ages = loaded_ages(run)
    if run.progress.recent:
        has_video = run.app.tombstones.has_video
        recent = map(Sighting.parse, run.progress.recent)
        ages.watch(each for each in recent if not has_video(each.video_id))
        ages.save()
        run.progress.recent.clear()
        run.progress.refresh_at = ages.next_due()
    return ages


def loaded_ages(run: CollectionRun) -> Ages:
    """The ages as the run read them, without sightings that are still in its state."""
    if run.ages is None:
        run.ages = Ages(run.lake, run.collection.name, run.collection.ages_days)
    return run.ages


def keep_ages(run: CollectionRun) -> None:
    """Save the ages, if this run has changed them, and when the next video is due."""
    if run.ages is None and not run.progress.recent:
        return
    ages = ages_of(run)
    ages.save()
    run.progress.refresh_at = ages.next_due()


def _vanished(video_id: str, since: datetime) -> Record:
    return Record(video_id=video_id, metrics=Metrics(collected_at=since, flags=(VANISHED,)))
