"""Reading the counts of known videos again, at declared ages; noticing which of them are gone.

For each answer: keep it raw → save the state with the readings as outbox → create
`metrics/{id}/{time}.json` for each, once → publish. How far the ages are is written every few
answers: a run that dies before asks for some videos once more, and their second reading is a
reading like any.
"""

from datetime import datetime

from shared.model import Metrics, Record
from shared.quality import VANISHED
from shared.tiktok.ages import Ages, Sighting
from shared.tiktok.listing import is_erased, keep_answers, later_readings
from shared.tiktok.run import Run
from shared.tiktok.source import BadVideo, Found, Reread

SAVE_EVERY = 10
"""Answers between two writes of the ages."""


class Refresh:
    """The rereading of one run."""

    def __init__(self, run: Run):
        self._run = run
        self._ages = ages_of(run)

    def read(self) -> str | None:
        """Read again all that is due, or say what stopped it between two answers."""
        run = self._run
        due = list(self._ages.due(run.app.clock()))
        asked = 0
        try:
            for number, answer in enumerate(run.source.again(run.collection, due), 1):
                self._take(answer)
                asked += len(answer.asked)
                if number % SAVE_EVERY == 0:
                    self._ages.save()
                if run.is_over() and asked < len(due):
                    return "deadline"
        finally:
            self._ages.save()
            run.progress.refresh_at = self._ages.next_due()
        return None

    def _take(self, answer: Reread) -> None:
        """Everything that one answer brings: readings, and videos that it left out."""
        run, at = self._run, self._run.app.clock()
        found = self._found(answer, at)
        missed = [name for name in answer.asked if name not in found]
        gone = [(name, since) for name in missed if (since := self._ages.missed(name, at))]
        records = later_readings(found.values(), run.creators, run.pool)
        records += tuple(_vanished(name, since) for name, since in gone)
        if records:
            tombstones = run.app.tombstones
            keep_answers(run.lake, tombstones, answer, run.source.name, run.collection, at)
            run.progress.outbox = records
            run.progress.save()
            run.publish_outbox()
        for name in found:
            self._ages.seen(name, at)
        run.tally.reread(read=len(found), missed=len(missed), vanished=len(gone))

    def _found(self, answer: Reread, at: datetime) -> dict[str, Found]:
        """Videos in the answer, of those that were asked for; one that cannot be read is there."""
        found: dict[str, Found] = {}
        for item in answer.videos:
            try:
                one = self._run.source.read(item, self._run.collection, at)
            except BadVideo as error:
                self._run.tally.note("failed", error.reason)
                continue
            if one.video_id in answer.asked and not is_erased(one, self._run.app.tombstones):
                found.setdefault(one.video_id, one)
        return found


def ages_of(run: Run) -> Ages:
    """The ages of a run's collection, with what the state knew of and they did not."""
    ages = Ages(run.lake, run.collection.name, run.collection.ages_days)
    if run.progress.recent:
        ages.watch(map(Sighting.parse, run.progress.recent))
        ages.save()
        run.progress.recent.clear()
        run.progress.refresh_at = ages.next_due()
    return ages


def _vanished(video_id: str, since: datetime) -> Record:
    return Record(video_id=video_id, metrics=Metrics(collected_at=since, flags=(VANISHED,)))
