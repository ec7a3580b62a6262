"""The due files of one run. Each is tried once, and stays in the state until it is settled."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from shared.tiktok.media.media import MediaOutcome
from shared.tiktok.reasons import ReasonExample
from shared.tiktok.run import CollectionRun
from shared.tiktok.settling import (
    after_failure,
    final_reason,
    keep_given_up,
    no_media_record,
    settle,
)
from shared.tiktok.state import PendingFile

BATCH = 64


class MediaQueue:
    """The queue of files. With `is_patient`, files that failed a moment ago wait for their time."""

    def __init__(self, run: CollectionRun, is_patient: bool):
        self._run = run
        self._resolver = run.app.resolver(run.collection)
        self._is_patient = is_patient
        self._tried: set[str] = set()

    def waiting(self) -> list[PendingFile]:
        """The files that this run has not tried yet."""
        at = self._run.app.clock()
        return [
            due
            for name, due in self._run.progress.due.items()
            if name not in self._tried
            and (due.is_due(at) or not (self._is_patient or due.given_up))
        ]

    def settle(self) -> None:
        """Try each file once. A video without a file is published before it leaves the queue."""
        run = self._run
        for batch in _batches(self.waiting(), BATCH):
            if run.is_over():
                return
            at = run.app.clock()
            batch = self._without_erased(batch)
            outcomes = [
                (due, outcome, final_reason(due, outcome, at))
                for due, outcome in settle(batch, self._resolver, run.pool, run.is_over)
            ]
            self._publish(outcomes, at)
            for due, outcome, reason in outcomes:
                self._leave(due, outcome, reason, at)
            run.progress.save()

    def _without_erased(self, batch: list[PendingFile]) -> list[PendingFile]:
        """The batch without videos erased since their listing, which also leave the queue."""
        tombstones = self._run.app.tombstones
        erased = [
            pending.video_id
            for pending in batch
            if tombstones.has_video(pending.video_id)
            or (pending.username and tombstones.has_creator(pending.username))
        ]
        for video_id in erased:
            del self._run.progress.due[video_id]
        return [pending for pending in batch if pending.video_id not in erased]

    def _publish(
        self, outcomes: list[tuple[PendingFile, MediaOutcome, str | None]], at: datetime
    ) -> None:
        lake = self._run.lake
        gone = [(due, why) for due, _, why in outcomes if why and why != due.given_up]
        if gone:
            records = self._run.pool.map(
                lambda file: no_media_record(lake, file[0], file[1], at), gone
            )
            self._run.app.publish(*records)

    def _leave(
        self, due: PendingFile, outcome: MediaOutcome, reason: str | None, at: datetime
    ) -> None:
        """Count the outcome, and take the file off the queue if it is settled."""
        run = self._run
        self._tried.add(due.video_id)
        example = ReasonExample(due.video_id, outcome.sentence)
        if outcome.kind == "failed":
            run.progress.due[due.video_id] = after_failure(due, outcome, at)
            if reason:
                keep_given_up(run.lake, due, outcome, run.collection.name, at)
            run.tally.note("no_media" if reason else "failed", reason or outcome.reason, example)
            return
        run.tally.note("no_media" if reason else outcome.kind, reason, example)
        if reason and reason != "policy_none":
            run.progress.no_media[due.video_id] = reason
        del run.progress.due[due.video_id]


def _batches(items: Iterable[PendingFile], size: int) -> Iterator[list[PendingFile]]:
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch
