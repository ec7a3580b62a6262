"""One run of `tta backfill`: what nobody rated is asked in batches, and answers become ratings."""

import os
import shlex
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from threading import Lock

from cli.console import Screen
from cli.errors import WRONG_USE, UserError
from cli.selection import Selection, videos_in
from cli.tombstone_key import tombstones_of
from cli.verbs.backfill.outcome import GO_ON, BackfillOutcome, planned
from local.endpoints import CLAIM_LEASE_S, LOCAL, Endpoints
from local.traffic import wait_until_over
from shared.concurrency import in_order
from shared.config import AnalyzeSettings, GeminiSettings, read
from shared.errors import Permanent, Transient
from shared.messaging.events import VideoUploaded
from shared.model import Rating, Record
from shared.privacy.tombstones import Tombstones
from shared.rating.batch.batches import Batches, CorrectionsOnly, NotAnswered
from shared.rating.batch.job import Job, Jobs
from shared.rating.batch.lines import RatingRequest
from shared.rating.batch.part import Part, schema_was_refused
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
from shared.rating.gemini.estimate import expected
from shared.rating.gemini.prices import Prices
from shared.rating.gemini.question import GeminiCondition
from shared.rating.gemini.rater import GeminiRater
from shared.rating.rate import PublishRecords, RateApp, rate_upload
from shared.storage.lake import Lake
from shared.storage.lease import Claims

VERTEX = "GOOGLE_VERTEX_BASE_URL"
LEASE_S: float = AnalyzeSettings.model_fields["claim_lease_s"].default
MOST_MEDIA_BYTES: int = AnalyzeSettings.model_fields["max_media_bytes"].default
_MOST_RETRIED = 10_000
_MOST_BAD_LOOKS = 10


@dataclass(frozen=True, slots=True)
class BackfillOptions:
    """What was asked for. `most_requests` bounds what is under way at a time."""

    replicates: int = 1
    most_requests: int | None = None
    poll_s: float = 60.0
    wait: bool = True
    dry_run: bool = False


@dataclass
class Backfill:
    """Everything one run touches. Time and sleep come in; `tell` speaks to the person who waits."""

    lake: Lake
    tombstones: Tombstones
    jobs: Jobs
    gemini: Gemini
    under: GeminiCondition
    publish: PublishRecords
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    timer: Callable[[], float] = time.monotonic
    tell: Callable[[str], None] = lambda sentence: None
    max_media_bytes: int = MOST_MEDIA_BYTES
    claim_lease_s: float = LEASE_S
    threads: int = 16
    part_requests: int = MOST_REQUESTS
    part_bytes: int = MOST_BYTES

    def __post_init__(self) -> None:
        self._outcome = BackfillOutcome(
            self.under.name, self.under.config_hash, self.under.settings.model
        )
        self._batches = Batches(
            self.lake,
            self.jobs,
            self.under,
            self.clock,
            self.sleep,
            threads=self.threads,
            was_erased=self.tombstones.has_video,
        )
        self._app = self._made_app()
        self._lock = Lock()
        self._bad_looks = 0

    @cached_property
    def prices(self) -> Prices:
        """What calls cost where these settings ask."""
        return Prices.under(self.under.settings)

    def run(self, videos: Iterable[VideoObject], wish: BackfillOptions) -> BackfillOutcome:
        """Plan, ask, wait, keep, rate. Killed anywhere, the same run again goes on from there.

        What jobs of earlier runs have answered becomes ratings too, whatever is selected now.
        Raises Transient and Misconfigured when it cannot go on.
        """
        outcome = self._outcome
        outcome.dry_run = wish.dry_run
        under_way = self._batches.under_way()
        with ExitStack() as stack:
            questions = stack.enter_context(self._draft(asks=True))
            free = stack.enter_context(self._draft(asks=False))
            self._plan(videos, wish, under_way, questions, free)
            self._tell_plan(under_way)
            if wish.dry_run:
                outcome.parts = under_way
                return outcome
            outcome.parts = [*under_way, *free.write(), *questions.write()]
        self._submit()
        self._settle(wish)
        return outcome

    def _draft(self, asks: bool) -> Draft:
        in_words = asks and schema_was_refused(self.lake, self.under)
        return Draft(self.under, self.lake, asks, self.part_requests, self.part_bytes, in_words)

    def _plan(
        self,
        videos: Iterable[VideoObject],
        wish: BackfillOptions,
        under_way: list[Part],
        questions: Draft,
        free: Draft,
    ) -> None:
        words = frozenset(one.word for part in under_way for one in self._batches.wanted(part))
        most = wish.most_requests
        if most is not None:
            most = max(0, most - sum(part.requests for part in under_way if part.input_bytes))
        survey = Survey(self.lake, self.under, self.max_media_bytes, words)
        seen: set[str] = set()
        for look in survey.looks(videos, wish.replicates):
            if look.standing == "wanted" and most is not None and questions.requests >= most:
                self._outcome.limited = True
                break
            self._note(look, seen)
            if look.standing == "wanted":
                questions.add(look.wanted)
            elif look.standing in ("answered", "not_asked"):
                free.add(look.wanted)
        self._outcome.cost = self._outcome.expected.cost_usd(
            self.prices, self.under.settings.model, self.clock().date(), batch=True
        )

    def _note(self, look: SurveyedRating, seen: set[str]) -> None:
        outcome, wanted, settings = self._outcome, look.wanted, self.under.settings
        outcome.standings[look.standing] += 1
        if look.standing != "wanted":
            return
        # A header that tells no duration may hold as much as is ever rated.
        duration_s = settings.max_clip_s if wanted.duration_s is None else wanted.duration_s
        outcome.expected += expected(duration_s, wanted.has_audio, self.under)
        if wanted.name not in seen:
            seen.clear()  # replicates of a video follow each other
            seen.add(wanted.name)
            outcome.videos += 1
            outcome.seconds += duration_s

    def _tell_plan(self, under_way: list[Part]) -> None:
        for sentence in planned(self._outcome):
            self.tell(sentence)
        if jobs := [part for part in under_way if part.input_bytes]:
            count = sum(part.requests for part in jobs)
            self.tell(f"{count} requests of earlier runs ({len(jobs)} jobs) are gone on with.")

    def _submit(self) -> None:
        parts = self._outcome.parts
        for number, part in enumerate(parts):
            if not part.is_at("submitted"):
                self.tell(f"Submitting {part.requests} requests as {part.display_name} …")
            parts[number] = self._batches.submitted(part)

    def _settle(self, wish: BackfillOptions) -> None:
        """Look at the jobs until all are over; rate what each has answered as soon as it is."""
        parts = self._outcome.parts
        while True:
            for number, part in enumerate(parts):
                if not part.is_at("collected"):
                    part = self._looked_at(part)
                if part.step == "collected":
                    part = self._rated(part)
                parts[number] = part
            if not self._outcome.running or not wish.wait:
                return
            self.sleep(wish.poll_s)

    def _looked_at(self, part: Part) -> Part:
        """One look that fails says nothing about the job; many in a row end the run."""
        try:
            part, job = self._batches.looked_at(part)
        except Transient as error:
            self._bad_looks += 1
            if self._bad_looks >= _MOST_BAD_LOOKS:
                raise
            self.tell(str(error))
            return part
        self._bad_looks = 0
        self._tell_state(part, job)
        return part

    def _tell_state(self, part: Part, job: Job) -> None:
        states = self._outcome.states
        if states.get(part.display_name) != job.state:
            states[part.display_name] = job.state
            why = f": {job.problem}" if job.problem else ""
            self.tell(f"{part.display_name} is {self._outcome.state(part)}{why}")

    def _rated(self, part: Part) -> Part:
        """Rate what a part has answers for; done with it when nothing is left."""
        again: list[RatingRequest] = []
        left = self._rate(self._batches.wanted(part), again)
        left += self._rate(again, None)
        self._outcome.unrated += left
        return part if left else self._batches.done_with(part)

    def _rate(self, wanted: Iterable[RatingRequest], again: list[RatingRequest] | None) -> int:
        """Rate them; returns how many are left, without those that are to be tried again."""
        left = 0
        for one, error in in_order(self._attempt, wanted, self.threads):
            if isinstance(error, Permanent):
                self._outcome.problems.append(f"{one.name}: {error.sentence}")
            elif error is not None and again is not None and len(again) < _MOST_RETRIED:
                again.append(one)
            elif error is not None:
                left += 1
                self._outcome.trouble = str(error)
        return left

    def _attempt(self, wanted: RatingRequest) -> tuple[RatingRequest, Exception | None]:
        upload = VideoUploaded(
            self.lake.bucket_name,
            wanted.name,
            wanted.generation,
            self.under.word,
            wanted.replicate,
        )
        try:
            rate_upload(upload, uuid.uuid4().hex, self._app)
        except NotAnswered:  # told by the part: failed, or missing
            return wanted, None
        except (Transient, Permanent) as error:
            return wanted, error
        return wanted, None

    def _made_app(self) -> RateApp:
        rater = GeminiRater(
            self.under,
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
            claims=Claims(self.lake, self.claim_lease_s),
            raters=lambda condition: rater if condition == rater.condition else None,
            publish=self._told,
            clock=self.clock,
            timer=self.timer,
            max_media_bytes=self.max_media_bytes,
        )

    def _told(self, *records: Record) -> None:
        self.publish(*records)
        for record in records:
            if record.rating:
                with self._lock:
                    self._count(record.rating)

    def _count(self, rating: Rating) -> None:
        outcome = self._outcome
        outcome.ratings[rating.status] += 1
        outcome.corrected += "corrected" in rating.flags
        outcome.cost_usd += rating.cost_usd or 0.0
        outcome.without_price += rating.cost_usd is None and rating.model_version is not None


def selected_in(words: list[str]) -> Selection:
    """The selection, all of it in the lake. Raises UserError for files of this machine."""
    selected = Selection.of(words)
    if selected.local_files:
        raise UserError(
            f"{selected.local_files[0]}: a batch reads files from the lake. Store it first: "
            f"tta ingest {shlex.quote(str(selected.local_files[0]))}",
            WRONG_USE,
        )
    return selected


def refuse_without_vertex(target: str, dry_run: bool) -> None:
    """Raises UserError where no batch can run: on this machine there is no Vertex AI."""
    if target != LOCAL or dry_run or os.environ.get(VERTEX):
        return
    why = ""
    if os.environ.get("GEMINI_API_KEY"):
        why = " With GEMINI_API_KEY the Developer API is asked, which has no batch over a bucket."
    raise UserError(
        f"Batches need Vertex AI: name a cloud with --target NAME.{why} Videos on this machine are "
        "rated one by one: tta rate … --rater gemini"
    )


def gemini_condition(
    endpoints: Endpoints, sees_caption: bool, sees_cards: bool = False
) -> GeminiCondition:
    """How Gemini is asked there: as that cloud is configured, else as this shell says.

    Without a key, whatever the shell has: batches are Vertex AI's, and a key is no part of a
    rating's identity.
    """
    said = endpoints.gemini or read(GeminiSettings).model_dump()
    settings = GeminiSettings.model_validate(said | {"api_key": ""})
    return GeminiCondition(settings, sees_caption, sees_cards)


def backfilled(
    selected: Selection,
    wish: BackfillOptions,
    under: GeminiCondition,
    endpoints: Endpoints,
    screen: Screen,
) -> BackfillOutcome:
    """Connect, run, and leave a cloud of our own only when the ratings have arrived."""
    from shared.messaging.publisher import Bus
    from shared.rating.batch.job import VertexJobs
    from shared.rating.gemini.api import GeminiApi

    lake = Lake.connect(endpoints.project, endpoints.bucket)
    objects = videos_in(lake, selected)
    run = Backfill(
        lake,
        tombstones_of(endpoints, lake),
        VertexJobs.connect(under.settings, endpoints.project),
        GeminiApi.connect(under.settings, endpoints.project),
        under,
        Bus(endpoints.project, endpoints.records_topic).publish,
        tell=screen.say,
        claim_lease_s=CLAIM_LEASE_S if endpoints.is_local else LEASE_S,
    )
    try:
        with screen.working("Backfilling …"):
            outcome = run.run(objects, wish)
            if endpoints.is_ours and not wish.dry_run:
                wait_until_over(endpoints)
    except Transient as error:
        raise UserError(f"{error}. {GO_ON}") from error
    outcome.problems += objects.problems
    outcome.problems += [f"{video_id}: the lake has no file of it" for video_id in objects.missing]
    return outcome
