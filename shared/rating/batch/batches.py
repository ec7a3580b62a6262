"""Batches: questions that Vertex AI answers within one to three days, at half the price.

Every step is written down before the next one starts, so nothing is paid twice. When a process
dies between two steps, the same command continues from the last one.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from shared.concurrency import in_order
from shared.errors import Misconfigured, Transient
from shared.rating.batch.job import Job, Jobs, Undecided
from shared.rating.batch.lines import RatingRequest, lines_of, requests_in
from shared.rating.batch.part import Part, condition_of, open_parts, update_part
from shared.rating.batch.results import Result, Results
from shared.rating.gemini.answers import Answers
from shared.rating.gemini.api import Gemini
from shared.rating.gemini.question import GeminiCondition, GeminiQuestion, Reply
from shared.storage.lake import Gone, Lake

UNDECIDED_S = 150.0
"""How long a job may be missing from the list after a process was about to create it. Creating it
times out after 60 s, and the list may lag behind."""

_LOOK_AGAIN_S = 15.0


class NotAnswered(Transient):
    """The batch holds no answer to this question. Asked live, it would cost twice as much."""


@dataclass(frozen=True, slots=True)
class CorrectionsOnly:
    """A `Gemini` that asks only for corrections: first questions belong to the batch."""

    gemini: Gemini

    @property
    def takes_bytes(self) -> bool:
        return False

    def ask(self, question: GeminiQuestion) -> Reply:
        if len(question.contents) == 1:
            raise NotAnswered("no answer is stored")
        return self.gemini.ask(question)


@dataclass(frozen=True)
class Batches:
    """The batches of one rater in one lake. `owner` identifies this process."""

    lake: Lake
    jobs: Jobs
    condition: GeminiCondition
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    owner: str = field(default_factory=lambda: uuid.uuid4().hex)
    threads: int = 16
    was_erased: Callable[[str], bool] = lambda video_id: False

    def open_parts(self) -> list[Part]:
        """The unfinished parts, of this and earlier runs."""
        return list(open_parts(self.lake, self.condition))

    def requests(self, part: Part) -> Iterator[RatingRequest]:
        """The requests of a part."""
        plan = self.lake.stat(part.plan_name)
        if plan is None:
            raise Misconfigured(f"{part.plan_name} is missing: the requests of its job are unknown")
        lines = lines_of(self.lake, part.plan_name, int(plan.generation))
        yield from requests_in(line or b"" for line in lines)

    def submit(self, part: Part) -> Part:
        """Create a part's job, or find the existing one. Raises Undecided, Transient.

        A job costs money, and the API takes no precondition for creating one. So the intention is
        written first, guarded by generation. A process that finds an intention with an unknown
        outcome looks for the job by name until the job would have to be listed.
        """
        while not part.is_at("submitted"):
            if job := self.jobs.find(part.display_name):
                return self._record_job(part, job)
            part = update_part(self.lake, part, lambda current: None)
            if part.step == "submitting" and self._is_recent(part.tried_at):
                self.sleep(_LOOK_AGAIN_S)
                continue
            now = self.clock()
            part = self._record_intention(part, now)
            if part.step == "submitting" and (part.tried_by, part.tried_at) == (self.owner, now):
                return self._record_job(part, self._create_job(part))
        return part

    def poll(self, part: Part) -> tuple[Part, Job]:
        """The part and its job as they are now. Stores the answers of a job that is over."""
        assert part.job
        job = self.jobs.get(part.job)
        return (self.collect(part, job) if job.is_over else part), job

    def collect(self, part: Part, job: Job) -> Part:
        """Store every answer of a job that is over. A second call changes nothing.

        Raises Transient while the output holds fewer lines than the job reports as answered.
        """
        if part.is_at("collected"):
            return part
        results = Results(
            self.requests(part),
            self.lake.bucket_name,
            job.ended_at or self.clock(),
            part.schema_in_words,
        )
        keep = partial(self._keep, condition_of(part, self.condition))
        for _ in in_order(keep, self._results(part, results), self.threads):
            pass
        erased = part.requests - results.requests  # erased from the plan, and so from the output
        if job.successful is not None and results.lines < job.successful - erased:
            raise Transient(
                f"{job.name} answered {job.successful} requests, but only {results.lines} lines "
                f"are under {part.output_prefix}. If they are lost for good, delete the job and "
                f"{part.state_name}. The missing requests are then asked and paid again"
            )
        changes = {
            "step": "collected",
            "job_state": job.state,
            "problem": job.problem,
            "counts": results.counts(),
        }
        return update_part(
            self.lake, part, lambda current: None if current.is_at("collected") else changes
        )

    def finish(self, part: Part) -> Part:
        """Mark a part whose answers are all rated."""
        return update_part(
            self.lake, part, lambda current: {"step": "rated"} if current.is_open else None
        )

    def _is_recent(self, tried_at: datetime | None) -> bool:
        return tried_at is not None and self.clock() < tried_at + timedelta(seconds=UNDECIDED_S)

    def _record_intention(self, part: Part, at: datetime) -> Part:
        """Record that this process is about to create the job, unless another just did."""

        def change(current: Part) -> dict[str, Any] | None:
            is_theirs = current.step == "submitting" and self._is_recent(current.tried_at)
            if current.is_at("submitted") or is_theirs:
                return None
            return {"step": "submitting", "tried_at": at, "tried_by": self.owner}

        return update_part(self.lake, part, change)

    def _create_job(self, part: Part) -> Job:
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
            update_part(self.lake, part, _withdraw)  # no job was created, so nobody waits for it
            raise

    def _record_job(self, part: Part, job: Job) -> Part:
        changes = {"step": "submitted", "job": job.name}
        return update_part(
            self.lake, part, lambda current: None if current.is_at("submitted") else changes
        )

    def _results(self, part: Part, results: Results) -> Iterator[Result]:
        """The results in every object under the prefix: a cancelled job leaves more than one."""
        for entry in self.lake.entries(part.output_prefix):
            if entry.name.endswith("/"):
                continue
            try:
                for line in lines_of(self.lake, entry.name, entry.generation):
                    if result := results.read(line):
                        yield result
            except Gone as error:
                raise Transient(f"{entry.name} is still being written") from error

    def _keep(self, asked_under: GeminiCondition, result: Result) -> None:
        if result.answer is not None and not self.was_erased(result.video_id):
            key = result.key(asked_under)
            Answers(self.lake).keep(result.video_id, key, 1, result.answer)


def _withdraw(current: Part) -> dict[str, Any] | None:
    if current.step != "submitting":
        return None
    return {"step": "planned", "tried_at": None, "tried_by": None}
