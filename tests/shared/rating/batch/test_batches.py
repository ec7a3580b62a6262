"""A back-catalogue in batches: asked once, stored first, read in any order, never paid twice."""

import json
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from cli.errors import UserError
from cli.selection import LakeVideo
from cli.verbs.rate.batch.view import refuse_failure
from shared.config import GeminiSettings
from shared.erasure.objects import apply, examine
from shared.errors import Misconfigured, Transient
from shared.model import Record, Video
from shared.privacy.redaction import Redaction
from shared.rating.batch import lines as batch_lines
from shared.rating.batch.backfill import Backfill, BackfillOptions
from shared.rating.batch.job import Job, Undecided
from shared.rating.batch.lines import RatingRequest, lines_of, request_line
from shared.rating.batch.part import read_part
from shared.rating.batch.results import Results
from shared.rating.gemini.answers import Answers, StoredAnswer
from shared.rating.gemini.question import GeminiCondition, Reply
from shared.rating_section import Rating
from shared.rubric_values import Values
from shared.storage.layout import RatingKey, answer_name, rating_name
from tests.fakes import LakeInMemory, tombstones_in
from tests.gemini_world import make_clip

START = datetime(2026, 11, 1, tzinfo=UTC)
ANSWERED_AT = "2026-11-01T06:00:00.250+00:00"
IDS = ("7300000000000000001", "7300000000000000002", "u0123456789abcdef")
UNDER = GeminiCondition(GeminiSettings(api_key=""))


class Killed(BaseException):
    """The process was killed."""


class MortalLake(LakeInMemory):
    """A lake whose process dies after a given number of writes; a dead one writes no more."""

    def __init__(self):
        super().__init__()
        self.now = START
        self.life = 10**9

    def lives(self):
        if self.life <= 0:
            raise Killed

    def spend(self):
        self.life -= 1
        self.lives()

    def replace(self, name, content, generation, content_type="application/json"):
        self.lives()
        new_generation = super().replace(name, content, generation, content_type)
        self.spend()
        return new_generation

    def delete(self, name, generation=None):
        self.lives()
        gone = super().delete(name, generation)
        self.spend()
        return gone

    def theirs(self, name, content):
        """A write by another process."""
        LakeInMemory.replace(self, name, content, self.read_with_generation(name)[1])


def model_response(unexpectedness=20, **fields):
    values = dict.fromkeys(Values.model_fields) | {"unexpectedness": unexpectedness, "evidence": []}
    return {
        "candidates": [
            {
                "content": {"role": "model", "parts": [{"text": json.dumps(values | fields)}]},
                "finishReason": "STOP",
            }
        ],
        "usageMetadata": {"promptTokenCount": 1_000, "candidatesTokenCount": 100},
        "modelVersion": "m-1",
    }


def line(request, response=None, status="", **fields):
    shown = {"request": request, "status": status, "processed_time": ANSWERED_AT} | fields
    return shown | ({} if response is None else {"response": response})


class FakeJobs:
    """`Jobs` in memory: a job runs for one poll, then its output appears in another order."""

    def __init__(self, lake):
        self.lake = lake
        self.created: list[tuple[str, str, str]] = []
        self.question_counts: Counter = Counter()
        self.answer = lambda request: line(request, model_response())
        self.ends = "JOB_STATE_SUCCEEDED"
        self.successful = None
        self.shards = 2
        self.before_create = lambda: None
        self.looks: Counter = Counter()
        self.down = 0

    def find(self, display_name):
        for number, (name, _, _) in enumerate(self.created):
            if name == display_name:
                return self._job(number)
        return None

    def create(self, display_name, source_uri, output_uri):
        self.lake.lives()
        self.before_create()
        self.created.append((display_name, source_uri, output_uri))
        self.lake.spend()
        return self._job(len(self.created) - 1)

    def get(self, name):
        if self.down:
            self.down -= 1
            raise Transient("503")
        number = int(name.rpartition("/")[2])
        self.looks[number] += 1
        if self.looks[number] == 2:
            self._write(number)
        return self._job(number)

    def _job(self, number):
        state = self.ends if self.looks[number] > 1 else "JOB_STATE_RUNNING"
        ended = START + timedelta(hours=8)
        return Job(
            f"projects/p/locations/global/batchPredictionJobs/{number}",
            self.created[number][0], state, START, ended, self.successful,
        )  # fmt: skip

    def _write(self, number):
        _, source, output = (uri.removeprefix("gs://lake/") for uri in self.created[number])
        requests = [json.loads(text)["request"] for text in self.lake.read(source).splitlines()]
        for request in requests:
            labels = request["labels"]
            self.question_counts[f"{labels['video']}/{labels['replicate']}"] += 1
        lines = [answer for answer in map(self.answer, requests) if answer is not None]
        random.Random(number).shuffle(lines)
        for shard in range(self.shards):
            content = b"".join(
                answer if isinstance(answer, bytes) else json.dumps(answer).encode() + b"\n"
                for answer in lines[shard :: self.shards]
            )
            self.lake.theirs(f"{output}/prediction-x/part-{shard}.jsonl", content)


class FakeGemini:
    """A `Gemini` that is asked live."""

    takes_bytes = False

    def __init__(self):
        self.questions = []

    def ask(self, question):
        self.questions.append(question)
        return Reply(model_response(30))


@dataclass
class World:
    """A lake of videos, and all that a backfill touches."""

    clip: bytes
    ids: tuple = IDS
    under: GeminiCondition = UNDER

    def __post_init__(self):
        self.lake = MortalLake()
        self.jobs = FakeJobs(self.lake)
        self.gemini = FakeGemini()
        self.published: list[Record] = []
        self.sentences: list[str] = []
        for video_id in self.ids:
            self.store(video_id, self.clip)

    def store(self, video_id, content):
        self.lake.theirs(f"videos/{video_id}.mp4", content)

    def videos(self):
        for entry in self.lake.entries("videos/"):
            video_id = entry.name.removeprefix("videos/").removesuffix(".mp4")
            yield LakeVideo(video_id, entry.name, entry.generation, entry.size)

    def publish(self, *records):
        self.lake.lives()
        self.published += records
        self.lake.spend()

    def sleep(self, seconds):
        self.lake.now += timedelta(seconds=seconds)

    def backfill(self, videos=None, **how):
        options = {
            name: how.pop(name)
            for name in list(how)
            if name in BackfillOptions.__dataclass_fields__
        }
        run = Backfill(
            self.lake,
            tombstones_in(self.lake),
            self.jobs,
            self.gemini,
            how.pop("under", self.under),
            self.publish,
            clock=lambda: self.lake.now,
            sleep=self.sleep,
            timer=lambda: 0.0,
            on_progress=self.sentences.append,
            threads=how.pop("threads", 1),
            **how,
        )
        return run.run(self.videos() if videos is None else videos, BackfillOptions(**options))

    def ratings(self):
        names = [name for name in self.lake.names("ratings/") if name.endswith(".json")]
        return {name: self.lake.read(name) for name in names}

    def rating(self, video_id=IDS[0], replicate=0, under=UNDER):
        generation = str(self.lake.stat(f"videos/{video_id}.mp4").generation)
        key = RatingKey(generation, under.name, under.config_hash, replicate)
        content = self.lake.read(rating_name(video_id, key))
        return None if content is None else Rating.model_validate_json(content)

    def key(self, video_id=IDS[0]):
        generation = str(self.lake.stat(f"videos/{video_id}.mp4").generation)
        return RatingKey(generation, self.under.name, self.under.config_hash, 0)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", 2)


@pytest.fixture
def world(clip):
    return World(clip)


# --- one batch ----------------------------------------------------------------------------------


def test_a_catalogue_becomes_ratings_in_one_job(world):
    outcome = world.backfill()

    rating = world.rating()
    assert len(world.jobs.created) == 1
    assert outcome.ratings == {"rated": 3}
    assert (rating.status, rating.rater, rating.flags) == ("rated", UNDER.name, ("batch",))
    assert rating.rated_at == datetime.fromisoformat(ANSWERED_AT)
    assert {record.video_id for record in world.published} == set(IDS)
    assert world.gemini.questions == []


def test_a_batch_costs_half(world):
    outcome = world.backfill()

    assert world.rating().cost_usd == pytest.approx((1_000 * 0.30 + 100 * 2.50) / 1e6 / 2)
    assert outcome.cost_usd == pytest.approx(3 * world.rating().cost_usd)


def test_a_line_asks_what_is_asked_live_and_says_whose_it_is(world, clip):
    world.backfill()

    (name,) = (name for name in world.lake.names("batches/") if "/input-" in name)
    request = json.loads(world.lake.read(name).splitlines()[0])["request"]
    labels = request.pop("labels")
    rating_request = RatingRequest(
        video_id=IDS[0], name=f"videos/{IDS[0]}.mp4", generation=labels["generation"],
        replicate=0, size=len(clip), mime="video/mp4", duration_s=2.0,
    )  # fmt: skip
    live = json.loads(request_line(rating_request, UNDER, world.lake))["request"]
    live.pop("labels")
    assert request == live
    assert request["systemInstruction"]["parts"][0]["text"] == UNDER.prompt
    assert labels["video"] == IDS[0]


def test_the_same_command_again_asks_and_publishes_nothing(world):
    world.backfill()
    published = len(world.published)

    outcome = world.backfill()

    assert outcome.standings == {"rated": 3}
    assert len(world.jobs.created) == 1
    assert len(world.published) == published


def test_replicates_are_requests_of_their_own(world):
    world.backfill(replicates=3)

    assert len(world.ratings()) == 9
    assert set(world.jobs.question_counts.values()) == {1}


def test_a_job_takes_no_more_requests_than_it_may(world):
    world.backfill(replicates=3, part_requests=4)

    assert len(world.jobs.created) == 3
    assert len(world.ratings()) == 9


def test_a_job_takes_no_more_bytes_than_it_may(world):
    line_bytes = 12_000
    world.backfill(replicates=2, part_bytes=2 * line_bytes)

    inputs = [name for name in world.lake.names("batches/") if "/input-" in name]
    assert len(inputs) > 2
    assert all(len(world.lake.read(name)) <= 2 * line_bytes for name in inputs)
    assert len(world.ratings()) == 6


def test_the_rater_that_is_shown_captions_gets_them_from_the_listing(clip):
    world = World(clip, under=GeminiCondition(GeminiSettings(api_key=""), sees_caption=True))
    video = Video(source="research", observed_at=START, caption="<b>cats")
    world.lake.theirs(f"metadata/{IDS[0]}.json", Record(video_id=IDS[0], video=video).to_json())

    world.backfill()

    (name,) = (name for name in world.lake.names("batches/") if "/input-" in name)
    first, second, _ = world.lake.read(name).decode().splitlines()
    assert "u003cb" in first and "caption" not in json.dumps(
        json.loads(second)["request"]["contents"]
    )
    assert world.rating(under=world.under).status == "rated"


def test_a_blind_rater_puts_no_caption_on_the_wire(world):
    video = Video(source="research", observed_at=START, caption="ask for likes")
    world.lake.theirs(f"metadata/{IDS[0]}.json", Record(video_id=IDS[0], video=video).to_json())

    world.backfill()

    sent = [world.lake.read(name) for name in world.lake.names("batches/")]
    assert not any(b"ask for likes" in content for content in sent)


def test_what_is_no_video_is_rated_without_being_asked(world):
    world.store("7300000000000000009", b"no video at all")

    world.backfill()

    assert world.rating("7300000000000000009").reason == "not_a_video"
    assert "7300000000000000009/0" not in world.jobs.question_counts


def test_a_clip_that_is_too_long_is_rated_without_being_asked(world):
    under = GeminiCondition(GeminiSettings(api_key="", max_clip_s=1))

    world.backfill(under=under)

    assert world.jobs.created == []
    assert world.rating(under=under).reason == "too_long"


def test_what_was_answered_already_is_not_asked_again(world):
    stored = StoredAnswer(asked_at=START, response=model_response(7), latency_s=1.5)
    Answers(world.lake).keep(IDS[0], world.key(), 1, stored)

    world.backfill()

    assert world.rating().values.unexpectedness == 7
    assert f"{IDS[0]}/0" not in world.jobs.question_counts


def test_an_answer_that_fails_a_check_is_corrected_live_and_nothing_else_is(world):
    world.jobs.answer = lambda request: line(
        request, model_response(101 if request["labels"]["video"] == IDS[1] else 20)
    )

    outcome = world.backfill()

    assert outcome.corrected == len(world.gemini.questions) == 1
    assert len(world.gemini.questions[0].contents) == 3
    assert world.rating(IDS[1]).values.unexpectedness == 30
    assert world.rating(IDS[1]).flags == ("corrected", "batch")


def test_a_blocked_prompt_becomes_a_refusal(world):
    world.jobs.answer = lambda request: line(request, {"promptFeedback": {"blockReason": "SAFETY"}})

    outcome = world.backfill()

    assert outcome.ratings == {"refused": 3}


def test_an_object_replaced_meanwhile_gets_no_rating_of_the_old_one(world, clip):
    world.backfill(wait=False)
    world.store(IDS[0], clip + b"\0")

    outcome = world.backfill(videos=[])

    assert outcome.ratings == {"rated": 2}
    assert world.rating() is None


def test_a_dry_run_writes_nothing(world):
    before = dict(world.lake.objects)

    outcome = world.backfill(dry_run=True)

    assert (outcome.to_ask, outcome.videos, outcome.seconds) == (3, 3, 6.0)
    assert 0 < outcome.cost.low < outcome.cost.high
    assert world.lake.objects == before
    assert world.jobs.created == []


def test_the_number_of_requests_under_way_is_bounded(world):
    first = world.backfill(max_requests=2, wait=False)
    again = world.backfill(max_requests=2, wait=False)
    last = world.backfill(max_requests=2)

    assert (first.limited, first.to_ask) == (True, 2)
    assert (again.limited, again.to_ask) == (True, 0)
    assert (last.limited, last.to_ask) == (False, 1)
    assert len(world.ratings()) == 3


# --- what jobs write ----------------------------------------------------------------------------


def test_error_lines_are_counted_by_what_they_say_and_asked_again(world):
    error = json.dumps(
        {"error": {"code": 400, "message": "Cannot fetch gs://lake/videos/x.mp4 now"}}
    )
    world.jobs.answer = lambda request: (
        line(request, status=f"Bad Request: {error}")
        if request["labels"]["video"] != IDS[0]
        else line(request, model_response())
    )

    outcome = world.backfill()
    with pytest.raises(UserError, match="2 requests failed"):
        refuse_failure(outcome)
    world.jobs.answer = lambda request: line(request, model_response())
    again = world.backfill()

    assert outcome.messages() == {"Cannot fetch gs://… now": 2}
    assert (again.to_ask, again.failed) == (2, 0)
    assert len(world.ratings()) == 3
    assert world.gemini.questions == []


@pytest.mark.parametrize("ends", ["FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED"])
def test_of_a_job_that_is_cut_short_what_is_there_is_kept(world, ends):
    world.jobs.ends = f"JOB_STATE_{ends}"
    world.jobs.answer = lambda request: (
        line(request, model_response()) if request["labels"]["video"] == IDS[0] else None
    )

    outcome = world.backfill()
    world.jobs.answer = lambda request: line(request, model_response())
    world.jobs.ends = "JOB_STATE_SUCCEEDED"
    world.backfill()

    assert (outcome.ratings, outcome.missing) == ({"rated": 1}, 2)
    assert world.jobs.question_counts == {f"{IDS[0]}/0": 1, f"{IDS[1]}/0": 2, f"{IDS[2]}/0": 2}
    assert len(world.ratings()) == 3


def test_a_job_that_failed_whole_is_made_anew_by_the_next_run(world):
    world.jobs.ends = "JOB_STATE_FAILED"
    world.jobs.answer = lambda request: None
    world.backfill()
    world.jobs.ends, world.jobs.answer = (
        "JOB_STATE_SUCCEEDED",
        lambda request: line(request, model_response()),
    )

    world.backfill()

    assert len({name for name, _, _ in world.jobs.created}) == 2
    assert len(world.ratings()) == 3


def test_a_job_that_says_more_than_it_wrote_is_not_paid_again(world):
    world.jobs.successful = 3
    world.jobs.answer = lambda request: None

    with pytest.raises(Transient, match="only 0 lines"):
        world.backfill()
    with suppress(Transient):
        world.backfill()

    assert len(world.jobs.created) == 1


@pytest.mark.parametrize("ids", [IDS[:1], IDS[:2], IDS], ids=len)
def test_what_is_erased_before_the_answers_are_collected_keeps_nothing_up(world, ids):
    world.jobs.successful, get = 3, world.jobs.get

    def and_then_erased(name):
        job = get(name)
        if job.is_over:
            erase(world.lake, ids)
        return job

    world.jobs.get = and_then_erased
    world.backfill()
    world.backfill()

    assert not any(part.is_open for part in open_parts_of(world))
    assert len(world.jobs.created) == 1
    assert {name.split("/")[1] for name in world.ratings()} == set(IDS) - set(ids)
    assert not any("[erased]" in name for name in world.lake.objects)


def test_an_answer_that_only_mentions_an_erased_creator_is_kept_without_the_name(world):
    world.jobs.successful, get = 3, world.jobs.get
    world.jobs.answer = lambda request: line(
        request, model_response(violation="@ada.l falls upwards")
    )

    def and_then_erased(name):
        job = get(name)
        if job.is_over:
            erase(world.lake, (), ["ada.l"])
        return job

    world.jobs.get = and_then_erased
    world.backfill()

    assert not any(part.is_open for part in open_parts_of(world))
    assert world.rating().values.violation == "@[erased] falls upwards"
    assert not any(b"ada.l" in stored.content for stored in world.lake.objects.values())


def erase(lake, ids, creators=()):
    tombstones = tombstones_in(lake)
    tombstones.put(ids, creators, START)
    for entry in list(lake.entries("")):
        if touched := examine(entry, lake, Redaction(tombstones)):
            apply(touched, lake, Redaction(tombstones))


def test_hostile_lines_are_counted_and_fatal_to_none(world):
    response = model_response()
    junk = [
        b"\n", b"not json\n", b"[1]\n", b"null\n", b'{"request": 7}\n', b"\xff\xfe\n",
        b"[" * 100_000 + b"\n", b'{"request": ' + b'{"a":' * 200 + b"1" + b"}" * 201 + b"\n",
        json.dumps(line({"labels": {"video": "7", "generation": "1", "replicate": "0"}}, response))
        .encode() + b"\n",
        json.dumps(line({"labels": {"video": [], "generation": {}, "replicate": "x"}}, response))
        .encode() + b"\n",
        b'{"request": {"contents": [[{"parts": 1}], {"parts": ["x", {"fileData": 1}]}]}}\n',
    ]  # fmt: skip

    def answer(request):
        return junk.pop() if junk else line(request, model_response())

    world.ids = ()
    for number in range(20):
        world.store(f"74000000000000000{number:02}", world.clip)
    outcome = world.backfill()

    (part,) = outcome.jobs
    assert part.counts.answered == 23
    world.jobs.answer = answer
    world.backfill(replicates=2)
    (counts,) = (
        read_part(world.lake, name)[0].counts
        for name in world.lake.names("batches/")
        if "/job-" in name and read_part(world.lake, name)[0].batch_id != part.batch_id
    )
    assert (counts.answered, counts.missing) == (12, 11)
    assert counts.malformed + counts.unknown == 10  # the empty line is none


def results_of(lake, count=2, **fields):
    ratings = [
        RatingRequest(
            video_id=IDS[0], name=f"videos/{IDS[0]}.mp4", generation="5", replicate=number,
            size=1, mime="video/mp4", **fields,
        )
        for number in range(count)
    ]  # fmt: skip
    requests = [json.loads(request_line(request, UNDER, lake))["request"] for request in ratings]
    return Results(ratings, "lake", START), requests


def read(results, line):
    return results.read(line if line is None else json.dumps(line).encode())


def test_a_result_without_labels_is_known_by_its_file(world):
    results, requests = results_of(world.lake)
    for request in requests:
        del request["labels"]

    in_order = [read(results, line(request, model_response())) for request in requests]

    assert [result.replicate for result in in_order] == [0, 1]
    assert results.counts().missing == 0


def test_a_result_in_snake_case_is_read_the_same(world):
    results, (request,) = results_of(world.lake, 1)
    del request["labels"]
    content = request["contents"][0]["parts"][0]
    content["file_data"] = {"file_uri": content.pop("fileData")["fileUri"]}
    response = model_response()
    response["usage_metadata"] = {"prompt_token_count": 12}
    del response["usageMetadata"]

    result = read(results, line(request, response))

    assert result.answer.response["usageMetadata"] == {"promptTokenCount": 12}


def test_labels_that_contradict_the_file_are_nobodys(world):
    results, (request,) = results_of(world.lake, 1)
    request["labels"]["generation"] = "6"

    assert read(results, line(request, model_response())) is None
    assert (results.counts().unknown, results.counts().missing) == (1, 1)


def test_a_line_twice_counts_once_and_an_error_after_an_answer_changes_nothing(world):
    results, (request,) = results_of(world.lake, 1)

    read(results, line(request, model_response()))
    read(results, line(request, model_response()))
    read(results, line(request, status="late error"))

    assert (results.counts().answered, results.counts().failed, results.counts().missing) == (
        1,
        0,
        0,
    )


@pytest.mark.parametrize("time", ["", "yesterday", "9999-12-31T23:59:59-23:00", 5, None])
def test_a_line_without_a_time_has_the_jobs(world, time):
    results, (request,) = results_of(world.lake, 1)

    result = read(results, line(request, model_response(), processed_time=time))

    assert result.answer.asked_at == START


def test_half_a_character_is_kept_as_a_question_mark(world):
    results, (request,) = results_of(world.lake, 1)

    result = read(results, line(request, {"candidates": "\ud800"}))

    assert result.answer.response == {"candidates": "?"}
    assert results.counts().failed == 0


def test_a_line_without_an_end_is_not_kept_in_memory(world, monkeypatch):
    monkeypatch.setattr(batch_lines, "MOST_LINE_BYTES", 100)
    generation = world.lake.replace("x", b"a" * 1_000 + b"\n{}\n" + b"b" * 99 + b"\n", 0)

    assert list(lines_of(world.lake, "x", generation)) == [None, b"{}\n", b"b" * 99 + b"\n"]


def test_different_errors_are_counted_within_bounds(world):
    results, (request,) = results_of(world.lake, 1)

    for number in range(100):
        read(results, line(request, status=f"error {number}"))

    assert len(results.messages) <= 21
    assert results.messages.total() == 100


# --- the second time ----------------------------------------------------------------------------


def clean(clip):
    world = prepared(clip)
    world.backfill(replicates=2, part_requests=4)
    return world


def prepared(clip):
    """Three videos twice in two jobs, one failing a check; one answered; one no video."""
    world = World(clip)
    world.store("7300000000000000008", clip)
    world.store("7300000000000000009", b"no video")
    stored = StoredAnswer(asked_at=START, response=model_response(7), latency_s=1.5)
    Answers(world.lake).keep("7300000000000000008", world.key("7300000000000000008"), 1, stored)
    world.jobs.answer = lambda request: line(
        request, model_response(101 if request["labels"]["video"] == IDS[1] else 20)
    )
    return world


def outlived(world, life):
    """Run until it is killed, then again an hour later. Returns whether it was killed."""
    world.lake.life = life
    try:
        world.backfill(replicates=2, part_requests=4)
    except Killed:
        world.lake.life = 10**9
        world.lake.now += timedelta(hours=1)
        world.backfill(replicates=2, part_requests=4)
        return True
    return False


def final_ratings(world):
    """All ratings without their times, which differ after a second run."""
    return {name: timeless(json.loads(content)) for name, content in world.ratings().items()}


def published_ratings(world):
    """The set of published ratings."""
    return {
        json.dumps(timeless(record.rating.model_dump(mode="json"))) for record in world.published
    }


def timeless(rating):
    return rating | {"rated_at": None}


@pytest.mark.parametrize("each", [5, pytest.param(1, marks=pytest.mark.campaign)])
def test_killed_after_any_effect_it_ends_the_same_and_asks_once(clip, each):
    whole = clean(clip)
    life = 0
    while True:
        life += each
        world = prepared(clip)
        killed = outlived(world, life)
        assert final_ratings(world) == final_ratings(whole), life
        assert published_ratings(world) == published_ratings(whole), life
        assert set(world.jobs.question_counts.values()) == {1}, life
        assert len(world.jobs.created) == len({name for name, _, _ in world.jobs.created}), life
        assert len(world.gemini.questions) == 2, life
        if not killed:
            break

    assert life > 60
    assert not [part for part in open_parts_of(world) if part.is_open]


def open_parts_of(world):
    names = [name for name in world.lake.names("batches/") if "/job-" in name]
    return [read_part(world.lake, name)[0] for name in names]


@pytest.mark.parametrize("each", [12, pytest.param(3, marks=pytest.mark.campaign)])
def test_killed_twice_it_still_ends_the_same(clip, each):
    whole = clean(clip)
    for life in range(1, 60, each):
        world = prepared(clip)
        for _ in range(2):
            world.lake.life = life
            with suppress(Killed):
                world.backfill(replicates=2, part_requests=4)
            world.lake.now += timedelta(hours=1)
        world.lake.life = 10**9
        world.backfill(replicates=2, part_requests=4)

        assert final_ratings(world) == final_ratings(whole), life
        assert set(world.jobs.question_counts.values()) == {1}, life


def test_a_job_whose_making_was_not_heard_of_is_adopted(world):
    create = world.jobs.create

    def lost(*arguments):
        create(*arguments)
        raise Undecided("timeout")

    world.jobs.create = lost
    with pytest.raises(Undecided):
        world.backfill()
    world.backfill()

    assert len(world.jobs.created) == 1
    assert len(world.ratings()) == 3


def test_a_job_that_shows_up_late_is_waited_for(world):
    create, find = world.jobs.create, world.jobs.find

    def lost(*arguments):
        create(*arguments)
        raise Undecided("timeout")

    world.jobs.create = lost
    with pytest.raises(Undecided):
        world.backfill()
    shown_at = world.lake.now + timedelta(seconds=100)
    world.jobs.find = lambda name: find(name) if world.lake.now >= shown_at else None
    world.backfill()

    assert len(world.jobs.created) == 1


def test_a_job_that_was_never_made_is_made_after_a_wait(world):
    def lost(*arguments):
        raise Undecided("timeout")

    create, world.jobs.create = world.jobs.create, lost
    with pytest.raises(Undecided):
        world.backfill()
    world.jobs.create = create
    asked_at = world.lake.now
    world.backfill()

    assert len(world.jobs.created) == 1
    assert world.lake.now - asked_at >= timedelta(seconds=150)


def test_a_refused_job_is_tried_again_at_once(world):
    def refused(*arguments):
        raise Misconfigured("403")

    create, world.jobs.create = world.jobs.create, refused
    with pytest.raises(Misconfigured):
        world.backfill()
    world.jobs.create = create
    world.backfill(wait=False)

    assert world.lake.now == START
    assert len(world.jobs.created) == 1


def test_two_at_the_same_time_make_one_job(world):
    """A second process arrives just before the first one creates its job."""
    others = []

    def meanwhile():
        world.jobs.before_create = lambda: None
        sleep, world.sleep = world.sleep, lambda seconds: others.append(seconds) or 1 / 0
        with suppress(ZeroDivisionError):
            world.backfill(wait=False)
        world.sleep = sleep

    world.jobs.before_create = meanwhile
    world.backfill()

    assert others == [15.0]
    assert len(world.jobs.created) == 1
    assert len(world.ratings()) == 3


def test_without_waiting_the_next_run_goes_on_whatever_it_selects(world):
    first = world.backfill(wait=False)
    world.backfill(videos=[])

    assert first.running and not first.ratings
    assert len(world.ratings()) == 3
    assert len(world.jobs.created) == 1


def test_a_larger_selection_asks_only_what_is_not_under_way(world):
    first = list(world.videos())[:1]
    world.backfill(videos=first, wait=False)

    outcome = world.backfill()

    assert outcome.standings == {"under_way": 1, "wanted": 2}
    assert set(world.jobs.question_counts.values()) == {1}
    assert len(world.ratings()) == 3


def test_another_raters_batch_is_left_alone(world):
    world.backfill(wait=False)
    other = replace(UNDER, sees_caption=True)

    world.backfill(videos=[], under=other)

    assert world.ratings() == {}


def test_a_look_that_fails_is_told_and_repeated(world):
    world.jobs.down = 3

    world.backfill()

    assert world.sentences.count("503") == 3
    assert len(world.ratings()) == 3


def test_looks_that_keep_failing_end_the_run(world):
    world.jobs.down = 10**9

    with pytest.raises(Transient):
        world.backfill()


def test_what_another_delivery_holds_is_left_and_said(world):
    name = rating_name(IDS[0], world.key())
    world.lake.theirs(f"{name}.claim", b"another")

    outcome = world.backfill(claim_lease_s=10**9)
    with pytest.raises(UserError, match="1 are not rated yet"):
        refuse_failure(outcome)
    world.lake.delete(f"{name}.claim")
    world.backfill()

    assert len(world.ratings()) == 3
    assert len(world.jobs.created) == 1


def test_a_state_that_cannot_be_read_stops_the_run(world):
    world.backfill(wait=False)
    (name,) = (name for name in world.lake.names("batches/") if "/job-" in name)
    world.lake.theirs(name, b"{}")

    with pytest.raises(Misconfigured, match="job-00000"):
        world.backfill()


def test_many_threads_end_the_same(clip):
    whole, world = clean(clip), prepared(clip)

    world.backfill(replicates=2, part_requests=4, threads=8)

    assert world.ratings() == whole.ratings()


def test_answers_are_kept_before_they_are_read(world):
    world.jobs.answer = lambda request: line(request, model_response(20, language=5))

    world.backfill()

    stored = json.loads(world.lake.read(answer_name(IDS[0], world.key(), 1)))
    assert stored == {
        "asked_at": "2026-11-01T06:00:00.250000Z",
        "response": model_response(20, language=5),
        "is_batch": True,
        "schema_relaxed": False,
    }
