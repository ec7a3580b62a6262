"""A parked message waits for its time, then it is published once and gone."""

import json

import pytest

from shared.errors import Permanent, Transient
from shared.messaging.events import Message
from shared.messaging.parked import ParkedCount, count_parked, due, park, queues, release
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

    content = json.loads(lake.read("parked/analyze/any/2026-11-01/event-1.json"))
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
        f"parked/analyze/any/2026-11-01/{name}.json" for name in names
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


def test_a_message_parked_for_two_days_is_published_twice_and_gone(lake, topics):
    parked(lake, due_hours=2)
    parked(lake, due_hours=26)

    for entry in list(due(lake, at(26))):
        release(entry, lake, topics, tombstones_in(lake))

    assert len(topics.published) == 2
    assert list(lake.names("parked/")) == []


def test_a_queue_begins_with_what_was_due_first(lake):
    for key, hours in (("a", 50), ("b", 26), ("c", 2)):
        parked(lake, key, hours)

    assert [entry.name[-6:] for entry in due(lake, at(50))] == ["c.json", "b.json", "a.json"]


def test_what_is_due_tomorrow_is_not_listed(lake):
    for number in range(5):
        parked(lake, f"later {number}", due_hours=24)
    parked(lake, "now", due_hours=2)
    (queue,) = [queue for queue in queues(lake, "analyze") if queue.folder]
    lake.listed = 0

    assert len(list(queue.due(at(2), page_size=1))) == 1
    assert lake.listed == 1


def test_messages_that_earlier_versions_parked_are_released(lake, topics):
    content = json.dumps({"due_at": at(1).isoformat(), "data": "e30=", "attributes": {}}).encode()
    for name in ("analyze/videos%2F1.mp4-5-gemini-0", "load/1234"):
        lake.put(f"parked/{name}.json", content, custom_time=at(1))
    parked(lake)

    for entry in list(due(lake, at(2))):
        release(entry, lake, topics, tombstones_in(lake))

    assert [stage for stage, _ in topics.published] == ["analyze", "analyze", "load"]
    assert list(lake.names("parked/")) == []


def test_a_count_stops_at_its_limit_and_says_so(lake):
    for number in range(5):
        parked(lake, f"event-{number}")
    lake.listed = 0

    assert count_parked(lake, most=3) == ParkedCount(3, at_least=True)
    assert lake.listed == 3


def test_waiting_tells_how_many_and_from_when_to_when(lake):
    for key, hours in (("a", 5), ("b", 2), ("c", 9)):
        parked(lake, key, hours)

    assert count_parked(lake) == ParkedCount(3, at(2), at(9))


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"[" * 100_000,
        b'{"due_at": "2026-11-01T00:00:00Z", "data": "%"}',
        b'{"due_at": "x", "data": "e30="}',
    ],
)
@pytest.mark.parametrize("folder", ["analyze/any/2026-11-01/", "load/"])
def test_a_corrupt_entry_is_due_and_says_what_is_wrong(lake, topics, folder, content):
    lake.put(f"parked/{folder}0.json", content)

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
