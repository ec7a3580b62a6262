"""Facts about the day's requests, which all collections share."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from shared.storage.lake import Superseded
from shared.tiktok.sources.quota import HANDFUL, DailyQuota
from shared.tiktok.sources.wire import QuotaExhausted, ReservedForPosts
from tests.fakes import LakeInMemory

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class World:
    def __init__(self, limit=50):
        self.lake = LakeInMemory()
        self.limit = limit
        self.now = NOON

    def run(self):
        """A quota as one run of one collection holds it."""
        return DailyQuota(self.lake, "research", self.limit, lambda: self.now, pause=lambda _: None)

    def taken(self):
        return json.loads(self.lake.read("state/_quota/research.json"))["taken"]


def spent(quota, most=1_000):
    count = 0
    while count < most:
        try:
            quota.spend()
        except QuotaExhausted:
            break
        count += 1
    return count


def test_runs_of_one_day_share_the_limit():
    world = World(limit=50)
    first, second = world.run(), world.run()

    assert spent(first, 25) == 25
    first.close()

    assert spent(second) == 25
    assert spent(world.run()) == 0


def test_what_a_run_did_not_use_it_gives_back():
    world = World()
    run = world.run()
    spent(run, 3)
    assert world.taken() == HANDFUL

    run.close()
    run.close()

    assert world.taken() == 3


def test_a_run_that_is_killed_loses_a_handful_at_most():
    world = World(limit=50)
    spent(world.run(), 1)

    assert spent(world.run()) == 50 - HANDFUL


def test_the_next_day_in_utc_begins_anew():
    world = World(limit=5)
    assert spent(world.run()) == 5

    world.now = datetime(2026, 11, 2, 0, 0, 1, tzinfo=UTC)

    assert spent(world.run()) == 5


def test_what_was_reserved_yesterday_is_not_spent_today():
    world = World(limit=5)
    run = world.run()
    spent(run, 1)

    world.now += timedelta(days=1)

    assert spent(run) == 5
    run.close()
    assert world.taken() == 5


def test_when_tiktok_says_so_the_day_is_over_for_every_run():
    world = World()
    first, other = world.run(), world.run()
    spent(first, 1)
    spent(other, 1)

    first.exhausted()

    assert (spent(first), spent(world.run())) == (0, 0)
    world.now += timedelta(days=1)
    assert spent(world.run(), 1) == 1


def test_a_ledger_that_nobody_can_read_begins_at_nothing():
    world = World(limit=5)
    world.lake.put("state/_quota/research.json", b"{")

    assert spent(world.run()) == 5


def test_many_runs_at_once_never_ask_more_than_the_limit():
    world = World(limit=100)

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: spent(world.run()), range(8)))

    assert sum(counts) == 100


def test_a_write_that_another_run_overtook_is_made_again():
    world = World(limit=5)
    replace, refused = world.lake.replace, []

    def overtaken(name, content, generation, content_type="application/json"):
        if len(refused) < 3:
            refused.append(name)
            raise Superseded(name)
        return replace(name, content, generation, content_type)

    world.lake.replace = overtaken

    assert spent(world.run(), 1) == 1


@pytest.mark.parametrize("limit", [1, HANDFUL, HANDFUL + 1])
def test_the_last_handful_is_as_small_as_what_is_left(limit):
    assert spent(World(limit=limit).run()) == limit


# Spare requests


def spare(world, needed):
    return DailyQuota(
        world.lake, "research", world.limit, lambda: world.now, lambda _: None, lambda: needed
    )


def spent_spare(quota):
    count = 0
    with suppress(ReservedForPosts):
        while count < 1_000:
            quota.spend(is_spare=True)
            count += 1
    return count


def test_spare_requests_leave_what_posts_and_readings_need():
    world = World(limit=50)
    run = spare(world, needed=30)

    assert spent_spare(run) == 20
    assert spent(run) == 30


def test_what_posts_have_used_of_their_need_is_not_reserved_again():
    world = World(limit=50)
    first = spare(world, needed=30)
    assert spent(first, 25) == 25
    first.close()

    assert spent_spare(spare(world, needed=30)) == 20


def test_posts_may_use_more_than_their_need_and_the_spare_ones_less():
    world = World(limit=50)
    first = spare(world, needed=10)
    assert spent(first, 45) == 45
    first.close()

    assert spent_spare(spare(world, needed=10)) == 5


def test_unused_spare_requests_return_as_spare_ones():
    world = World(limit=50)
    run = spare(world, needed=10)
    run.spend(is_spare=True)

    run.close()

    day = json.loads(world.lake.read("state/_quota/research.json"))
    assert (day["taken"], day["spare"]) == (1, 1)
