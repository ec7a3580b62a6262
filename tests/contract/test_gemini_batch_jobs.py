"""Batches through the real google-genai client on the wire, in front of the stand-in."""

import json
from urllib.parse import parse_qs

import pytest

from cli.errors import UserError
from cli.selection import LakeVideo
from cli.verbs.rate.batch.view import refuse_failure
from shared.config import GeminiSettings
from shared.errors import Misconfigured, Transient
from shared.rating.batch.backfill import Backfill, BackfillOptions
from shared.rating.batch.job import Undecided, VertexJobs
from shared.rating.gemini.api import GeminiApi
from shared.rating.gemini.question import GeminiCondition
from shared.rating_section import Rating
from tests.fakes import tombstones_in
from tests.gemini_world import World, make_clip
from tests.stand_ins.gemini import standing_in
from tests.stand_ins.gemini.serving import BARE, TOO_MANY_STATES

IDS = ("7300000000000000001", "7300000000000000002", "7300000000000000003")
RUNS = {"when": {"method": "batches.create"}}


class InLake:
    """The lake in memory as the stand-in sees it: objects by their gs:// addresses."""

    def __init__(self):
        self.lake = None

    def lines(self, uri):
        return self.lake.read(uri.removeprefix("gs://lake/")).splitlines(keepends=True)

    def write(self, uri, lines):
        self.lake.put(uri.removeprefix("gs://lake/"), b"".join(lines))


class Batched(World):
    """A world whose videos are rated in batches."""

    def __init__(self, gemini, clip, objects):
        super().__init__(gemini, clip)
        objects.lake = self.lake
        self.jobs = VertexJobs(self.client(), self.settings.model)
        for video_id in IDS:
            self.upload(video_id)

    def backfill(self, **options):
        videos = [
            LakeVideo(entry.name[7:-4], entry.name, entry.generation, entry.size)
            for entry in self.lake.entries("videos/")
        ]
        run = Backfill(
            self.lake,
            tombstones_in(self.lake),
            self.jobs,
            GeminiApi(self.client(), self.settings.model, takes_bytes=False),
            GeminiCondition(self.settings),
            self.bus.publish,
            clock=lambda: self.now,
            sleep=lambda seconds: None,
            timer=lambda: 0.0,
        )
        return run.run(videos, BackfillOptions(**options))

    def ratings(self):
        names = [name for name in self.lake.names("ratings/") if name.endswith(".json")]
        return [Rating.model_validate_json(self.lake.read(name)) for name in names]

    def sent(self, method, end):
        return [
            request
            for request in self.gemini.requests
            if request.method == method and request.path.endswith(end)
        ]


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.fixture
def objects():
    return InLake()


@pytest.fixture
def gemini(objects):
    with standing_in(objects=objects) as gemini:
        yield gemini


@pytest.fixture
def world(gemini, clip, objects):
    return Batched(gemini, clip, objects)


def test_a_catalogue_is_rated_by_one_job_and_no_call(world):
    outcome = world.backfill()

    assert outcome.ratings == {"rated": 3}
    assert [rating.status for rating in world.ratings()] == ["rated"] * 3
    assert world.calls == 0
    assert len(world.sent("POST", "/batchPredictionJobs")) == 1


def test_the_job_is_made_as_the_api_wants_it(world):
    world.backfill()

    (request,) = world.sent("POST", "/batchPredictionJobs")
    (listed,) = world.sent("GET", "/batchPredictionJobs")
    body = request.json
    folder = body["inputConfig"]["gcsSource"]["uris"][0].rpartition("/")[0]
    assert body["model"] == f"publishers/google/models/{world.settings.model}"
    assert body["inputConfig"] == {
        "instancesFormat": "jsonl",
        "gcsSource": {"uris": [f"{folder}/input-00000.jsonl"]},
    }
    assert body["outputConfig"] == {
        "predictionsFormat": "jsonl",
        "gcsDestination": {"outputUriPrefix": f"{folder}/output-00000"},
    }
    assert parse_qs(listed.query)["filter"] == [f'displayName="{body["displayName"]}"']


def test_the_ratings_are_those_of_the_live_rater(world, clip):
    world.backfill()
    with standing_in() as live:
        other = World(live, clip)
        live_ratings = [other.rate(video_id=video_id) for video_id in IDS]

    for batch, alone in zip(world.ratings(), live_ratings, strict=True):
        assert (batch.rater, batch.config_hash) == (alone.rater, alone.config_hash)
        assert (batch.values, batch.evidence) == (alone.values, alone.evidence)
        assert batch.parameters == alone.parameters
        assert batch.cost_usd == pytest.approx(alone.cost_usd / 2)


@pytest.mark.parametrize("casing", ["camel", "snake"])
@pytest.mark.parametrize("shards", [0, 3])
def test_either_spelling_and_any_number_of_files_read_the_same(world, casing, shards):
    world.gemini.script(RUNS | {"job": {"casing": casing, "shards": shards}})

    outcome = world.backfill()

    assert outcome.ratings == {"rated": 3}
    assert all(rating.input_tokens for rating in world.ratings())


def test_a_job_that_expired_is_kept_as_far_as_it_came_and_the_rest_asked_again(world):
    world.gemini.script(RUNS | {"job": {"ends": "JOB_STATE_EXPIRED", "finished": 1}})

    first = world.backfill()
    second = world.backfill()

    assert (first.ratings, first.missing) == ({"rated": 1}, 2)
    assert (second.to_ask, second.ratings) == (2, {"rated": 2})
    assert len(world.ratings()) == 3


def test_a_job_that_failed_says_why(world):
    failed = {"states": ["JOB_STATE_QUEUED"], "ends": "JOB_STATE_FAILED", "error": "no access"}
    world.gemini.script(RUNS | {"job": failed})

    outcome = world.backfill()

    (job,) = outcome.document()["jobs"]
    assert (job["state"], job["problem"], outcome.missing) == ("failed", "no access", 3)


def test_error_lines_are_told_and_missing_ones_counted(world):
    world.gemini.script(
        {"when": {"method": "batches.line", "uri": IDS[0]}, "error": 400},
        {"when": {"method": "batches.line", "uri": IDS[1]}, "missing": True},
    )

    outcome = world.backfill()

    assert (outcome.failed, outcome.missing, outcome.ratings) == (1, 1, {"rated": 1})
    assert sum(outcome.messages().values()) == 1


def test_an_answer_out_of_range_is_corrected_by_one_live_call(world):
    world.gemini.script(
        {"when": {"method": "batches.line", "uri": IDS[0]}, "values": {"unexpectedness": 101}}
    )

    outcome = world.backfill()

    assert (outcome.corrected, world.calls) == (1, 1)
    assert [rating.flags for rating in world.ratings()].count(("corrected", "batch")) == 1


@pytest.mark.parametrize("how", [{"hang_up": "before"}, {"hang_up": "halfway"}, {"html": 502}])
def test_a_create_whose_answer_got_lost_is_sent_once_and_adopted(world, how):
    """The stand-in hangs up before it creates a job; the next run waits and creates one."""
    world.gemini.script(RUNS | how)

    with pytest.raises(Undecided):
        world.backfill()
    sent = len(world.sent("POST", "/batchPredictionJobs"))
    world.now = world.now.replace(hour=23)
    outcome = world.backfill()

    was_made = how == {"hang_up": "halfway"}
    assert sent == 1
    assert len(world.sent("POST", "/batchPredictionJobs")) == (1 if was_made else 2)
    assert outcome.ratings == {"rated": 3}


@pytest.mark.parametrize(
    ("code", "meaning"),
    [(400, Misconfigured), (403, Misconfigured), (404, Misconfigured), (429, Transient)],
)
def test_a_create_that_is_refused_made_no_job(world, code, meaning):
    world.gemini.script(RUNS | {"error": code})

    with pytest.raises(meaning) as refused:
        world.backfill()
    outcome = world.backfill()

    assert not isinstance(refused.value, Undecided)
    assert len(world.sent("POST", "/batchPredictionJobs")) == 2
    assert outcome.ratings == {"rated": 3}


def test_a_service_agent_without_access_is_a_broken_deploy(world):
    message = "Permission denied on gs://lake/batches/x/input-00000.jsonl"
    world.gemini.script(RUNS | {"error": {"code": 403, "message": message}})

    with pytest.raises(Misconfigured, match="service agent"):
        world.backfill()


def test_a_look_that_fails_for_a_while_ends_nothing(world):
    world.gemini.script({"when": {"method": "batches.get"}, "error": 503, "times": 3})

    assert world.backfill().ratings == {"rated": 3}


@pytest.mark.parametrize(("call", "meaning"), [("create", Undecided), ("get", Transient)])
def test_an_answer_that_cannot_be_read_may_be_asked_for_again(world, monkeypatch, call, meaning):
    def page_of_a_proxy(*_, **__):
        return json.loads("<html>")

    monkeypatch.setattr(f"google.genai.batches.Batches.{call}", page_of_a_proxy)

    with pytest.raises(meaning, match="an unreadable answer"):
        world.jobs.create("n", "gs://b/i", "gs://b/o") if call == "create" else world.jobs.get("n")


def test_a_key_of_the_developer_api_runs_no_batch():
    with pytest.raises(Misconfigured, match="GEMINI_API_KEY"):
        VertexJobs.connect(GeminiSettings(api_key="k"), "p")


def test_nothing_of_the_listing_is_on_the_wire(world):
    world.lake.put(
        f"metadata/{IDS[0]}.json",
        json.dumps(
            {
                "schema_version": 1,
                "video_id": IDS[0],
                "video": {
                    "source": "research",
                    "observed_at": "2026-11-01T00:00:00Z",
                    "caption": "a caption to hide",
                },
            }
        ).encode(),
    )

    world.backfill()

    written = [world.lake.read(name) for name in world.lake.names("batches/")]
    assert not any(b"a caption to hide" in content for content in written)


# --- the response schema --------------------------------------------------------------------------


def refuse_the_schema(world, message):
    error = {"code": 400, "message": message}
    when = {"method": "batches.line", "with_schema": True}
    world.gemini.script({"when": when, "error": error, "times": None})


def test_a_batch_sends_no_bound(world):
    world.backfill()

    (name,) = [name for name in world.lake.names("batches/") if "/input-" in name]
    lines = [json.loads(line)["request"] for line in world.lake.read(name).splitlines()]
    live = GeminiCondition(world.settings).schema
    assert [line["generationConfig"]["responseSchema"] for line in lines] == [live] * 3


@pytest.mark.parametrize("message", [TOO_MANY_STATES, BARE])
def test_a_job_whose_schema_is_refused_is_followed_by_one_with_the_schema_in_words(world, message):
    refuse_the_schema(world, message)

    first = world.backfill()
    with pytest.raises(UserError, match="does not serve the response schema"):
        refuse_failure(first)
    second = world.backfill()
    third = world.backfill()

    assert (first.failed, first.ratings) == (3, {})
    assert second.ratings == {"rated": 3}
    assert {rating.flags for rating in world.ratings()} == {("batch", "schema_relaxed")}
    assert len(world.sent("POST", "/batchPredictionJobs")) == 2
    assert (third.to_ask, world.calls) == (0, 0)


def test_one_file_that_is_refused_without_a_cause_relaxes_no_schema(world):
    when = {"method": "batches.line", "uri": IDS[0]}
    error = {"code": 400, "message": BARE}
    world.gemini.script({"when": when, "error": error, "times": None})

    first, second = world.backfill(), world.backfill()

    assert (first.failed, second.failed) == (1, 1)
    assert [part.schema_in_words for part in second.jobs] == [False]


def test_frames_that_a_batch_was_not_shown_are_flagged(world):
    details = [{"modality": "VIDEO", "tokenCount": 700}]
    step = {"usage": {"promptTokensDetails": details}, "times": None}
    world.gemini.script(step | {"when": {"method": "batches.line"}})

    world.backfill()

    assert {rating.flags for rating in world.ratings()} == {("batch", "fps_not_honoured")}
