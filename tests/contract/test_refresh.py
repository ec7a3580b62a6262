"""Counts read again at declared ages, against the sandbox, on a clock of its own."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from local.sandbox.api.server import running
from local.sandbox.api.shown import grown
from local.sandbox.library import Library
from shared.errors import Misconfigured, Transient
from shared.storage.layout import COLLECTIONS
from shared.tiktok.collections import Collection
from shared.tiktok.fetch import fetch_collection
from shared.tiktok.sources.research import ResearchApi
from tests.fakes import LakeInMemory
from tests.tiktok_world import ANCHOR, COLLECTION, FIRST, World, growing_library

AGES = (1, 3, 7, 14, 30)
EVERY_H = [6, pytest.param(1, marks=pytest.mark.campaign)]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return growing_library(tmp_path_factory.mktemp("library"))


@pytest.fixture
def world(library: Library) -> Iterator[World]:
    with running(library) as sandbox:
        yield World(sandbox)


def age_days(post: Any, at: datetime) -> float:
    return (at.timestamp() - post.wire["create_time"]) / 86_400


@pytest.mark.parametrize("every_h", EVERY_H)
def test_every_video_is_read_at_each_age_by_the_first_run_after_it(world, library, every_h):
    world.run_until(FIRST + timedelta(days=39), every=timedelta(hours=every_h))

    for post in library.posts:
        times = [
            age_days(post, record.metrics.collected_at) for record in world.readings(post.video_id)
        ]
        assert times[0] <= 0.51  # listed every 12 hours
        late = [time - age for time, age in zip(times[1:], AGES, strict=True)]
        assert all(0 <= days <= every_h / 24 for days in late), times
    assert world.state().get("refresh_at") is None


@pytest.mark.parametrize("every_h", EVERY_H)
def test_readings_are_what_the_sandbox_showed_then_and_all_were_published(world, library, every_h):
    world.run_until(FIRST + timedelta(days=20), every=timedelta(hours=every_h))

    post = library.posts[3]
    for record in world.readings(post.video_id):
        at = record.metrics.collected_at
        counted = age_days(post, ANCHOR)
        truth = grown(post.wire["view_count"], age_days(post, at), counted)
        assert record.metrics.views == pytest.approx(truth, rel=1e-4)
    published = Counter(record.to_json() for record in world.bus.published if record.metrics)
    saved = Counter(
        record.to_json() for post in library.posts for record in world.readings(post.video_id)
    )
    assert published == saved


def test_a_run_with_nothing_due_asks_nobody_and_writes_nothing(world):
    world.run_until(FIRST + timedelta(hours=1))
    requests_before, before = world.request_count(), dict(world.lake.objects)

    world.go_to(FIRST + timedelta(hours=5))
    answer = world.run()

    assert answer == {"mode": "due", "ran": [], "busy": [], "failed": [], "left": []}
    assert (world.request_count(), dict(world.lake.objects)) == (requests_before, before)


def test_known_videos_are_asked_for_by_their_ids_a_hundred_at_once(world):
    world.go_to(FIRST + timedelta(days=6))
    world.run()
    requests_before = world.request_count()

    world.go_to(FIRST + timedelta(days=7))
    answer = fetch_collection("cats", world.app(), "refresh")

    # Of the 21 posts, those that became 1, 3 or 7 days old on that day.
    assert answer["read_again"] == 7
    assert world.request_count() == requests_before + 1


def test_a_second_run_at_the_same_moment_changes_nothing(world):
    world.run_until(FIRST + timedelta(days=3), every=timedelta(hours=6))
    fetch_collection("cats", world.app(), "refresh")
    before, sent = dict(world.lake.objects), len(world.bus.published)

    answer = fetch_collection("cats", world.app(), "refresh")

    assert (answer["read_again"], answer["left"]) == (0, None)
    assert dict(world.lake.objects) == before
    assert len(world.bus.published) == sent


# What vanishes


def vanished(world: World, video_id: str) -> list[datetime]:
    readings = (r.metrics for r in world.bus.published if r.video_id == video_id and r.metrics)
    return [metrics.collected_at for metrics in readings if "vanished" in metrics.flags]


def test_a_vanished_video_is_dated_by_the_first_answer_without_it(world, library):
    post = library.posts[0]
    world.run_until(FIRST + timedelta(days=2), every=timedelta(hours=2))
    world.sandbox.api.shown.vanish([post.video_id])

    world.run_until(FIRST + timedelta(days=10), every=timedelta(hours=2))

    assert vanished(world, post.video_id) == [FIRST + timedelta(days=3)]
    assert len(world.readings(post.video_id)) == 3  # listed, read at 1 day, missed at 3


def test_a_video_that_one_answer_left_out_is_not_called_vanished(world, library):
    post = library.posts[0]
    world.run_until(FIRST + timedelta(days=3), every=timedelta(hours=2))
    world.sandbox.api.shown.vanish([post.video_id])
    assert world.run()["ran"][0]["missed"] == 1
    world.sandbox.api.shown.restore([post.video_id])

    world.run_until(FIRST + timedelta(days=3, hours=2))

    assert vanished(world, post.video_id) == []
    assert world.readings(post.video_id)[-1].metrics.views > 0


def test_a_video_that_comes_back_is_read_again(world, library):
    post = library.posts[0]
    world.run_until(FIRST + timedelta(days=2), every=timedelta(hours=2))
    world.sandbox.api.shown.vanish([post.video_id])
    world.run_until(FIRST + timedelta(days=5), every=timedelta(hours=2))
    world.sandbox.api.shown.restore([post.video_id])

    world.run_until(FIRST + timedelta(days=8), every=timedelta(hours=2))

    last = world.readings(post.video_id)[-1]
    assert (last.metrics.flags, last.metrics.collected_at) == ((), FIRST + timedelta(days=7))


def unreadable(patch: pytest.MonkeyPatch) -> None:
    """From now on TikTok tells the views of known videos in a type that nobody here reads."""
    again = ResearchApi.again

    def strange(self: Any, collection: Collection, posts: Any) -> Iterator[Any]:
        for answer in again(self, collection, posts):
            videos = tuple(video | {"view_count": {}} for video in answer.videos)
            yield replace(answer, videos=videos)

    patch.setattr(ResearchApi, "again", strange)


def test_a_video_that_cannot_be_read_is_not_called_vanished_and_is_tried_again(world, library):
    post = library.posts[0]
    world.run_until(FIRST + timedelta(days=6), every=timedelta(hours=2))  # no page lists it now
    with pytest.MonkeyPatch.context() as patch:
        unreadable(patch)
        answers = world.run_until(FIRST + timedelta(days=8), every=timedelta(hours=2))

    world.run_until(FIRST + timedelta(days=8, hours=1))

    assert sum(answer["failed"] for answer in answers) >= 20
    assert not any(vanished(world, post.video_id) for post in library.posts)
    last = world.readings(post.video_id)[-1].metrics
    assert last.views > 0
    assert FIRST + timedelta(days=8) <= last.collected_at <= FIRST + timedelta(days=8, hours=1)


def test_what_cannot_be_read_is_asked_for_once_an_hour(world):
    world.run_until(FIRST + timedelta(days=3), every=timedelta(hours=2))
    with pytest.MonkeyPatch.context() as patch:
        unreadable(patch)
        requests_before = world.request_count()
        world.run_until(FIRST + timedelta(days=3, hours=6))

    assert 6 <= world.request_count() - requests_before <= 9  # of 24 runs


def test_one_missed_and_then_there_unread_has_to_be_missed_twice_again(world, library):
    post = library.posts[0]
    world.run_until(FIRST + timedelta(days=3), every=timedelta(hours=1))
    world.sandbox.api.shown.vanish([post.video_id])
    world.run()
    world.sandbox.api.shown.restore([post.video_id])
    world.go_to(FIRST + timedelta(days=3, hours=1))
    with pytest.MonkeyPatch.context() as patch:
        unreadable(patch)
        world.run()
    world.sandbox.api.shown.vanish([post.video_id])

    world.run_until(FIRST + timedelta(days=3, hours=4), every=timedelta(hours=1))

    assert vanished(world, post.video_id) == [FIRST + timedelta(days=3, hours=2)]


# Runs that stop early


def test_a_run_near_its_deadline_stops_between_two_answers_and_the_schedule_goes_on(world):
    text = COLLECTION.replace("synthetic", "refresh_ages_days: [1]\n    synthetic")
    world.lake.put(COLLECTIONS, text.encode())
    world.run_until(FIRST + timedelta(days=9), every=timedelta(hours=12))
    world.sandbox.api.shown.show_at(world.now)

    again = world.app().source(Collection(name="cats", hashtags=["cat"], start_date="2026-09-01"))
    assert again.requests == 0
    world.go_to(FIRST + timedelta(days=12))
    slow = ResearchApi.again

    def one_at_a_time(self: Any, collection: Collection, posts: Any) -> Any:
        for post in posts:
            world.time += 60.0
            yield from slow(self, collection, [post])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ResearchApi, "again", one_at_a_time)
        first = fetch_collection("cats", world.app(), "refresh")
    remaining = world.run()

    assert (first["left"]["why"], first["read_again"]) == ("deadline", 2)
    assert remaining["ran"][0]["left"] is None
    assert remaining["ran"][0]["read_again"] >= 1


def test_when_the_quota_is_used_up_nobody_is_asked_before_midnight(world):
    world.quota = 1
    answer = world.run()
    assert answer["ran"][0]["left"] is None or answer["ran"][0]["left"]["why"] == "quota"
    world.go_to(FIRST + timedelta(hours=13))

    (ran,) = world.run()["ran"]
    assert ran["left"]["why"] == "quota"
    world.go_to(FIRST + timedelta(hours=20))
    assert world.run()["ran"] == []

    world.go_to(FIRST + timedelta(days=1))
    assert world.run()["ran"][0]["requests"] == 1


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("each", [3, pytest.param(1, marks=pytest.mark.campaign)])
def test_killed_at_any_step_the_next_run_reads_what_was_due_and_loses_nothing(world, library, each):
    world.run_until(FIRST + timedelta(days=3), every=timedelta(hours=12))
    start, sent = dict(world.lake.objects), list(world.bus.published)
    lake = world.lake

    for fatal in range(1, 40, each):
        lake.objects.clear()
        lake.objects.update(start)
        world.bus.published[:] = sent
        world.lake = Dying(lake, fatal)
        try:
            fetch_collection("cats", world.app(), "refresh")
            break
        except Killed:
            world.lake = lake
        world.go_to(world.now + timedelta(minutes=15))
        fetch_collection("cats", world.app(), "refresh")

        published = {record.to_json() for record in world.bus.published if record.metrics}
        saved = {
            record.to_json() for post in library.posts for record in world.readings(post.video_id)
        }
        assert published == saved, f"killed at step {fatal}"
        assert fetch_collection("cats", world.app(), "refresh")["read_again"] == 0
    assert fatal > 8


class Dying:
    """A lake whose process is killed at the nth call."""

    def __init__(self, lake: LakeInMemory, fatal: int):
        self._lake = lake
        self._steps_left = fatal

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._lake, name)
        if not callable(method):
            return method

        def call(*args: Any, **options: Any) -> Any:
            self._steps_left -= 1
            if self._steps_left == 0:
                raise Killed
            return method(*args, **options)

        return call


# Several collections

SEVERAL = """
collections:
  broken:
    hashtags: [x]
    start_date: soon
  cats:
    hashtags: [cat]
    start_date: 2026-09-01
    profiles: false
  dogs:
    hashtags: [dog]
    start_date: 2026-09-01
    profiles: false
"""


def test_one_that_fails_does_not_keep_the_others_from_their_turn(library, monkeypatch):
    with running(library) as sandbox:
        world = World(sandbox, SEVERAL)
        source = world.source

        def failing(collection: Collection) -> Any:
            if collection.name == "cats":
                raise Transient("down")
            return source(collection)

        world.source = failing
        answer = world.run()

    assert [ran["collection"] for ran in answer["ran"]] == ["dogs"]
    assert [(failure["collection"], failure["why"][:40]) for failure in answer["failed"]] == [
        ("broken", "config/collections.yaml, line 5, broken."),
        ("cats", "down"),
    ]


def test_a_broken_deploy_is_told_after_the_others_had_their_turn(library):
    with running(library) as sandbox:
        world = World(sandbox, SEVERAL)
        source = world.source

        def without_keys(collection: Collection) -> Any:
            if collection.name == "cats":
                raise Misconfigured("TIKTOK_CLIENT_KEY")
            return source(collection)

        world.source = without_keys
        with pytest.raises(Misconfigured):
            world.run()

    assert world.lake.exists("state/dogs.json")


def test_a_collection_that_another_run_has_is_left_alone(library):
    with running(library) as sandbox:
        world = World(sandbox, SEVERAL)
        world.lake.write_once("state/_running/cats.json", b"another")

        answer = world.run()

        assert (answer["busy"], [ran["collection"] for ran in answer["ran"]]) == (
            ["cats"],
            ["dogs"],
        )
        world.go_to(world.now + timedelta(minutes=15))
        assert world.run()["ran"][0]["collection"] == "cats"  # its lease has run out


def test_a_query_whose_days_were_all_over_when_it_was_listed_is_not_listed_again(library):
    text = COLLECTION.replace("list_every_h", "end_date: 2026-09-10\n    list_every_h")
    with running(library) as sandbox:
        world = World(sandbox, text)
        world.go_to(FIRST + timedelta(days=8))
        world.run()

        world.go_to(FIRST + timedelta(days=60))
        ran = world.run()["ran"]

    assert [run["mode"] for run in ran] == ["refresh"]


def test_without_any_collection_there_is_nothing_to_do(library):
    with running(library) as sandbox:
        world = World(sandbox)
        world.lake.delete(COLLECTIONS)

        assert world.run()["ran"] == []
