"""The daily pass over known videos asks for little more than new posts and due readings need."""

from datetime import timedelta

import pytest

from benchmarks.known_collection import MEMORY_BAR_MB, REQUESTS_BAR, measured_pass
from local.sandbox.api.server import running
from local.sandbox.dummy import dummy_library
from tests.tiktok_world import COLLECTION, FIRST, World

DAY = timedelta(days=1)
POSTS_A_DAY, PAGE = 40, 4
AGES = "refresh_ages_days: [1, 3, 5, 7, 9]\n    refresh_every_h: 24\n    synthetic"
LARGE = COLLECTION.replace("h: 12", "h: 24").replace("synthetic", AGES)


@pytest.mark.campaign
def test_a_day_of_a_known_collection_asks_little_more_than_it_needs(tmp_path, monkeypatch):
    """As at 200,000 videos, with a page of 4: `make bench` measures that size."""
    monkeypatch.setattr("shared.tiktok.sources.research.PAGE_SIZE", PAGE)
    every = DAY / POSTS_A_DAY
    library = dummy_library(
        tmp_path, 12 * POSTS_A_DAY, first=FIRST, every=every, anchor=FIRST + 99 * DAY
    )
    with running(library) as sandbox:
        sandbox.api.gap_chance = 0.0
        world = World(sandbox, LARGE)
        world.go_to(FIRST + 10.5 * DAY)
        world.run()
        before = world.request_count()

        runs = world.run_until(FIRST + 11.6 * DAY, timedelta(hours=24))
        request_count = world.request_count() - before

    new, due = sum(run["new"] for run in runs), sum(run["read_again"] for run in runs)
    assert new == POSTS_A_DAY
    assert due == pytest.approx(5 * POSTS_A_DAY, abs=5)
    assert request_count <= REQUESTS_BAR * (new + due) / PAGE


@pytest.mark.campaign
def test_the_function_itself_stays_within_both_bars():
    day = measured_pass(known_videos=20_000, days=100)

    assert day.requests <= REQUESTS_BAR * day.needed
    assert day.memory_mb <= MEMORY_BAR_MB
