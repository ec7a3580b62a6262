"""What `tta rate` asks for, how it waits, and what it says of what did not come."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cli.console import Screen
from cli.errors import UserError
from cli.selection import LakeVideo
from cli.verbs.rate import view
from cli.verbs.rate.modes import condition_of
from cli.verbs.rate.outcome import RateOutcome
from cli.verbs.rate.price import price_of, usd
from cli.verbs.rate.replicates import proposal_of, stored_names
from cli.verbs.rate.requests import ChosenRater, RaterRequests
from cli.verbs.rate.run import asked_by, refuse_without_gemini
from local.emulators.pubsub.filters import parse_filter
from local.endpoints import Endpoints
from local.provision import ASKED_OF_GEMINI, UPLOADS_ONLY
from shared.config import GeminiSettings
from shared.messaging.events import VideoUploaded, notification_of, upload_in
from shared.messaging.parked import park, upload_key
from shared.named_raters import NamedRater
from shared.rating.gemini.conditions import GeminiConditions
from shared.rating_section import Rating
from shared.rubric_values import Values
from shared.storage.layout import RatingKey, rating_name
from shared.storage.parked_objects import budget_of
from tests.fakes import LakeInMemory, TopicsInMemory
from tests.gemini_world import make_clip

NOW = datetime(2026, 11, 1, tzinfo=UTC)
GEMINI = GeminiSettings(api_key="").model_dump(exclude={"api_key"})


def chosen(word: str = "gemini", raters: tuple = (), **settings) -> ChosenRater:
    """The rater of a word, in a deployment with these settings and named raters."""
    gemini = GeminiSettings.model_validate({"api_key": ""} | GEMINI | settings)
    conditions = GeminiConditions(gemini, raters)
    return ChosenRater.of(conditions.condition(word), conditions)


ASKED = chosen()


class World:
    """A lake with a video, the topic, and what a deployed rater would write."""

    def __init__(self) -> None:
        self.lake, self.topics = LakeInMemory(), TopicsInMemory()
        self.videos: list[LakeVideo] = []

    def video(self, video_id: str, content: bytes = b"x") -> LakeVideo:
        name = f"videos/{video_id}.mp4"
        generation = self.lake.replace(name, content, 0)
        self.videos.append(LakeVideo(video_id, name, generation, len(content)))
        return self.videos[-1]

    def requests(self, replicates: int = 1, rater: ChosenRater = ASKED) -> RaterRequests:
        """Looked up, and asked for what is not there."""
        requests = RaterRequests(self.lake, rater, self.videos, replicates, clock=lambda: NOW)
        requests.find_existing()
        requests.publish(self.topics)
        return requests

    @property
    def asked_for(self) -> list[VideoUploaded]:
        return [upload_in(message.attributes) for _, message in self.topics.published]

    def rate(
        self,
        video: LakeVideo,
        replicate: int = 0,
        rater: ChosenRater = ASKED,
        score: int | None = None,
    ) -> None:
        rating = Rating(
            rater=rater.name,
            generation=str(video.generation),
            config_hash=rater.config_hash,
            replicate=replicate,
            rated_at=NOW,
            status="rated",
            values=Values(unexpectedness=50 + replicate if score is None else score),
            cost_usd=0.25,
        )
        name = rating_name(video.video_id, RatingKey.of(rating))
        self.lake.write_once(name, rating.model_dump_json().encode())

    def fail(self, upload: VideoUploaded) -> None:
        evidence = {
            "bucket": upload.bucket,
            "name": upload.name,
            "generation": upload.generation,
            "condition": upload.condition,
            "replicate": upload.replicate,
        }
        self.lake.keep_failed("analyze", "1", "malformed", "no good", NOW, upload=evidence)


@pytest.fixture
def world() -> World:
    return World()


def park_upload(lake, upload: VideoUploaded, due_at: datetime = NOW + timedelta(days=1)) -> None:
    """What the deployed rater does over its budget."""
    message = notification_of(upload)
    key = upload_key(upload, upload.condition)
    budget = budget_of(upload.condition)
    park(lake, "analyze", replace(message, id=key), due_at, "over_budget", NOW, budget)


def outcome(requests: RaterRequests, **more: object) -> RateOutcome:
    return RateOutcome(requests.rater, requests=requests, **more)


# Who is asked


@pytest.mark.parametrize(
    ("rater", "caption", "condition"),
    [
        ("gemini", False, "gemini"),
        ("gemini", True, "gemini+caption"),
        ("gemini+caption", False, "gemini+caption"),
        ("gemini+caption", True, "gemini+caption"),
        ("gemini:flash", True, "gemini:flash+caption"),
        ("gemini:flash+rag", True, "gemini:flash+rag+caption"),
        ("signals", False, "signals"),
    ],
)
def test_rater_and_caption_are_one_condition(rater, caption, condition):
    assert condition_of(rater, caption) == condition


@pytest.mark.parametrize(
    ("rater", "cards", "rag", "condition"),
    [
        ("gemini", True, False, "gemini+cards"),
        ("gemini", False, True, "gemini+rag"),
        ("gemini+cards", True, False, "gemini+cards"),
        ("gemini+rag+caption", False, False, "gemini+rag+caption"),
    ],
)
def test_rater_and_cards_are_one_condition(rater, cards, rag, condition):
    assert condition_of(rater, False, cards, rag) == condition


@pytest.mark.parametrize(
    ("rater", "cards", "rag"),
    [("gemini", True, True), ("gemini+rag", True, False), ("signals", True, False)],
)
def test_two_kinds_of_cards_or_cards_for_signals_are_wrong_use(rater, cards, rag):
    with pytest.raises(UserError) as refused:
        condition_of(rater, False, cards, rag)
    assert refused.value.status == 2


@pytest.mark.parametrize(
    ("rater", "caption"),
    [("human", False), ("gemini:", False), ("gemini+caption:flash", False), ("signals", True)],
)
def test_a_rater_that_there_is_not_is_wrong_use(rater, caption):
    with pytest.raises(UserError) as refused:
        condition_of(rater, caption)
    assert refused.value.status == 2


def test_the_name_is_the_one_that_the_deployed_function_rates_under(monkeypatch):
    from shared.rating.gemini.question import GeminiCondition

    monkeypatch.setenv("GEMINI_API_KEY", "k")
    under = GeminiCondition(GeminiSettings(model="gemini-3.6-flash"), sees_caption=True)

    rater = chosen("gemini+caption", model="gemini-3.6-flash")

    assert (rater.name, rater.config_hash) == (under.name, under.config_hash)


def test_without_a_key_one_is_told_where_to_get_one(monkeypatch):
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    monkeypatch.delenv("GOOGLE_VERTEX_BASE_URL", raising=False)

    with pytest.raises(UserError, match=r"set GEMINI_API_KEY \(https://.*--target"):
        refuse_without_gemini(None)


def test_a_cloud_that_was_started_without_the_key_is_to_be_started_again(monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", "k")

    with pytest.raises(UserError, match="tta up` was started without GEMINI_API_KEY"):
        refuse_without_gemini(Endpoints(home="", pid=1, key=""))


def test_nothing_is_paid_under_other_settings_than_this_shell_asks_for(monkeypatch):
    monkeypatch.setenv("GEMINI_MODEL", "gemini-3.6-flash")

    with pytest.raises(UserError, match=r"GEMINI_MODEL is gemini-3\.6-flash here, but"):
        refuse_without_gemini(Endpoints(home="", pid=1, key="", gemini=GEMINI))


# Who hears of it on this machine


def heard(upload: VideoUploaded) -> tuple[bool, bool]:
    """Whether signals and whether Gemini hear of it."""
    attributes = notification_of(upload).attributes
    return parse_filter(UPLOADS_ONLY)(attributes), parse_filter(ASKED_OF_GEMINI)(attributes)


def test_an_upload_alone_never_reaches_gemini():
    assert heard(VideoUploaded("lake", "videos/1.mp4", "1")) == (True, False)


@pytest.mark.parametrize("condition", ["gemini", "gemini+caption"])
def test_what_somebody_asks_of_gemini_reaches_it(condition):
    assert heard(VideoUploaded("lake", "videos/1.mp4", "1", condition))[1]


def test_what_somebody_asks_of_signals_does_not_reach_gemini():
    assert heard(VideoUploaded("lake", "videos/1.mp4", "1", "signals")) == (True, False)


# What is asked for


def test_a_request_is_published_for_each_video_and_replicate(world):
    world.video("7300000000000000001")
    world.video("7300000000000000002")

    world.requests(replicates=2)

    assert [
        (upload.name[7:-4], upload.condition, upload.replicate) for upload in world.asked_for
    ] == [
        ("7300000000000000001", "gemini", 0),
        ("7300000000000000001", "gemini", 1),
        ("7300000000000000002", "gemini", 0),
        ("7300000000000000002", "gemini", 1),
    ]


def test_a_rating_that_is_there_is_shown_and_not_asked_for(world):
    video = world.video("7300000000000000001")
    world.rate(video)

    requests = world.requests(replicates=2)

    assert [upload.replicate for upload in world.asked_for] == [1]
    assert [upload.was_there for upload in requests.received] == [True]


def test_a_rating_in_another_condition_is_another_rating(world):
    video = world.video("7300000000000000001")
    world.rate(video, rater=chosen("gemini+caption"))

    world.requests()

    assert len(world.asked_for) == 1


def test_a_rating_under_an_older_configuration_is_another_rating(world):
    video = world.video("7300000000000000001")
    world.rate(video, rater=replace(ASKED, config_hash="0123456789ab"))

    requests = world.requests()
    requests.refresh()

    assert requests.is_open


# What becomes of it


def test_a_rating_that_comes_ends_the_wait(world):
    video = world.video("7300000000000000001")
    requests = world.requests(replicates=2)

    world.rate(video, 0)
    requests.refresh()
    assert [request.replicate for request in requests.open] == [1]
    world.rate(video, 1)
    requests.refresh()

    assert not requests.is_open
    assert outcome(requests).paid_usd == 0.5


def test_what_was_there_is_not_counted_as_paid(world):
    world.rate(world.video("7300000000000000001"))

    assert outcome(world.requests()).paid_usd == 0


def test_a_deployment_that_rates_under_another_name_is_heard(world):
    video = world.video("7300000000000000001")
    world.rate(video, rater=replace(ASKED, name="gemini/gemini-9/0.9"))
    requests = world.requests()

    world.rate(video, rater=replace(ASKED, name="gemini/gemini-9/1.0+caption"))
    world.rate(video, rater=replace(ASKED, name="gemini/gemini-9/1.0"))
    requests.refresh()

    assert [received.rating.rater for received in requests.received] == ["gemini/gemini-9/1.0"]


FLASH = NamedRater(name="flash", model="gemini-9")


def test_a_rating_by_another_rater_of_the_deployment_is_not_taken_for_this_ones(world):
    video, deployed = world.video("7300000000000000001"), (FLASH,)
    requests = world.requests(rater=chosen(raters=deployed))

    world.rate(video, rater=chosen("gemini:flash", deployed))
    requests.refresh()
    assert requests.is_open

    world.rate(video, rater=chosen(raters=deployed))
    requests.refresh()
    assert [received.rating.rater for received in requests.received] == [ASKED.name]


@pytest.mark.parametrize("name", ["gemini:flash", "gemini:flash+caption"])
def test_a_named_rater_is_asked_by_its_word(world, name):
    world.video("7300000000000000001")

    requests = world.requests(rater=chosen(name, (FLASH,)))

    assert [upload.condition for upload in world.asked_for] == [name]
    assert outcome(requests).document()["condition"] == name
    assert outcome(requests).document()["rater"].startswith("gemini/gemini-9/")


def test_a_deployment_that_rates_a_variant_under_another_model_is_heard(world):
    slow = chosen("gemini:slow", (NamedRater(name="slow", fps=1),))
    video = world.video("7300000000000000001")
    requests = world.requests(rater=slow)

    world.rate(video, rater=replace(slow, name="gemini/gemini-8/2.0+fps2"))
    world.rate(video, rater=replace(slow, name="gemini/gemini-8/2.0+fps1"))
    requests.refresh()

    assert [received.rating.rater for received in requests.received] == ["gemini/gemini-8/2.0+fps1"]


def test_a_name_that_the_deployment_does_not_have_is_wrong_use():
    endpoints = Endpoints("", 0, "", gemini=GEMINI, raters=[FLASH.document()], target="prod")

    with pytest.raises(UserError, match=r"--rater gemini:fast: RATERS has no fast; it has flash\."):
        asked_by("gemini:fast", endpoints)


def test_raters_of_this_shell_that_tta_up_does_not_have_are_refused(monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", "k")
    running = Endpoints("", 0, "", gemini=GEMINI, raters=[FLASH.document()])
    refuse_without_gemini(running)

    monkeypatch.setenv("RATERS", '[{"name": "plain", "wording": "b"}]')

    with pytest.raises(UserError, match=r"RATERS differs from that of `tta up`.*with flash"):
        refuse_without_gemini(running)


def test_a_request_over_budget_is_told_with_the_time_when_it_is_due(world):
    world.video("7300000000000000001")
    requests = world.requests()

    due_at = datetime(2026, 11, 2, tzinfo=UTC)
    park_upload(world.lake, world.asked_for[0], due_at)
    requests.refresh()

    assert not requests.is_open
    with pytest.raises(
        UserError, match=r"1 rating would go over the day's budget.*2026-11-02 00:00"
    ):
        outcome(requests).refuse_failure()


def test_what_was_parked_for_somebody_else_is_not_ours(world):
    world.video("7300000000000000001")
    requests = world.requests()

    park_upload(world.lake, VideoUploaded("lake", "videos/9.mp4", "5", "gemini"))
    requests.refresh()

    assert requests.is_open


def test_what_was_parked_before_the_request_says_nothing_about_it(world):
    video = world.video("7300000000000000001")
    upload = VideoUploaded("lake", video.name, str(video.generation), "gemini")
    park_upload(world.lake, upload)
    requests = world.requests()

    requests.refresh()
    assert requests.is_open

    park_upload(world.lake, upload)
    requests.refresh()
    assert not requests.is_open


@pytest.mark.parametrize("rater", [ASKED, chosen("gemini:flash+caption", (FLASH,))])
def test_a_parked_request_is_found_in_a_long_backlog_which_is_not_listed(world, monkeypatch, rater):
    monkeypatch.setattr("cli.verbs.rate.parked_requests.PAGE", 20)
    for number in range(100):
        other = VideoUploaded("lake", f"videos/{number}.mp4", "5", rater.condition)
        park_upload(world.lake, other)
    world.video("7300000000000000001")
    requests = world.requests(replicates=2, rater=rater)
    park_upload(world.lake, world.asked_for[1])
    world.lake.listed = 0

    requests.refresh()

    assert [request.replicate for request in requests.parked] == [1]
    assert world.lake.listed == 20 + 1


def test_a_request_that_failed_is_told_with_its_reason(world):
    world.video("7300000000000000001")
    requests = world.requests()

    world.fail(world.asked_for[0])
    requests.refresh()

    with pytest.raises(UserError, match="7300000000000000001: no rating, malformed: no good"):
        outcome(requests).refuse_failure()


def test_a_failure_of_an_earlier_request_is_not_this_ones(world):
    video = world.video("7300000000000000001")
    world.fail(VideoUploaded("lake", video.name, str(video.generation), "gemini"))

    requests = world.requests()
    requests.refresh()

    assert requests.is_open


def test_a_rating_counts_although_something_beside_it_failed(world):
    video = world.video("7300000000000000001")
    requests = world.requests()

    world.rate(video)
    world.fail(world.asked_for[0])
    requests.refresh()

    assert (len(requests.received), requests.failed) == (1, [])


def test_many_videos_are_looked_at_in_turns(world, monkeypatch):
    monkeypatch.setattr("cli.verbs.rate.requests.VIDEOS_PER_REFRESH", 2)
    videos = [world.video(f"730000000000000000{n}") for n in range(5)]
    requests = world.requests()

    for video in videos:
        world.rate(video)
    for _ in range(3):
        requests.refresh()

    assert not requests.is_open


def test_what_did_not_come_in_time_is_told_and_stays_on_its_way(world):
    world.video("7300000000000000001")
    requests = world.requests()

    with pytest.raises(UserError, match=r"did not arrive within 60 s \(73.*stay in transit"):
        outcome(requests, waited_s=60.0).refuse_failure()


def test_a_cloud_that_has_ratings_under_other_names_is_told_at_the_end(world):
    video = world.video("7300000000000000001")
    world.rate(video, rater=replace(ASKED, name="gemini/gemini-9/1.0"))
    requests = world.requests()

    with pytest.raises(UserError, match=r"ratings by gemini/gemini-9/1.0.*\[targets.prod.gemini\]"):
        outcome(requests, target="prod").refuse_failure()


def test_a_stored_rating_that_cannot_be_read_is_told(world):
    video = world.video("7300000000000000001")
    key = RatingKey(str(video.generation), ASKED.name, ASKED.config_hash)
    world.lake.write_once(rating_name(video.video_id, key), b"{")

    with pytest.raises(UserError, match="malformed"):
        outcome(world.requests()).refuse_failure()


# What it costs


def test_the_price_is_that_of_every_rating_that_is_asked_for(world, tmp_path):
    world.video("7300000000000000001", make_clip(tmp_path / "a.mp4", 4))
    single, three = (
        price_of(world.requests(count).open, ASKED, world.lake, date(2026, 11, 1)).most_usd
        for count in (1, 3)
    )

    assert single > 0
    assert three == pytest.approx(3 * single)


def test_the_price_of_cards_for_each_video_is_that_of_both_calls(world, tmp_path):
    world.video("7300000000000000001", make_clip(tmp_path / "a.mp4", 4))
    blind, retrieved = (
        price_of(world.requests(rater=rater).open, rater, world.lake, date(2026, 11, 1))
        for rater in (ASKED, chosen("gemini+rag"))
    )

    assert retrieved.most_usd > 1.5 * blind.most_usd
    assert "two calls each" in retrieved.sentence(1)
    assert "two calls" not in blind.sentence(1)


def test_a_model_without_a_price_is_told(world, tmp_path):
    world.video("7300000000000000001", make_clip(tmp_path / "a.mp4", 4))
    rater = chosen(model="gemini-99")

    price = price_of(world.requests(rater=rater).open, rater, world.lake, date(2026, 11, 1))

    assert "no price" in price.sentence(1)


def test_a_file_that_cannot_be_rated_costs_nothing(world):
    world.video("7300000000000000001", b"no video")

    price = price_of(world.requests().open, ASKED, world.lake, date(2026, 11, 1))

    assert price.most_usd == 0


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "USD 0.0000"), (0.000523, "USD 0.000523"), (12.3456, "USD 12.35")]
)
def test_small_money_keeps_its_digits(amount, text):
    assert usd(amount) == text


# How many replicates


def rated_twice(world: World, videos: int) -> list[LakeVideo]:
    """Videos with two answers each, of which the second is one point higher."""
    for number in range(videos):
        video = world.video(f"73000000000000{number:05}")
        for replicate in range(2):
            world.rate(video, replicate, score=number + replicate)
    return world.videos


def test_answers_in_the_lake_say_how_many_replicates_are_needed(world):
    videos = rated_twice(world, 25)
    requests = world.requests()

    for names in (
        requests.ratings,
        stored_names(world.lake, videos, ASKED.name, ASKED.config_hash),
    ):
        proposal = proposal_of(world.lake, names)
        assert (proposal.videos, proposal.present, proposal.replicates) == (25, 2, 1)
        assert proposal.of_one == pytest.approx(0.99, abs=0.01)


def test_answers_of_another_configuration_do_not_say_it(world):
    rated_twice(world, 25)
    other = replace(ASKED, config_hash="other")

    proposal = proposal_of(world.lake, world.requests(rater=other).ratings)

    assert (proposal.videos, proposal.replicates) == (0, None)


def test_a_refusal_among_two_answers_is_none(world):
    (video,) = rated_twice(world, 1)
    name = rating_name(
        video.video_id, RatingKey(str(video.generation), ASKED.name, ASKED.config_hash)
    )
    world.lake.objects.pop(name)
    world.lake.write_once(name, b"{}")

    assert proposal_of(world.lake, world.requests().ratings).videos == 0


def test_the_proposal_is_printed_and_in_the_json(world, capsys):
    rated_twice(world, 25)
    requests = world.requests()
    asked = outcome(requests, proposal=proposal_of(world.lake, requests.ratings))

    view.show(asked, Screen(machine=False))

    assert "so no more replicates are needed." in capsys.readouterr().out
    assert asked.document()["proposal"]["replicates"] == 1


def test_a_single_clip_is_rated_without_advice(world, capsys):
    world.rate(world.video("7300000000000000001"))
    requests = world.requests()
    asked = outcome(requests, proposal=proposal_of(world.lake, requests.ratings))

    view.show(asked, Screen(machine=False))

    assert "How many replicates" not in capsys.readouterr().out
    assert asked.document()["proposal"]["videos_needed"] == 20
