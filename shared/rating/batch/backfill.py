"""Use case: rate a back-catalogue in Vertex AI's batches, at half the price.

Killed anywhere, the same run again continues: plans, jobs and answers are in the lake.
"""

import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from threading import Lock

from shared.concurrency import in_order
from shared.config import AnalyzeSettings
from shared.errors import Permanent, Transient
from shared.messaging.events import VideoUploaded
from shared.model import Record
from shared.privacy.tombstones import Tombstones
from shared.rating.batch.batches import Batches, CorrectionsOnly, NotAnswered
from shared.rating.batch.job import Job, Jobs
from shared.rating.batch.lines import RatingRequest
from shared.rating.batch.outcome import BackfillOutcome
from shared.rating.batch.part import Part, condition_of, schema_was_refused
from shared.rating.batch.plan import (
    MOST_BYTES,
    MOST_REQUESTS,
    Draft,
    Survey,
    SurveyedRating,
    VideoObject,
)
from shared.rating.budget import Budget
from shared.rating.gemini.answers import Answers
from shared.rating.gemini.api import Gemini
from shared.rating.gemini.estimate import estimate_call
from shared.rating.gemini.prices import Prices
from shared.rating.gemini.question import GeminiCondition
from shared.rating.gemini.rater import GeminiRater
from shared.rating.rate import PublishRatings, RateApp, rate_upload
from shared.storage.lake import Lake
from shared.storage.lease import Lease

LEASE_S: float = AnalyzeSettings.model_fields["claim_lease_s"].default
MAX_MEDIA_BYTES: int = AnalyzeSettings.model_fields["max_media_bytes"].default
_MAX_RETRIES = 10_000
_MAX_FAILED_POLLS = 10


@dataclass(frozen=True, slots=True)
class BackfillOptions:
    """What to ask for. `max_requests` bounds the requests under way at a time."""

    replicates: int = 1
    max_requests: int | None = None
    poll_s: float = 60.0
    wait: bool = True
    dry_run: bool = False


@dataclass
class Backfill:
    """Everything that one run touches.

    `on_plan` is called once, before anything is sent; `on_progress` gets sentences for a person.
    """

    lake: Lake
    tombstones: Tombstones
    jobs: Jobs
    gemini: Gemini
    condition: GeminiCondition
    publish: PublishRatings
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    timer: Callable[[], float] = time.monotonic
    on_plan: Callable[[BackfillOutcome], None] = lambda outcome: None
    on_progress: Callable[[str], None] = lambda sentence: None
    max_media_bytes: int = MAX_MEDIA_BYTES
    claim_lease_s: float = LEASE_S
    threads: int = 16
    part_requests: int = MOST_REQUESTS
    part_bytes: int = MOST_BYTES

    def __post_init__(self) -> None:
        if self.condition.retrieves:
            raise ValueError("a batch asks once about a video, and this rater asks twice")
        self._outcome = BackfillOutcome(
            self.condition.name, self.condition.config_hash, self.condition.settings.model
        )
        self._batches = Batches(
            self.lake,
            self.jobs,
            self.condition,
            self.clock,
            self.sleep,
            threads=self.threads,
            was_erased=self.tombstones.has_video,
        )
        self._lock = Lock()
        self._failed_polls = 0

    @cached_property
    def prices(self) -> Prices:
        """Prices where this condition asks Gemini."""
        return Prices.under(self.condition.settings)

    def run(self, videos: Iterable[VideoObject], options: BackfillOptions) -> BackfillOutcome:
        """Plan, ask, wait, keep answers, rate.

        Answers to jobs of earlier runs become ratings too, whatever this run selects. Raises
        Transient and Misconfigured when it cannot continue.
        """
        outcome = self._outcome
        outcome.dry_run = options.dry_run
        under_way = self._batches.open_parts()
        with ExitStack() as stack:
            questions = stack.enter_context(self._draft(asks=True))
            free = stack.enter_context(self._draft(asks=False))
            self._plan(videos, options, under_way, questions, free)
            self._report_plan(under_way)
            if options.dry_run:
                outcome.parts = under_way
                return outcome
            outcome.parts = [*under_way, *free.write(), *questions.write()]
        self._submit()
        self._follow_jobs(options)
        return outcome

    def _draft(self, asks: bool) -> Draft:
        in_words = asks and schema_was_refused(self.lake, self.condition)
        return Draft(self.condition, self.lake, asks, self.part_requests, self.part_bytes, in_words)

    def _plan(
        self,
        videos: Iterable[VideoObject],
        options: BackfillOptions,
        under_way: list[Part],
        questions: Draft,
        free: Draft,
    ) -> None:
        words = frozenset(
            request.request_id for part in under_way for request in self._batches.requests(part)
        )
        limit = options.max_requests
        if limit is not None:
            limit = max(0, limit - sum(part.requests for part in under_way if part.input_bytes))
        survey = Survey(self.lake, self.condition, self.max_media_bytes, words)
        seen: set[str] = set()
        for surveyed in survey.ratings(videos, options.replicates):
            if surveyed.status == "wanted" and limit is not None and questions.requests >= limit:
                self._outcome.limited = True
                break
            self._note(surveyed, seen)
            if surveyed.status == "wanted":
                questions.add(surveyed.request)
            elif surveyed.status in ("answered", "not_asked"):
                free.add(surveyed.request)
        self._outcome.cost = self._outcome.expected.cost_usd(
            self.prices, self.condition.settings.model, self.clock().date(), batch=True
        )

    def _note(self, surveyed: SurveyedRating, seen: set[str]) -> None:
        outcome, request, settings = self._outcome, surveyed.request, self.condition.settings
        outcome.standings[surveyed.status] += 1
        if surveyed.status != "wanted":
            return
        # A clip whose header has no duration may be as long as the longest that is rated.
        duration_s = settings.max_clip_s if request.duration_s is None else request.duration_s
        outcome.expected += estimate_call(duration_s, request.has_audio, self.condition)
        if request.name not in seen:
            seen.clear()  # replicates of a video follow each other
            seen.add(request.name)
            outcome.videos += 1
            outcome.seconds += duration_s

    def _report_plan(self, under_way: list[Part]) -> None:
        self.on_plan(self._outcome)
        if jobs := [part for part in under_way if part.input_bytes]:
            count = sum(part.requests for part in jobs)
            self.on_progress(f"Continuing {count} requests of earlier runs ({len(jobs)} jobs).")

    def _submit(self) -> None:
        parts = self._outcome.parts
        for number, part in enumerate(parts):
            if not part.is_at("submitted"):
                self.on_progress(f"Submitting {part.requests} requests as {part.display_name} …")
            parts[number] = self._batches.submit(part)

    def _follow_jobs(self, options: BackfillOptions) -> None:
        """Poll the jobs until all are over; rate the answers of each as soon as it is over."""
        parts = self._outcome.parts
        while True:
            for number, part in enumerate(parts):
                if not part.is_at("collected"):
                    part = self._poll(part)
                if part.step == "collected":
                    part = self._rate_part(part)
                parts[number] = part
            if not self._outcome.running or not options.wait:
                return
            self.sleep(options.poll_s)

    def _poll(self, part: Part) -> Part:
        """One failed poll says nothing about the job; many in a row end the run."""
        try:
            part, job = self._batches.poll(part)
        except Transient as error:
            self._failed_polls += 1
            if self._failed_polls >= _MAX_FAILED_POLLS:
                raise
            self.on_progress(str(error))
            return part
        self._failed_polls = 0
        self._report_state(part, job)
        return part

    def _report_state(self, part: Part, job: Job) -> None:
        states = self._outcome.states
        if states.get(part.display_name) != job.state:
            states[part.display_name] = job.state
            why = f": {job.problem}" if job.problem else ""
            self.on_progress(f"{part.display_name} is {self._outcome.state(part)}{why}")

    def _rate_part(self, part: Part) -> Part:
        """Rate what a part has answers for; close the part when nothing is unrated."""
        retries: list[RatingRequest] = []
        app = self._rate_app(condition_of(part, self.condition))
        unrated = self._rate(self._batches.requests(part), retries, app)
        unrated += self._rate(retries, None, app)
        self._outcome.unrated += unrated
        return part if unrated else self._batches.finish(part)

    def _rate(
        self,
        requests: Iterable[RatingRequest],
        retries: list[RatingRequest] | None,
        app: RateApp,
    ) -> int:
        """Rate them; returns how many are unrated, without those added to `retries`."""
        unrated = 0
        for request, error in in_order(partial(self._attempt, app), requests, self.threads):
            if isinstance(error, Permanent):
                self._outcome.problems.append(f"{request.name}: {error.sentence}")
            elif error is not None and retries is not None and len(retries) < _MAX_RETRIES:
                retries.append(request)
            elif error is not None:
                unrated += 1
                self._outcome.last_error = str(error)
        return unrated

    def _attempt(
        self, app: RateApp, request: RatingRequest
    ) -> tuple[RatingRequest, Exception | None]:
        upload = VideoUploaded(
            self.lake.bucket_name,
            request.name,
            request.generation,
            self.condition.word,
            request.replicate,
        )
        try:
            rate_upload(upload, uuid.uuid4().hex, app)
        except NotAnswered:  # the part counts it as failed or missing
            return request, None
        except (Transient, Permanent) as error:
            return request, error
        return request, None

    def _rate_app(self, asked_under: GeminiCondition) -> RateApp:
        rater = GeminiRater(
            asked_under,
            CorrectionsOnly(self.gemini),
            Answers(self.lake),
            Budget(self.lake, "gemini", None, None, self.clock),
            self.prices,
            self.clock,
            self.timer,
        )
        return RateApp(
            lake=self.lake,
            tombstones=self.tombstones,
            lease=Lease(self.lake, self.claim_lease_s),
            raters=lambda condition: rater if condition == rater.condition else None,
            publish=self._publish_and_count,
            clock=self.clock,
            timer=self.timer,
            max_media_bytes=self.max_media_bytes,
        )

    def _publish_and_count(self, *records: Record) -> None:
        self.publish(*records)
        for record in records:
            if record.rating:
                with self._lock:
                    self._outcome.count(record.rating)
