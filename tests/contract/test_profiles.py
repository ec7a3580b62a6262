"""Profiles of creators: once, rarely again, and from what posts and readings leave of the quota."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from local.sandbox.api.server import running
from local.sandbox.dummy import dummy_library
from local.sandbox.library import Library
from tests.tiktok_world import COLLECTION, FIRST, World, counts

DAY = timedelta(days=1)
START = FIRST + 55 * DAY
PROFILES = COLLECTION.replace("profiles: false", "profiles: true").replace("h: 12", "h: 24")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """200 posts by 40 creators, one every 7 hours."""
    root, every = tmp_path_factory.mktemp("library"), timedelta(hours=7)
    anchor = FIRST + 400 * DAY
    return dummy_library(
        root, 200, 40, first=FIRST, every=every, anchor=anchor, fields=counts, unavailable=()
    )


@pytest.fixture
def world(library: Library, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr("shared.tiktok.sources.research.PAGE_SIZE", 20)
    with running(library) as sandbox:
        sandbox.api.gap_chance = 0.0
        world = World(sandbox, PROFILES)
        world.go_to(START)
        yield world


def requests(world: World, endpoint: str) -> int:
    return sum(world.sandbox.stats()["requests"].get(endpoint, {}).values())


def test_a_profile_is_read_once_for_all_posts_and_readings_of_its_creator(world):
    world.run_until(START + 5 * DAY, DAY)

    assert requests(world, "user") == 40
    assert world.readings(world.sandbox.library.posts[190].video_id)[-1].metrics.followers


def test_a_profile_is_read_again_after_its_time_and_not_before(world):
    short = PROFILES.replace("synthetic", "profiles_every_days: 2\n    synthetic")
    world.lake.put("config/collections.yaml", short.encode())
    world.run()
    world.go_to(START + DAY)
    world.run()
    assert requests(world, "user") == 40

    world.go_to(START + 3 * DAY)
    world.run()

    assert requests(world, "user") > 40


def test_posts_do_not_wait_for_profiles(world):
    world.quota = 40

    world.run()

    names = {name[9:-5] for name in world.lake.names("metadata/")}
    assert names == {post.video_id for post, _ in world.sandbox.api.shown.posts()}
    assert 0 < requests(world, "user") < 40


def test_a_creator_without_a_profile_gets_it_when_a_request_is_left(world):
    world.quota = 40
    world.run()
    before = requests(world, "user")

    world.run_until(START + 5 * DAY, DAY)

    assert before < requests(world, "user") <= 40
