"""The files of one run: each tried once, and none forgotten."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from shared.tiktok.media.media import MediaOutcome
from shared.tiktok.run import CollectionRun
from shared.tiktok.settling import (
    failed_again,
    final_reason,
    keep_given_up,
    no_media_record,
    settle,
)
from shared.tiktok.state import PendingFile

BATCH = 64


class MediaQueue:
    """What is due of one run. `is_patient` leaves alone what failed a moment ago."""

    def __init__(self, run: CollectionRun, is_patient: bool):
        self._run = run
        self._resolver = run.app.resolver(run.collection)
        self._is_patient = is_patient
        self._tried: set[str] = set()

    def waiting(self) -> list[PendingFile]:
        """What this run has still to try."""
        at = self._run.app.clock()
        return [
            due
            for name, due in self._run.progress.due.items()
            if name not in self._tried
            and (due.is_due(at) or not (self._is_patient or due.given_up))
        ]

    def settle(self) -> None:
        """Try each file once a run. What has no file is published before it leaves the due."""
        run = self._run
        for batch in _batched(self.waiting(), BATCH):
            if run.is_over():
                return
            at = run.app.clock()
            batch = self._without_erased(batch)
            outcomes = [
                (due, done, final_reason(due, done, at))
                for due, done in settle(batch, self._resolver, run.pool, run.is_over)
            ]
            self._publish(outcomes, at)
            for due, done, reason in outcomes:
                self._leave(due, done, reason, at)
            run.progress.save()

    def _without_erased(self, batch: list[PendingFile]) -> list[PendingFile]:
        """The batch without what was erased since it was listed, which leaves the due, too."""
        tombstones = self._run.app.tombstones
        erased = [
            one.video_id
            for one in batch
            if tombstones.has_video(one.video_id)
            or (one.username and tombstones.has_creator(one.username))
        ]
        for video_id in erased:
            del self._run.progress.due[video_id]
        return [one for one in batch if one.video_id not in erased]

    def _publish(
        self, outcomes: list[tuple[PendingFile, MediaOutcome, str | None]], at: datetime
    ) -> None:
        lake = self._run.lake
        gone = [(due, why) for due, _, why in outcomes if why and why != due.given_up]
        if gone:
            records = self._run.pool.map(
                lambda one: no_media_record(lake, one[0], one[1], at), gone
            )
            self._run.app.publish(*records)

    def _leave(
        self, due: PendingFile, done: MediaOutcome, reason: str | None, at: datetime
    ) -> None:
        """Count the outcome, and take the video off the due if it is settled."""
        run = self._run
        self._tried.add(due.video_id)
        if done.kind == "failed":
            run.progress.due[due.video_id] = failed_again(due, done, at)
            if reason:
                keep_given_up(run.lake, due, done, run.collection.name, at)
            run.tally.note("no_media" if reason else "failed", reason or done.reason)
            return
        run.tally.note("no_media" if reason else done.kind, reason)
        if reason and reason != "policy_none":
            run.progress.no_media[due.video_id] = reason
        del run.progress.due[due.video_id]


def _batched(items: Iterable[PendingFile], size: int) -> Iterator[list[PendingFile]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
