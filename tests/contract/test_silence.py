"""A collection that lists nothing for three days is told of, against the sandbox."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from local.sandbox.api.server import running
from local.sandbox.dummy import dummy_library
from shared.errors import Misconfigured
from shared.storage.layout import COLLECTIONS
from shared.tiktok.canary import canary
from shared.tiktok.silence import silences
from tests.tiktok_world import COLLECTION, FIRST, World

DAY = timedelta(days=1)
NOBODY = COLLECTION.replace("[cat]", "[nosuchtag]")
START = FIRST + 4 * DAY


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return dummy_library(tmp_path_factory.mktemp("library"), 4, creators=1, first=FIRST)


@pytest.fixture
def sandbox(library) -> Iterator:
    with running(library) as sandbox:
        yield sandbox


def world(sandbox, collections: str) -> World:
    new_world = World(sandbox, collections)
    new_world.go_to(START)
    return new_world


def reasons(world: World) -> list[str]:
    return [silence.why for silence in silences(world.lake, world.now)]


def lines(caplog) -> list:
    return [line for line in caplog.records if line.message == "collection lists nothing"]


def test_three_days_without_a_video_are_told_with_their_first_day(sandbox, caplog):
    nobody = world(sandbox, NOBODY)

    nobody.run_until(START + 3 * DAY, DAY / 2)
    nobody.go_to(START + 3 * DAY - timedelta(minutes=1))
    assert reasons(nobody) == []
    nobody.go_to(START + 3 * DAY)
    answer = canary(nobody.app())

    assert reasons(nobody) == [f"since {START:%Y-%m-%d} each pass has listed no video"]
    assert [silence["collection"] for silence in answer["silent"]] == ["cats"]
    (line,) = lines(caplog)
    assert (line.collection, line.why) == ("cats", answer["silent"][0]["why"])


def test_known_videos_that_are_listed_again_are_no_silence(sandbox, caplog):
    cats = world(sandbox, COLLECTION)

    cats.run_until(START + 4 * DAY, DAY / 2)

    assert (reasons(cats), canary(cats.app())["silent"], lines(caplog)) == ([], [], [])
    assert "silent_since" not in cats.state()


def test_a_video_ends_the_silence(sandbox, library):
    cats = world(sandbox, COLLECTION)
    gone = [post.video_id for post in library.posts]
    sandbox.api.shown.vanish(gone)
    cats.run_until(START + 3 * DAY, DAY / 2)
    assert reasons(cats)

    sandbox.api.shown.restore(gone)
    cats.run_until(START + 4 * DAY, DAY / 2)

    assert reasons(cats) == []


def test_another_query_begins_anew(sandbox):
    nobody = world(sandbox, NOBODY)
    nobody.run_until(START + 3 * DAY, DAY / 2)
    assert reasons(nobody)

    nobody.lake.put(COLLECTIONS, NOBODY.replace("nosuchtag", "noothertag").encode())
    nobody.run_until(START + 4 * DAY, DAY / 2)

    assert reasons(nobody) == []


def test_a_listing_that_fails_for_three_days_is_silent_too(sandbox, monkeypatch):
    cats = world(sandbox, COLLECTION)
    cats.run()
    monkeypatch.setattr(sandbox.api, "_client", ("other", "keys"))

    for _ in range(8):
        cats.go_to(cats.now + DAY / 2)
        with pytest.raises(Misconfigured):
            cats.run()

    assert reasons(cats) == [f"since {START:%Y-%m-%d} no pass has come to its end"]


def test_a_collection_that_could_never_be_listed_is_silent_from_its_third_day_on(sandbox):
    never = world(sandbox, COLLECTION)
    declared_at = never.lake.stat(COLLECTIONS).updated

    never.go_to(declared_at + 3 * DAY - timedelta(minutes=1))
    assert reasons(never) == []
    never.go_to(declared_at + 3 * DAY)

    assert reasons(never) == ["no pass has ever come to its end"]


def test_days_that_are_over_are_not_expected_to_speak(sandbox):
    over = world(sandbox, NOBODY.replace("list_every_h", "end_date: 2026-09-08\n    list_every_h"))

    over.run_until(START + 6 * DAY, DAY)

    assert reasons(over) == []


@pytest.mark.parametrize(("source", "is_told"), [("manifest", False), ("display", True)])
def test_a_list_of_people_is_not_expected_to_speak(sandbox, source, is_told):
    asks = {"manifest": "manifest: manifests/m.jsonl", "display": "usernames: [mine]"}[source]
    mine = world(sandbox, f"\ncollections:\n  cats: {{source: {source}, {asks}}}\n")
    mine.lake.put("state/cats.json", b'{"listed": {"query": "q", "at": "2026-09-01T00:00:00Z"}}')

    assert bool(reasons(mine)) == is_told
