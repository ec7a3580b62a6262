"""What rubric 1.0 left in a lake goes on under rubric 2.0."""

import json
from dataclasses import replace

import pytest

from cli.verbs.rate.batch.view import plan_sentences
from shared.config import GeminiSettings
from shared.messaging.parked import due, release
from shared.model import parse_record
from shared.rating.batch.lines import requests_in
from shared.rating.batch.part import open_parts
from shared.rating.gemini.question import GeminiCondition, Reply
from shared.rating.gemini.reading import Unfit, read
from shared.rating.judge.question import JudgeCondition
from shared.rating.rubric import dimensions, earlier_versions
from shared.rating_section import Rating
from shared.rubric_values import RUBRIC_VERSION
from tests.earlier_rubric import (
    ANSWERED,
    CONFIG_HASH,
    CORRECTION,
    IN_BATCH,
    IN_BATCH_FLAWED,
    JOBS,
    OUTPUT,
    PUBLISHED,
    RATED,
    RATER,
    WAITING,
    WITH_CAPTION,
    fill,
)
from tests.fakes import TopicsInMemory, tombstones_in
from tests.gemini_world import World as LiveWorld
from tests.shared.rating.batch.test_batches import World as BatchWorld
from tests.shared.rating.batch.test_batches import model_response
from tests.stand_ins.gemini import standing_in

NOW = GeminiCondition(GeminiSettings(api_key=""))
THEN = replace(NOW, rubric_version="1.0")


def ratings_in(lake, video_id):
    names = [name for name in lake.names(f"ratings/{video_id}/") if name.endswith(".json")]
    return {name: Rating.model_validate_json(lake.read(name)) for name in names}


@pytest.fixture
def batches():
    world = BatchWorld(b"", ids=())
    fill(world.lake)
    world.jobs.created = list(JOBS)
    world.jobs.answer = lambda request: OUTPUT[request["labels"]["video"]]
    corrected = model_response()
    corrected["candidates"][0]["content"]["parts"][0]["text"] = json.dumps(CORRECTION)

    def ask(question):
        world.gemini.questions.append(question)
        return Reply(corrected)

    world.gemini.ask = ask
    return world


# --- the condition ------------------------------------------------------------------------------


def test_the_earlier_condition_is_the_one_that_asked_then():
    assert earlier_versions() == ("1.0",)
    assert (THEN.name, THEN.config_hash) == (RATER, CONFIG_HASH)
    assert replace(THEN, sees_caption=True).config_hash == WITH_CAPTION
    assert NOW.earlier == (THEN,)
    assert NOW.config_hash != CONFIG_HASH


def test_each_rubric_asks_its_own_prompt_in_its_own_order():
    assert NOW.prompt != THEN.prompt
    for condition in (NOW, THEN):
        asked = condition.schema["propertyOrdering"]
        names = [dimension.name for dimension in dimensions(condition.rubric_version)]
        assert [name for name in asked if name != "evidence"] == names
    first = {condition: condition.schema["propertyOrdering"][0] for condition in (NOW, THEN)}
    assert (first[NOW], first[THEN]) == ("setup", "unexpectedness")


def test_an_answer_is_read_by_the_rubric_that_asked_for_it():
    old = OUTPUT[IN_BATCH]["response"]

    assert read(old, 10.0, "1.0").values.suspense is None
    with pytest.raises(Unfit, match="Missing: setup, event, suspense_from_s"):
        read(old, 10.0)


# --- ratings and records --------------------------------------------------------------------------


def test_a_stored_rating_is_read_and_is_not_paid_again(batches):
    old = ratings_in(batches.lake, RATED)

    assert [rating.rubric_version for rating in old.values()] == ["1.0"] * 3
    assert all(rating.values.setup is None for rating in old.values())
    assert [parse_record(json.dumps(record).encode()).rating for record in PUBLISHED] == [
        *(old[name] for name in old if f"/{CONFIG_HASH}/" in name),
        *(old[name] for name in old if f"/{WITH_CAPTION}/" in name),
    ]


def test_a_new_rating_stands_beside_the_old_ones(batches):
    with standing_in() as gemini:
        world = LiveWorld(gemini, b"")
        world.lake = batches.lake
        world.bound(None, None)
        before = ratings_in(world.lake, RATED)

        new = world.rate(video_id=RATED)

        assert world.calls == 1
    after = ratings_in(world.lake, RATED)
    assert (new.rubric_version, new.config_hash) == (RUBRIC_VERSION, NOW.config_hash)
    assert before.items() <= after.items() and len(after) == len(before) + 1


def test_a_video_whose_delivery_died_is_rated_by_the_new_rubric(batches):
    with standing_in() as gemini:
        world = LiveWorld(gemini, b"")
        world.lake = batches.lake
        world.bound(None, None)

        assert world.rate(video_id=ANSWERED).rubric_version == RUBRIC_VERSION


def test_a_parked_request_is_released_for_the_rater_of_its_name(batches):
    topics = TopicsInMemory()
    (entry,) = due(batches.lake, batches.lake.now.replace(day=2))
    release(entry, batches.lake, topics, tombstones_in(batches.lake))
    (_, message), *_ = topics.published

    assert message.attributes["rater"] == "gemini"
    assert WAITING in message.attributes["objectId"]


# --- a batch in flight ----------------------------------------------------------------------------


def test_a_batch_in_flight_becomes_ratings_of_the_rubric_that_asked(batches):
    outcome = batches.backfill(videos=())

    (rating,) = ratings_in(batches.lake, IN_BATCH).values()
    assert (rating.rater, rating.config_hash, rating.rubric_version) == (RATER, CONFIG_HASH, "1.0")
    assert rating.status == "rated" and rating.values.suspense is None
    assert outcome.ratings == {"rated": 2}
    assert list(open_parts(batches.lake, NOW)) == []
    assert len(batches.jobs.created) == len(JOBS)


def test_a_correction_is_asked_in_the_words_of_the_question(batches):
    batches.backfill(videos=())

    (question,) = batches.gemini.questions
    assert question.system["parts"][-1]["text"] == THEN.prompt
    assert question.schema == THEN.schema
    (rating,) = ratings_in(batches.lake, IN_BATCH_FLAWED).values()
    assert (rating.rubric_version, rating.flags) == ("1.0", ("corrected", "batch"))


def test_what_an_earlier_batch_asks_is_not_paid_under_the_new_rubric_meanwhile(batches):
    videos = [video for video in batches.videos() if video.video_id in (IN_BATCH, ANSWERED)]

    outcome = batches.backfill(videos=videos, dry_run=True)

    assert outcome.standings == {"under_way": 1, "wanted": 1}
    assert "1 are under way." in list(plan_sentences(outcome))


def test_the_plan_of_an_earlier_batch_is_readable(batches):
    (part,) = open_parts(batches.lake, NOW)

    plan = requests_in(batches.lake.read(part.plan_name).splitlines())
    assert [request.video_id for request in plan] == [IN_BATCH, IN_BATCH_FLAWED]


# --- the judge ------------------------------------------------------------------------------------


def test_the_judge_holds_a_rating_to_the_anchors_that_it_was_given_by(batches):
    judge = JudgeCondition(NOW.settings)
    old = next(iter(ratings_in(batches.lake, RATED).values()))
    new = old.model_copy(update={"rubric_version": RUBRIC_VERSION})
    anchor = "most viewers would have predicted something else"

    assert anchor in judge.of(old).prompt and anchor not in judge.of(new).prompt
    assert judge.of(old).config_hash != judge.of(new).config_hash
    assert judge.of(new) == judge
