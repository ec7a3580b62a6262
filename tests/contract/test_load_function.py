"""The load function through functions-framework's door: 2xx only when the rows are durable."""

import base64
import json
import logging
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import functions_framework
import pytest

from shared.errors import Misconfigured, Transient
from shared.messaging.events import Message
from shared.messaging.last_errors import LastError, last_error, note_name
from shared.messaging.parked import count_parked, due, release
from shared.warehouse.daily_bytes import DailyBytes
from shared.warehouse.group import GroupCommit
from shared.warehouse.load import within_budget
from tests.fakes import LakeInMemory, TopicsInMemory, tombstones_in
from tests.records import DAY_0, metrics, rating, record, video

MAIN = str(Path(__file__).parents[2] / "functions/load/main.py")


class World:
    """The served function over a lake in memory and a warehouse that remembers."""

    def __init__(self, monkeypatch):
        self.app = functions_framework.create_app("load", MAIN, "cloudevent")
        self.main = sys.modules["main"]
        self.lake = LakeInMemory()
        self.loaded = []
        self.failure = None
        group = GroupCommit(self._load, linger_s=0.01, most_items=1_000, most_weight=10**6)
        monkeypatch.setattr(
            self.main,
            "wiring",
            lambda: self.main.LoadApp(
                lake=self.lake, group=group, tombstones=tombstones_in(self.lake)
            ),
        )

    def _load(self, records):
        if self.failure:
            raise self.failure
        self.loaded.append(list(records))

    def deliver(self, data: bytes, message_id="1", attempt=None) -> int:
        body = {
            "message": {"data": base64.b64encode(data).decode(), "messageId": message_id},
            "subscription": "projects/p/subscriptions/load",
        }
        if attempt is not None:
            body["deliveryAttempt"] = attempt
        return self.app.test_client().post("/", json=body).status_code

    def failed(self):
        return [json.loads(self.lake.read(name)) for name in self.lake.names("failed/")]


@pytest.fixture
def world(monkeypatch):
    return World(monkeypatch)


def test_a_record_of_something_erased_is_dropped_and_acknowledged(world):
    tombstones_in(world.lake).put(["7300000000000000001"], [], DAY_0)

    assert world.deliver(record(metrics=metrics()).to_json()) == 200
    assert world.deliver(record(metrics=metrics()).to_json()[:-1] + b', "more": 1}') == 200

    assert (world.loaded, world.failed()) == ([], [])


def test_a_record_is_loaded_before_the_answer(world):
    assert world.deliver(record(metrics=metrics()).to_json()) == 200
    assert world.loaded == [[record(metrics=metrics())]]


def test_records_that_arrive_together_share_a_batch(world):
    gate = threading.Event()
    load, world._load = world._load, None

    def slow(records):
        gate.wait(10)
        load(records)

    group = GroupCommit(slow, linger_s=0.01, most_items=1_000, most_weight=10**6)
    world.main.wiring = lambda: world.main.LoadApp(
        lake=world.lake, group=group, tombstones=tombstones_in(world.lake)
    )
    messages = [record(f"73000000000000000{n:02}", metrics=metrics()).to_json() for n in range(20)]
    with ThreadPoolExecutor(20) as threads:
        answers = [threads.submit(world.deliver, data) for data in messages]
        while sum(future.running() for future in answers) < 20:
            pass
        gate.set()

    assert {future.result() for future in answers} == {200}
    assert len(world.loaded) < 20
    assert sum(map(len, world.loaded)) == 20


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"schema_version":1,"video_id":"7300000000000000001"}',
        record(metrics=metrics()).to_json().replace(b"100", b"NaN"),
        record(metrics=metrics()).to_json().replace(b"100", b"9223372036854775808"),
        record(metrics=metrics()).to_json().replace(b'"views"', b'"v\\u0000ews"'),
        record(rating=rating()).to_json().replace(b"signals/1.0", b"si\\u0000nals"),
    ],
)
def test_a_malformed_record_is_kept_with_its_reason_and_bytes(world, data):
    assert world.deliver(data) == 200

    (failure,) = world.failed()
    assert failure["reason"] == "malformed"
    assert base64.b64decode(failure["data"]) == data
    assert world.loaded == []


def test_the_same_malformed_record_again_is_kept_once(world):
    for _ in range(3):
        world.deliver(b"{", message_id="7")

    assert len(world.failed()) == 1


@pytest.mark.parametrize("failure", [Transient("down"), Misconfigured("no table"), RuntimeError()])
def test_what_may_mend_itself_asks_for_redelivery(world, failure):
    world.failure = failure

    assert world.deliver(record(metrics=metrics()).to_json()) == 500
    assert world.failed() == []


def test_missing_settings_are_named_and_settle_nothing(monkeypatch, caplog):
    for name in ("GOOGLE_CLOUD_PROJECT", "LAKE_BUCKET"):
        monkeypatch.delenv(name, raising=False)
    app = functions_framework.create_app("load", MAIN, "cloudevent")
    body = {"message": {"data": "e30=", "messageId": "1"}, "subscription": "s"}

    answer = app.test_client().post("/", json=body)

    assert answer.status_code == 500
    assert "GOOGLE_CLOUD_PROJECT (not set), LAKE_BUCKET (not set)" in caplog.text


def test_the_last_error_of_a_message_that_keeps_coming_is_noted_now_and_then(world):
    data = record(metrics=metrics()).to_json()
    noted = []
    for attempt in range(1, 101):
        world.failure = Transient(f"BigQuery is down, {attempt}")
        before = world.lake.read(note_name("load", Message("", data, {})))
        assert world.deliver(data, attempt=attempt) == 500
        if world.lake.read(note_name("load", Message("", data, {}))) != before:
            noted.append(attempt)

    assert noted == [4, 8, 16, 32, 64, *range(90, 101)]
    dead = Message("of another id", data, {"CloudPubSubDeadLetterSourceDeliveryCount": "100"})
    assert last_error(world.lake, "load", dead) == (
        "at delivery 100: Transient: BigQuery is down, 100"
    )


def test_a_message_that_is_settled_leaves_no_error_behind(world):
    data = record(metrics=metrics()).to_json()
    world.failure = Transient("BigQuery is down")
    world.deliver(data, attempt=4)
    world.failure = None

    assert world.deliver(data, attempt=5) == 200
    assert list(world.lake.names("state/attempts/")) == []


def test_a_delivery_that_goes_well_writes_nothing(world):
    for attempt in (None, 1, "4", -1):
        world.deliver(record(metrics=metrics()).to_json(), attempt=attempt)

    assert world.lake.objects == {}


def test_a_note_that_cannot_be_written_hides_no_error(world, monkeypatch):
    def down(*arguments, **options):
        raise Transient("storage is down, too")

    monkeypatch.setattr(world.lake, "put", down)
    message = Message("1", b"{}", {})

    LastError(world.lake, "load", message, 4, lambda: DAY_0).note(Transient("BigQuery is down"))


def test_a_record_is_parked_when_the_days_bytes_are_spent_and_published_tomorrow(
    world, caplog, monkeypatch
):
    """A redelivery would make it a dead letter within hours."""
    monkeypatch.setattr(logging.getLogger("shared"), "propagate", True)
    now = DAY_0
    budget = DailyBytes(world.lake, 1, lambda: now)
    group = GroupCommit(
        within_budget(world._load, lambda: 1, budget), linger_s=0, most_items=9, most_weight=10**6
    )
    world.main.wiring = lambda: world.main.LoadApp(
        world.lake, group, tombstones_in(world.lake), lambda: now
    )
    data = [record(f"730000000000000000{n}", metrics=metrics()).to_json() for n in range(3)]

    assert [world.deliver(each, message_id=str(n)) for n, each in enumerate(data)] == [200] * 3

    assert len(world.loaded) == 1
    assert world.failed() == []
    assert count_parked(world.lake).count == 2
    assert "loading waits" in caplog.messages
    assert list(due(world.lake, now)) == []
    now, topics = DAY_0 + timedelta(days=1), TopicsInMemory()
    for entry in due(world.lake, now):
        assert release(entry, world.lake, topics, tombstones_in(world.lake))
    assert [(stage, message.data) for stage, message in topics.published] == [
        ("load", each) for each in data[1:]
    ]


def test_a_parked_record_does_not_hold_what_was_erased(world):
    tombstones_in(world.lake).put([], ["ada.l"], DAY_0)
    budget = DailyBytes(world.lake, 1, lambda: DAY_0)
    budget.spend(1)
    group = GroupCommit(
        within_budget(world._load, lambda: 1, budget), linger_s=0, most_items=9, most_weight=10**6
    )
    world.main.wiring = lambda: world.main.LoadApp(
        world.lake, group, tombstones_in(world.lake), lambda: DAY_0
    )

    mention = record(metrics=metrics(), video=video(caption="with @ada.l"))
    assert world.deliver(mention.to_json()) == 200

    (name,) = world.lake.names("parked/load/")
    kept = base64.b64decode(json.loads(world.lake.read(name))["data"])
    assert b"ada.l" not in kept and b"[erased]" in kept
