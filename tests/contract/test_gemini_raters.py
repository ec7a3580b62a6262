"""Several raters of one deployment: each its own model, wording, budget and rating, paid once."""

import json
from datetime import timedelta

import pytest

from shared import config
from shared.messaging.events import notification_of, upload_in
from shared.messaging.parked import due, release
from shared.messaging.sweep import SweepApp
from shared.messaging.sweep import sweep as sweep_once
from shared.named_raters import NamedRater
from shared.rating.gemini import question
from shared.rating.ledger import affordable_videos, budget_name
from shared.rating.raters import NoSuchRater, deployed_raters
from shared.storage.layout import RatingKey, rating_name
from shared.storage.parked_objects import named_rater
from tests.fakes import LakeInMemory, TopicsInMemory, tombstones_in
from tests.gemini_world import World, make_clip, paraphrased, spending_on
from tests.records import metrics, record, video
from tests.stand_ins.gemini import standing_in

FLASH = NamedRater(name="flash", model="gemini-3.5-flash")
PLAIN = NamedRater(name="plain", wording="b")
BOTH = NamedRater(name="both", model="gemini-3.5-flash", wording="b")
RATERS = (FLASH, PLAIN, BOTH)
WORDS = ("gemini", "gemini:flash", "gemini:plain", "gemini:both")
"""Two models and two wordings."""

VIDEO_ID = "7300000000000000001"
IDS = [f"73000000000000000{n:02}" for n in range(10)]
LATER = timedelta(seconds=700)
"""Past the lease of a claim and of a reservation."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.fixture(autouse=True)
def wordings(tmp_path, monkeypatch):
    monkeypatch.setattr(question, "_RATING", paraphrased(tmp_path / "rating"))


@pytest.fixture
def gemini():
    with standing_in() as gemini:
        yield gemini


@pytest.fixture
def world(gemini, clip) -> World:
    return World(gemini, clip, RATERS)


def questions(world: World) -> list[tuple[str, dict]]:
    """Model and body of each question sent."""
    return [
        (request.path.rpartition("/models/")[2].partition(":")[0], json.loads(request.body))
        for request in world.gemini.requests
        if "generateContent" in request.path
    ]


def test_each_condition_asks_its_own_model_and_stores_a_rating_of_its_own(world):
    ratings = [world.rate(condition=word) for word in WORDS]

    models = [model for model, _ in questions(world)]
    assert models == ["gemini-3.5-flash-lite", "gemini-3.5-flash"] * 2
    assert len({rating.rater for rating in ratings}) == 4
    assert [rating.rater.partition("+")[2] for rating in ratings] == ["", "", *["wording-b"] * 2]
    prompts = [body["systemInstruction"]["parts"][-1]["text"][:9] for _, body in questions(world)]
    assert prompts == ["Wording a", "Wording a", "Wording b", "Wording b"]
    assert len(list(world.lake.names("ratings/"))) == 4


def test_an_upload_is_rated_by_the_deployments_own_rater_alone(world):
    world.rate()

    assert [model for model, _ in questions(world)] == ["gemini-3.5-flash-lite"]


def test_no_condition_sees_caption_creator_or_counts_unless_it_is_named(world):
    listing = record(
        video=video(caption="caption-7351", creator_id="creator-7351"),
        metrics=metrics(views=735_100_002),
        video_id=VIDEO_ID,
    )
    world.list_video(listing)
    for word in WORDS:
        world.rate(condition=word)
    for secret in (b"caption-7351", b"creator-7351", b"735100002"):
        assert not any(secret in request.body for request in world.gemini.requests)

    world.rate(condition="gemini:both+caption")

    assert b"caption-7351" in world.gemini.requests[-1].body
    assert b"creator-7351" not in world.gemini.requests[-1].body


def test_the_same_request_again_asks_nothing(world):
    for word in WORDS * 2:
        world.rate(condition=word)

    assert world.calls == 4


def test_a_request_for_an_entry_that_is_gone_is_kept_as_a_failure(world):
    with pytest.raises(NoSuchRater, match="gemini:gone: this deployment has gemini, gemini"):
        world.rate(condition="gemini:gone")


def test_a_request_for_another_family_is_acknowledged(world):
    world.deliver(world.upload(condition="signals"))

    assert world.calls == len(world.bus.published) == 0


# Kills


class Killed(BaseException):
    """The process was killed."""


class MortalLake(LakeInMemory):
    """A lake whose process dies after a given number of writes; a dead one writes no more."""

    def __init__(self):
        super().__init__()
        self.life = 10**9

    def replace(self, name, content, generation, content_type="application/json", **options):
        self._live()
        written = super().replace(name, content, generation, content_type, **options)
        self._spend()
        return written

    def delete(self, name, generation=None):
        self._live()
        gone = super().delete(name, generation)
        self._spend()
        return gone

    def _live(self):
        if self.life <= 0:
            raise Killed

    def _spend(self):
        self.life -= 1
        self._live()


def bounded(rater: NamedRater) -> NamedRater:
    return rater.model_copy(update={"daily_budget_videos": 5})


@pytest.mark.parametrize("each", [4, pytest.param(1, marks=pytest.mark.campaign)])
def test_killed_after_any_write_each_condition_is_paid_once(gemini, clip, each):
    life = 0
    while True:
        life += each
        before = len(gemini.requests)
        world = World(gemini, clip, tuple(map(bounded, RATERS)), MortalLake(), videos=9)
        uploads = [world.upload(condition=word) for word in WORDS]
        world.lake.life = life
        killed = not all(survives(world, upload) for upload in uploads)
        world.lake.life = 10**9
        world.now += LATER
        world.lake.now += LATER
        world.bound(videos=9, usd=None)  # another process
        for upload in uploads:
            world.deliver(upload, "d2")

        assert len(gemini.requests) - before == 4, life
        assert len(list(world.lake.names("ratings/"))) == 4, life
        assert not list(world.lake.names("parked/")), life
        for rater in ("", "flash", "plain", "both"):
            assert spending_on(world.now.date(), world.lake, rater).reserved_videos <= 9, life
        if not killed:
            break

    assert life > 20


def survives(world: World, upload) -> bool:
    try:
        world.deliver(upload)
    except Killed:
        return False
    return True


# Budgets


def test_over_one_raters_budget_only_that_one_is_parked(gemini, clip):
    flash = FLASH.model_copy(update={"daily_budget_videos": 2})
    world = World(gemini, clip, (flash, PLAIN), videos=100)

    for video_id in IDS[:4]:
        for word in ("gemini", "gemini:flash", "gemini:plain+caption"):
            world.deliver(world.upload(video_id, condition=word))

    entries = [json.loads(world.lake.read(name)) for name in world.lake.names("parked/analyze/")]
    assert [entry["attributes"]["rater"] for entry in entries] == ["gemini:flash"] * 2
    assert world.calls == 4 + 2 + 4


def test_what_one_rater_may_not_pay_is_rated_by_it_the_next_day(gemini, clip):
    flash = FLASH.model_copy(update={"daily_budget_videos": 2})
    world = World(gemini, clip, (flash,), videos=100)
    for video_id in IDS[:4]:
        world.deliver(world.upload(video_id, condition="gemini:flash"))

    world.now += timedelta(days=1)
    topics = TopicsInMemory()
    for entry in list(due(world.lake, world.now)):
        release(entry, world.lake, topics, tombstones_in(world.lake))
    for _stage, message in topics.published:
        world.deliver(upload_in(message.attributes))

    assert {record.rating.rater.split("/")[1] for record in world.bus.published} == {FLASH.model}
    assert len(world.bus.published) == 4


def test_the_deployments_budget_stops_every_rater(gemini, clip):
    world = World(gemini, clip, tuple(map(bounded, RATERS)), videos=3)

    for word in WORDS:
        world.deliver(world.upload(condition=word))

    assert world.calls == 3
    (parked,) = world.lake.names("parked/")
    assert named_rater(parked) == "both"


def test_a_sweep_releases_for_each_rater_what_its_own_budget_can_pay(gemini, clip):
    flash = FLASH.model_copy(update={"daily_budget_videos": 2})
    world = World(gemini, clip, (flash,), videos=5)
    for word in ("gemini", "gemini:flash+caption"):
        for video_id in IDS:
            world.deliver(world.upload(video_id, condition=word))
    for budget in world.budgets["flash"].budgets:
        budget.close()
    world.now += timedelta(days=1)
    world.lake.now = world.now
    topics = TopicsInMemory()

    sweep_once(
        SweepApp(
            *(world.lake, tombstones_in(world.lake), topics, []),
            lambda: world.now,
            lambda: 0.0,
            60.0,
            lambda day, rater: affordable_videos(world.lake, budget_name(rater), day),
        )
    )

    words = [message.attributes["rater"] for _, message in topics.published]
    assert len(words) == 5
    assert words.count("gemini:flash+caption") <= 2


@pytest.mark.parametrize(
    ("condition", "name"),
    [("gemini", ""), ("gemini+rag", ""), ("gemini:flash", "flash"), ("gemini:a-2+caption", "a-2")],
)
def test_a_parked_upload_tells_its_rater_by_its_name(gemini, clip, condition, name):
    raters = (NamedRater(name="flash", wording="c"), NamedRater(name="a-2", wording="b"))
    world = World(gemini, clip, raters, videos=1)
    world.rate(video_id="u0123456789abcdef")

    world.deliver(world.upload("x-gemini:b-1", condition=condition))

    (parked,) = world.lake.names("parked/")
    assert named_rater(parked) == name


# The deployment


def test_a_deployment_serves_every_condition_of_every_entry(monkeypatch):
    entries = [rater.document() for rater in (bounded(FLASH), PLAIN)]
    for name, value in {
        "GOOGLE_CLOUD_PROJECT": "p",
        "LAKE_BUCKET": "b",
        "RATER": "gemini:plain",
        "RATERS": json.dumps(entries),
        "GEMINI_API_KEY": "k",
        "DAILY_BUDGET_VIDEOS": "7",
    }.items():
        monkeypatch.setenv(name, value)
    closed = []

    deployed = deployed_raters(
        config.read(config.AnalyzeSettings), LakeInMemory(), None, None, closed.append
    )

    assert deployed(None).condition == "gemini:plain"
    words = [f"gemini{name}{shown}" for name in ("", ":flash", ":plain") for shown in SHOWN]
    assert sorted(deployed.by_condition) == sorted(words)
    raters = [deployed(word) for word in words]
    assert {rater.under.settings.model for rater in raters} == {
        "gemini-3.5-flash-lite",
        "gemini-3.5-flash",
    }
    assert deployed("gemini:flash").budget.videos == 5
    assert deployed("gemini:plain").budget is deployed("gemini").budget
    assert len(closed) == 2
    assert deployed("signals") is None


SHOWN = ("", "+caption", "+cards", "+cards+caption", "+rag", "+rag+caption")


def test_a_request_travels_with_its_name(world):
    upload = world.upload(condition="gemini:flash+rag", replicate=3)

    assert upload_in(notification_of(upload).attributes) == upload


def test_a_named_raters_key_holds_no_name_of_the_deployments(world):
    """Renaming an entry pays nothing: the rating's key is what it does, not what it is called."""
    rating = world.rate(condition="gemini:flash")
    renamed = NamedRater(name="quick", model=FLASH.model)
    world.raters = (renamed,)

    world.rate(condition="gemini:quick")

    assert world.calls == 1
    assert world.lake.exists(rating_name(VIDEO_ID, RatingKey.of(rating)))
