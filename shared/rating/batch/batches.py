"""Batches: questions that Vertex AI answers within a day or three, at half the price.

Every step is written down before the next, in an order in which nothing is paid twice: whoever
dies between two of them, the same command goes on where it was.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.concurrency import in_order
from shared.errors import Misconfigured, Transient
from shared.rating.batch.job import Job, Jobs, Undecided
from shared.rating.batch.lines import RatingRequest, lines_of, requests_in
from shared.rating.batch.part import BatchCounts, Part, open_parts, update_part
from shared.rating.batch.results import Result, Results
from shared.rating.gemini.answers import Answers
from shared.rating.gemini.api import Gemini
from shared.rating.gemini.question import GeminiCondition, GeminiQuestion, Reply
from shared.storage.lake import Gone, Lake

UNDECIDED_S = 150.0
"""How long a job may stay unseen after someone was about to make it: creating it is given up after
60 s, and a list may lag behind a little."""

_LOOK_AGAIN_S = 15.0


class NotAnswered(Transient):
    """The batch holds no answer to this question, and live it would cost twice as much."""


@dataclass(frozen=True, slots=True)
class CorrectionsOnly:
    """Obeys `Gemini`. First questions belong to batches: only what corrects an answer is asked."""

    gemini: Gemini

    @property
    def takes_bytes(self) -> bool:
        return False

    def ask(self, question: GeminiQuestion) -> Reply:
        if len(question.contents) == 1:
            raise NotAnswered("no answer is kept")
        return self.gemini.ask(question)


@dataclass(frozen=True)
class Batches:
    """The batches of one rater in one lake. `owner` tells this process from another at the same."""

    lake: Lake
    jobs: Jobs
    under: GeminiCondition
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    owner: str = field(default_factory=lambda: uuid.uuid4().hex)
    threads: int = 16
    was_erased: Callable[[str], bool] = lambda video_id: False

    def under_way(self) -> list[Part]:
        """The parts that are not done with, whoever began them."""
        return list(open_parts(self.lake, self.under))

    def wanted(self, part: Part) -> Iterator[RatingRequest]:
        """What was asked in a part."""
        plan = self.lake.stat(part.plan_name)
        if plan is None:
            raise Misconfigured(f"{part.plan_name} is missing: nobody knows what its job was asked")
        lines = lines_of(self.lake, part.plan_name, int(plan.generation))
        yield from requests_in(line or b"" for line in lines)

    def submitted(self, part: Part) -> Part:
        """Make a part's job, or find the one that was made. Raises Undecided, Transient.

        A job costs money and creating one has no precondition. So the intention is written down
        first, guarded by generation, and whoever finds an intention whose outcome is unknown looks
        for the job by its name until it would have to be there.
        """
        while not part.is_at("submitted"):
            if job := self.jobs.named(part.display_name):
                return self._with_job(part, job)
            part = update_part(self.lake, part, lambda standing: None)
            if part.step == "submitting" and self._is_recent(part.tried_at):
                self.sleep(_LOOK_AGAIN_S)
                continue
            now = self.clock()
            part = self._intended(part, now)
            if part.step == "submitting" and (part.tried_by, part.tried_at) == (self.owner, now):
                return self._with_job(part, self._made(part))
        return part

    def looked_at(self, part: Part) -> tuple[Part, Job]:
        """The part and its job as it is now; when the job is over, its answers are kept."""
        assert part.job
        job = self.jobs.get(part.job)
        return (self.collected(part, job) if job.is_over else part), job

    def collected(self, part: Part, job: Job) -> Part:
        """Keep every answer of a job that is over. Again, it changes nothing.

        Raises Transient while the output holds less than the job says it has answered.
        """
        if part.is_at("collected"):
            return part
        results = Results(
            self.wanted(part),
            self.lake.bucket_name,
            job.ended_at or self.clock(),
            part.schema_in_words,
        )
        for _ in in_order(self._keep, self._results(part, results), self.threads):
            pass
        erased = part.requests - results.requests  # out of the plan, and so out of the output
        if job.successful is not None and results.lines < job.successful - erased:
            raise Transient(
                f"{job.name} answered {job.successful} requests, but only {results.lines} lines "
                f"are under {part.output_prefix}. If they are lost for good, delete the job and "
                f"{part.state_name}: what is missing is then asked, and paid, once more"
            )
        found = BatchCounts(
            answered=results.answered,
            failed=results.failed,
            missing=results.missing,
            malformed=results.malformed,
            unknown=results.unknown,
            schema_refused=results.schema_refused,
            messages=dict(results.messages),
        )
        changes = {"step": "collected", "job_state": job.state, "problem": job.problem}
        return update_part(
            self.lake,
            part,
            lambda standing: None if standing.is_at("collected") else changes | {"found": found},
        )

    def done_with(self, part: Part) -> Part:
        """What was answered is rated: nothing more is to do about this part."""
        return update_part(
            self.lake, part, lambda standing: {"step": "rated"} if standing.is_open else None
        )

    def _is_recent(self, tried_at: datetime | None) -> bool:
        return tried_at is not None and self.clock() < tried_at + timedelta(seconds=UNDECIDED_S)

    def _intended(self, part: Part, at: datetime) -> Part:
        """Write down that the job is about to be made, unless another process just has."""

        def change(standing: Part) -> dict[str, Any] | None:
            is_theirs = standing.step == "submitting" and self._is_recent(standing.tried_at)
            if standing.is_at("submitted") or is_theirs:
                return None
            return {"step": "submitting", "tried_at": at, "tried_by": self.owner}

        return update_part(self.lake, part, change)

    def _made(self, part: Part) -> Job:
        bucket = self.lake.bucket_name
        try:
            return self.jobs.create(
                part.display_name,
                f"gs://{bucket}/{part.input_name}",
                f"gs://{bucket}/{part.output_prefix.rstrip('/')}",
            )
        except Undecided:
            raise
        except Exception:
            update_part(
                self.lake, part, _withdrawn
            )  # no job was made, and nobody has to wait for it
            raise

    def _with_job(self, part: Part, job: Job) -> Part:
        changes = {"step": "submitted", "job": job.name}
        return update_part(
            self.lake, part, lambda standing: None if standing.is_at("submitted") else changes
        )

    def _results(self, part: Part, results: Results) -> Iterator[Result]:
        """Every object under the prefix: a job that is cut short leaves more than one."""
        for entry in self.lake.entries(part.output_prefix):
            if entry.name.endswith("/"):
                continue
            try:
                for line in lines_of(self.lake, entry.name, entry.generation):
                    if result := results.read(line):
                        yield result
            except Gone as error:
                raise Transient(f"{entry.name} is still being written") from error

    def _keep(self, result: Result) -> None:
        if result.kept is not None and not self.was_erased(result.video_id):
            key = result.key(self.under)
            Answers(self.lake).keep(result.video_id, key, 1, result.kept)


def _withdrawn(standing: Part) -> dict[str, Any] | None:
    if standing.step != "submitting":
        return None
    return {"step": "planned", "tried_at": None, "tried_by": None}
