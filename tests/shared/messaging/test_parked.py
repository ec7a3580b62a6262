"""A parked message waits for its time, then it is published once and gone."""

import json

import pytest

from shared.errors import Permanent, Transient
from shared.messaging.events import Message
from shared.messaging.parked import ParkedCount, count_parked, due, park, release
from tests.fakes import LakeInMemory, TopicsInMemory, tombstones_in
from tests.records import at

MESSAGE = Message("event-1", b'{"a": 1}', {"eventType": "OBJECT_FINALIZE"})


@pytest.fixture
def lake():
    return LakeInMemory()


@pytest.fixture
def topics():
    return TopicsInMemory()


def parked(lake, key="event-1", due_hours=2.0, stage="analyze"):
    message = Message(key, MESSAGE.data, MESSAGE.attributes)
    park(lake, stage, message, at(due_hours), "over_budget", at(0))


def test_a_parked_message_says_why_until_when_and_what(lake):
    parked(lake)

    content = json.loads(lake.read("parked/analyze/event-1.json"))
    assert (content["reason"], content["due_at"]) == ("over_budget", at(2).isoformat())
    assert content["attributes"] == MESSAGE.attributes


@pytest.mark.parametrize("name", ["x" * 500, "猫" * 80], ids=["long", "in Chinese"])
def test_messages_about_files_with_long_names_do_not_replace_each_other(lake, topics, name):
    keys = [f"videos/{name} {number}.mp4" for number in (1, 2)]
    for key in [*keys, keys[0]]:
        parked(lake, key)

    due_keys = [json.loads(lake.read(entry.name))["key"] for entry in due(lake, at(2))]
    assert sorted(due_keys) == keys
    assert all(len(entry) < 600 for entry in lake.names("parked/"))


@pytest.mark.parametrize(("hours", "names"), [(1.9, []), (2, ["a"]), (3, ["a", "b"])])
def test_a_message_is_due_from_its_time_on(lake, hours, names):
    parked(lake, "a", 2)
    parked(lake, "b", 3)

    assert [entry.name for entry in due(lake, at(hours))] == [
        f"parked/analyze/{name}.json" for name in names
    ]


def test_a_released_message_is_published_as_it_came_and_gone(lake, topics):
    parked(lake)

    assert release(next(due(lake, at(2))), lake, topics, tombstones_in(lake)) is True

    ((stage, message),) = topics.published
    assert (stage, message.data, message.attributes) == (
        "analyze",
        MESSAGE.data,
        MESSAGE.attributes,
    )
    assert count_parked(lake) == ParkedCount()


def test_a_message_whose_topic_is_down_stays_parked(lake, topics):
    parked(lake)

    def down():
        raise Transient("topic down")

    topics.before_publishing = down

    with pytest.raises(Transient):
        release(next(due(lake, at(2))), lake, topics, tombstones_in(lake))
    assert count_parked(lake).count == 1


def test_a_message_parked_again_while_it_is_released_stays_parked(lake, topics):
    parked(lake)
    topics.before_publishing = lambda: parked(lake, due_hours=9)

    release(next(due(lake, at(2))), lake, topics, tombstones_in(lake))

    assert count_parked(lake) == ParkedCount(1, at(9), at(9))


def test_a_message_released_by_another_sweep_is_not_published_again(lake, topics):
    parked(lake)
    entry = next(due(lake, at(2)))
    release(entry, lake, topics, tombstones_in(lake))

    assert release(entry, lake, topics, tombstones_in(lake)) is False
    assert len(topics.published) == 1


def test_waiting_tells_how_many_and_from_when_to_when(lake):
    for key, hours in (("a", 5), ("b", 2), ("c", 9)):
        parked(lake, key, hours)

    assert count_parked(lake) == ParkedCount(3, at(2), at(9))


@pytest.mark.parametrize(
    ("stage", "content"),
    [
        ("analyze", b"{"),
        ("analyze", b"[]"),
        ("analyze", b"[" * 100_000),
        ("analyze", b'{"due_at": "2026-11-01T00:00:00Z", "data": "%"}'),
        ("analyze", b'{"due_at": "x", "data": "e30="}'),
        ("nonsense", b'{"due_at": "2026-11-01T00:00:00Z", "data": "e30="}'),
    ],
)
def test_a_corrupt_entry_is_due_and_says_what_is_wrong(lake, topics, stage, content):
    lake.put(f"parked/{stage}/x.json", content)

    with pytest.raises(Permanent):
        release(next(due(lake, at(0))), lake, topics, tombstones_in(lake))

    assert topics.published == []
    assert count_parked(lake).count == 1


def test_a_time_that_a_wrong_clock_named_is_no_longer_than_a_day_ahead(lake):
    lake.now = at(0)
    parked(lake, "of a clock a year ahead", due_hours=24 * 365)
    parked(lake, "until midnight", due_hours=24)

    assert list(due(lake, at(23))) == []
    assert len(list(due(lake, at(24)))) == 1
    assert len(list(due(lake, at(25)))) == 2
