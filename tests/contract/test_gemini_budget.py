"""The day's budget: uploads over it wait, are rated the next day, and are never lost."""

import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from shared.errors import Transient
from shared.messaging.events import upload_in
from shared.messaging.parked import due, release
from shared.messaging.sweep import SweepApp
from shared.messaging.sweep import sweep as sweep_once
from shared.rating.clip import ClipHeader
from shared.rating.gemini.estimate import expected_usd
from shared.rating.gemini.prices import Prices
from shared.rating.gemini.question import GeminiCondition
from shared.rating.ledger import affordable_videos, budget_name
from tests.fakes import TopicsInMemory, tombstones_in
from tests.gemini_world import World, make_clip
from tests.stand_ins.gemini import standing_in

DAY = date(2026, 11, 1)
IDS = [f"73000000000000000{n:02}" for n in range(20)]


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.fixture
def gemini():
    with standing_in() as gemini:
        yield gemini


def sweep(world):
    """Publish the parked messages that are due; returns how many."""
    topics = TopicsInMemory()
    for entry in list(due(world.lake, world.now)):
        release(entry, world.lake, topics, tombstones_in(world.lake))
    for _stage, message in topics.published:
        world.deliver(upload_in(message.attributes))
    return len(topics.published)


def rated_ids(world):
    return {record.video_id for record in world.bus.published if record.rating.status == "rated"}


def test_over_budget_uploads_are_parked_for_this_rater_until_midnight(gemini, clip):
    world = World(gemini, clip, videos=5)

    for video_id in IDS:
        world.deliver(world.upload(video_id))

    assert world.calls == len(world.bus.published) == 5
    entries = [json.loads(world.lake.read(name)) for name in world.lake.names("parked/analyze/")]
    assert len(entries) == 15
    assert {entry["due_at"] for entry in entries} == {"2026-11-02T00:00:00+00:00"}
    assert {entry["attributes"]["rater"] for entry in entries} == {"gemini"}


def test_what_was_parked_completes_as_the_days_turn_and_nothing_is_lost(gemini, clip):
    world = World(gemini, clip, videos=5)
    for video_id in IDS:
        world.deliver(world.upload(video_id))

    assert sweep(world) == 0  # not before midnight
    for day in (1, 2, 3):
        world.now += timedelta(days=1)
        sweep(world)
        assert world.calls == 5 * (day + 1)

    assert rated_ids(world) == set(IDS)
    assert list(world.lake.names("parked/")) == list(world.lake.names("failed/")) == []


def test_a_larger_budget_the_next_day_takes_all_that_waited(gemini, clip):
    world = World(gemini, clip, videos=5)
    for video_id in IDS:
        world.deliver(world.upload(video_id))

    world.now += timedelta(days=1)
    world.bound(videos=50, usd=None)
    sweep(world)

    assert world.calls == 20
    assert rated_ids(world) == set(IDS)


def test_twenty_uploads_at_once_pay_no_more_than_the_budget(gemini, clip):
    gemini.script({"delay_s": 0.05, "times": None})
    world = World(gemini, clip, videos=5)
    uploads = [world.upload(video_id) for video_id in IDS]
    start = threading.Barrier(len(uploads))

    def deliver(upload):
        start.wait()
        world.deliver(upload)

    with ThreadPoolExecutor(len(uploads)) as threads:
        list(threads.map(deliver, uploads))

    assert world.calls == 5
    assert len(list(world.lake.names("parked/"))) == 15


def test_a_budget_in_money_stops_before_it_is_overdrawn(gemini, clip):
    world = World(gemini, clip, usd=0.03)

    for video_id in IDS:
        world.deliver(world.upload(video_id))

    paid = sum(record.rating.cost_usd for record in world.bus.published)
    assert 0 < paid <= 0.03
    assert 0 < world.calls < 20


def test_what_a_call_really_cost_is_what_is_booked(gemini, clip):
    most = expected_usd(
        ClipHeader(10.0, False), GeminiCondition(World(gemini, clip).settings), Prices.load(), DAY
    )
    world = World(gemini, clip, usd=3 * most)

    for video_id in IDS:
        world.deliver(world.upload(video_id))

    paid = sum(record.rating.cost_usd for record in world.bus.published)
    assert world.calls > 3  # each cost less than it might have
    assert paid <= 3 * most


def test_a_call_that_timed_out_may_have_been_billed_and_is_booked(gemini, clip):
    most = expected_usd(
        ClipHeader(10.0, False), GeminiCondition(World(gemini, clip).settings), Prices.load(), DAY
    )
    world = World(gemini, clip, usd=1.5 * most, timeout_s=0.2, attempts=1)
    gemini.script({"delay_s": 3})
    with pytest.raises(Transient):
        world.deliver(world.upload(IDS[0]))

    world.deliver(world.upload(IDS[0]))

    assert world.calls == 1
    assert len(list(world.lake.names("parked/"))) == 1


def test_a_correction_counts_money_and_no_second_video(gemini, clip):
    world = World(gemini, clip, videos=2)
    gemini.script({"flaw": "strings"})

    for video_id in IDS[:3]:
        world.deliver(world.upload(video_id))

    assert world.calls == 3
    assert len(rated_ids(world)) == 2


def test_a_parked_upload_delivered_again_is_parked_once(gemini, clip):
    world = World(gemini, clip, videos=1)
    world.deliver(world.upload(IDS[0]))
    late = world.upload(IDS[1])

    for delivery in ("d1", "d2"):
        world.deliver(late, delivery)

    assert len(list(world.lake.names("parked/"))) == 1


def test_a_call_that_failed_costs_nothing_of_the_budget(gemini, clip):
    world = World(gemini, clip, videos=1)
    gemini.script({"error": 503, "times": 2})
    with pytest.raises(Transient):
        world.deliver(world.upload(IDS[0]))

    world.deliver(world.upload(IDS[0]))

    assert rated_ids(world) == {IDS[0]}


def test_what_is_answered_already_needs_no_budget(gemini, clip):
    world = World(gemini, clip)
    world.deliver(world.upload(IDS[0]))
    (rating,) = world.lake.names("ratings/")
    world.lake.delete(rating)
    world.bound(videos=1, usd=1e-12)

    world.deliver(world.upload(IDS[0]))

    assert len(list(world.lake.names("ratings/"))) == world.calls == 1


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.campaign) for seed in range(1, 30))]
)
def test_any_order_with_crashes_completes_and_pays_each_video_once(gemini, clip, seed):
    chance = random.Random(seed)
    world = World(gemini, clip, videos=4)
    for _day in range(8):
        for video_id in chance.sample(IDS, len(IDS)):
            if chance.random() < 0.2:
                world.bound(videos=4, usd=None)  # this instance died, another starts
            world.deliver(world.upload(video_id))
        sweep(world)
        world.now += timedelta(days=1)

    assert rated_ids(world) == set(IDS)
    assert world.calls == len(IDS)
    sweep(world)
    assert list(world.lake.names("parked/")) == []


def test_a_sweep_releases_what_the_day_can_pay_and_leaves_the_rest_parked(gemini, clip):
    world = World(gemini, clip, videos=5)
    for video_id in IDS:
        world.deliver(world.upload(video_id))
    world.budget.close()
    topics = TopicsInMemory()

    def swept():
        world.lake.now = world.now
        app = SweepApp(
            world.lake,
            tombstones_in(world.lake),
            topics,
            [],
            lambda: world.now,
            lambda: 0.0,
            60.0,
            lambda day, rater: affordable_videos(world.lake, budget_name(rater), day),
        )
        return sweep_once(app)["parked"]

    assert swept()["published"] == 0  # not before midnight
    world.now += timedelta(days=1)
    first = swept()
    assert (first["published"], first["waiting"]) == (5, 10)
    assert swept()["published"] == 0, "nothing is reserved for them yet, but they are in flight"
    for _stage, message in topics.published:
        world.deliver(upload_in(message.attributes))
    assert world.calls == 10
    assert list(world.lake.names("state/in-flight/")) == []
    assert swept()["published"] == 1, "one is let through: an instance may have died"
    world.deliver(upload_in(topics.published[-1][1].attributes))
    assert swept()["published"] == 0, "one an hour is enough"
    world.now += timedelta(hours=1)
    assert swept()["published"] == 1
