"""What redelivery could not mend is listed with its reason and sent round again whole."""

import base64
import json

import pytest
from cloudevents.http import CloudEvent

from shared.errors import Transient
from shared.messaging.events import PUBSUB_MESSAGE, Message, VideoUploaded, video_uploaded
from shared.messaging.failed import failures, replay, sendable
from shared.messaging.topics import Unsendable
from tests.fakes import LakeInMemory, TopicsInMemory, tombstones_in
from tests.records import DAY_0, at, metrics, record

RECORD = record(metrics=metrics()).to_json()
UPLOAD = {"bucket": "lake", "name": "videos/7300000000000000001.mp4", "generation": "7"}


@pytest.fixture
def lake():
    return LakeInMemory()


@pytest.fixture
def topics():
    return TopicsInMemory()


def keep(lake, stage="load", key="1", reason="malformed", hours=0, **evidence):
    if stage == "load" and not evidence:
        evidence = {"data": base64.b64encode(RECORD).decode(), "attributes": {"video_id": "7"}}
    lake.keep_failed(stage, key, reason, f"{key} is bad", at(hours), **evidence)


def test_failures_about_long_names_do_not_replace_each_other(lake):
    keys = ["猫" * 80 + end for end in "ab"]
    for key in keys:
        keep(lake, key=key)

    assert sorted(failure.key for failure in failures(lake)) == keys


def test_failures_say_stage_reason_and_time(lake):
    keep(lake, "load", "1", "malformed", 2)

    (failure,) = failures(lake)

    assert (failure.stage, failure.key, failure.reason) == ("load", "1", "malformed")
    assert (failure.sentence, failure.failed_at) == ("1 is bad", at(2))


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        ({}, ["3", "4", "1", "2"]),
        ({"stage": "load"}, ["1", "2"]),
        ({"reason": "refused"}, ["4", "2"]),
        ({"since": at(2)}, ["3", "4", "2"]),
        ({"stage": "load", "reason": "malformed", "since": at(2)}, []),
        ({"stage": "nonsense"}, []),
    ],
)
def test_failures_are_found_by_stage_reason_and_time(lake, filters, keys):
    keep(lake, "load", "1", "malformed", 1)
    keep(lake, "load", "2", "refused", 2)
    keep(lake, "analyze", "3", "malformed", 3)
    keep(lake, "analyze", "4", "refused", 4)

    assert [failure.key for failure in failures(lake, **filters)] == keys


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'"text"',
        b"[" * 100_000,
        b'{"key": 1, "reason": "r", "failed_at": "2026-11-01T00:00:00Z"}',
        b'{"key": "k", "reason": "r", "failed_at": "yesterday"}',
        b'{"key": "k", "reason": "r", "failed_at": "2026-11-01T00:00:00"}',
        b'{"key": "k", "reason": "r", "failed_at": "2026-11-01T00:00:00Z", "data": "%%%"}',
        b'{"key": "k", "reason": "r", "failed_at": "2026-11-01T00:00:00Z", "attributes": [1]}',
        b'{"key": "k", "reason": "r", "failed_at": "2026-11-01T00:00:00Z", "upload": {}}',
        b" " * (20 * 2**20 + 1),
    ],
)
def test_an_entry_that_cannot_be_read_is_listed_as_unreadable(lake, content):
    lake.put("failed/load/x.json", content)

    (failure,) = failures(lake)

    assert (failure.reason, failure.stage, failure.key) == ("unreadable", "load", "x")
    assert failure.failed_at == DAY_0
    with pytest.raises(Unsendable):
        sendable(failure)


def test_an_unreadable_entry_hides_no_other(lake):
    lake.put("failed/load/0.json", b"{")
    keep(lake)

    assert [failure.reason for failure in failures(lake)] == ["unreadable", "malformed"]


def test_an_entry_that_lies_about_its_stage_is_of_the_stage_it_lies_under(lake):
    keep(lake, "analyze", "1")
    entry = json.loads(lake.read("failed/analyze/1.json")) | {"stage": "load"}
    lake.put("failed/analyze/1.json", json.dumps(entry).encode())

    assert [failure.stage for failure in failures(lake)] == ["analyze"]


def test_an_entry_deleted_while_it_is_read_is_left_out(lake, monkeypatch):
    keep(lake)
    monkeypatch.setattr(lake, "read_with_generation", lambda name: (None, 0))

    assert list(failures(lake)) == []


def test_a_record_is_replayed_byte_for_byte_with_its_attributes(lake, topics):
    keep(lake, "load")
    (failure,) = failures(lake)

    replay(failure, lake, topics, tombstones_in(lake))

    ((stage, message),) = topics.published
    assert stage == "load"
    assert (message.data, message.attributes) == (RECORD, {"video_id": "7"})


def test_what_was_erased_meanwhile_is_deleted_and_not_replayed(lake, topics):
    keep(lake, "analyze", upload=UPLOAD)
    (failure,) = failures(lake)
    tombstones = tombstones_in(lake)
    tombstones.put([UPLOAD["name"][7:26]], [], DAY_0)

    assert replay(failure, lake, topics, tombstones) is False

    assert topics.published == []
    assert list(failures(lake)) == []


def test_an_upload_is_replayed_as_the_notification_that_the_bucket_sends(lake, topics):
    keep(lake, "analyze", upload=UPLOAD)
    (failure,) = failures(lake)

    replay(failure, lake, topics, tombstones_in(lake))

    ((stage, message),) = topics.published
    assert stage == "analyze"
    assert message.attributes == {
        "eventType": "OBJECT_FINALIZE",
        "payloadFormat": "JSON_API_V1",
        "bucketId": "lake",
        "objectId": UPLOAD["name"],
        "objectGeneration": "7",
    }
    assert json.loads(message.data)["kind"] == "storage#object"


def test_a_replayed_upload_is_understood_by_analyze(lake, topics):
    keep(lake, "analyze", upload=UPLOAD)
    replay(next(failures(lake)), lake, topics, tombstones_in(lake))
    _, message = topics.published[0]
    entry = {"data": base64.b64encode(message.data).decode(), "attributes": message.attributes}
    attributes = {"type": PUBSUB_MESSAGE, "source": "//pubsub", "id": "9"}

    event = CloudEvent(attributes, {"message": entry})

    assert video_uploaded(event) == VideoUploaded(**UPLOAD)


def test_an_event_that_told_of_no_upload_is_replayed_as_it_came(lake, topics):
    keep(lake, "analyze", data=base64.b64encode(b"{}").decode(), attributes={"eventType": "x"})

    replay(next(failures(lake)), lake, topics, tombstones_in(lake))

    assert topics.published == [("analyze", Message("1", b"{}", {"eventType": "x"}))]


def test_a_replayed_entry_is_gone(lake, topics):
    keep(lake)

    replay(next(failures(lake)), lake, topics, tombstones_in(lake))

    assert list(failures(lake)) == []


def test_an_entry_is_deleted_only_after_it_was_published(lake, topics):
    keep(lake)

    def is_there():
        assert lake.exists("failed/load/1.json")
        raise Transient("topic down")

    topics.before_publishing = is_there

    with pytest.raises(Transient):
        replay(next(failures(lake)), lake, topics, tombstones_in(lake))
    assert len(list(failures(lake))) == 1


def test_an_entry_that_failed_again_while_it_was_replayed_stays(lake, topics):
    keep(lake)
    topics.before_publishing = lambda: keep(lake, reason="again")

    replay(next(failures(lake)), lake, topics, tombstones_in(lake))

    assert [failure.reason for failure in failures(lake)] == ["again"]


def test_what_fails_while_failures_are_read_is_left_for_the_next_time(lake, monkeypatch):
    entries = lake.entries

    def page_by_page(prefix, after=""):
        while entry := next(entries(prefix, after), None):
            yield entry
            after = entry.name

    monkeypatch.setattr(lake, "entries", page_by_page)
    for number in range(50):
        keep(lake, key=f"{number:02}")
    seen = []
    for failure in failures(lake):
        seen.append(failure.key)
        keep(lake, key=f"9-{failure.key}")

    assert seen == [f"{number:02}" for number in range(50)]


@pytest.mark.parametrize(
    ("stage", "evidence"),
    [
        ("load", {"event": "x"}),
        ("load", {"data": ""}),
        ("analyze", {"data": ""}),
        ("fetch", {"collection": "c"}),
        ("rebuild", {"object": "metadata/x.json"}),
        ("nonsense", {"data": "e30="}),
    ],
)
def test_what_no_function_could_ever_answer_is_not_sent_and_stays(lake, topics, stage, evidence):
    keep(lake, stage, **evidence)

    with pytest.raises(Unsendable):
        replay(next(failures(lake)), lake, topics, tombstones_in(lake))

    assert topics.published == []
    assert len(list(failures(lake))) == 1
