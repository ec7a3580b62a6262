"""The sweep through functions-framework's door, over a lake in memory and real Pub/Sub calls."""

import base64
import itertools
import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

import functions_framework
import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import pubsub_v1, storage

from shared.errors import Misconfigured, Transient
from shared.messaging.dead_letters import DeadLetters, stage_of
from shared.messaging.events import Message
from shared.messaging.failed import failures, replay
from shared.messaging.last_errors import note_name
from shared.messaging.parked import count_parked, due, park
from shared.messaging.sweep import SweepApp
from shared.messaging.topics import Topics, Unsendable
from shared.rating.ledger import affordable_videos, budget_name
from shared.storage.lake import Lake
from tests.contract.conftest import served
from tests.fakes import LakeInMemory, tombstones_in
from tests.records import DAY_0, at

MAIN = str(Path(__file__).parents[2] / "functions/sweep/main.py")
PROJECT = "p"
_NUMBER = itertools.count()


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    with served(
        "local.emulators.pubsub", "--data", str(tmp_path_factory.mktemp("pubsub"))
    ) as ready:
        os.environ["PUBSUB_EMULATOR_HOST"] = f"127.0.0.1:{ready['port']}"
        try:
            publisher, subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
        finally:
            del os.environ["PUBSUB_EMULATOR_HOST"]
        yield publisher, subscriber, f"http://127.0.0.1:{ready['admin_port']}"
        publisher.stop()
        publisher.transport.close()
        subscriber.close()


def counts_of(**counts):
    """What a sweep answers about parked messages, of which there are few."""
    return {"published": 0, "unreadable": 0, "waiting": 0, "waiting_at_least": False} | counts


class World:
    """The served function, its topics and subscriptions under names of their own."""

    def __init__(self, clients, monkeypatch):
        self.publisher, self.subscriber, self._admin = clients
        self.app = functions_framework.create_app("sweep", MAIN, "http")
        self.lake = LakeInMemory()
        self.now = DAY_0
        number = next(_NUMBER)
        self.names = {stage: f"{stage}-{number}" for stage in ("analyze", "load")}
        for name in self.names.values():
            for topic in (name, f"{name}-dead"):
                self._make(topic)
        self.topics = Topics(PROJECT, *self.names.values(), self.publisher)
        wired = self.wired()
        monkeypatch.setattr(sys.modules["main"], "wiring", lambda: wired)
        # An empty subscription says so after this wait.
        monkeypatch.setattr("shared.messaging.subscription.PULL_WAIT_S", 0.3)

    def _make(self, topic):
        path = self.publisher.topic_path(PROJECT, topic)
        self.publisher.create_topic(name=path)
        self.subscriber.create_subscription(name=self.path(topic), topic=path)

    def path(self, subscription):
        return self.subscriber.subscription_path(PROJECT, subscription)

    def wired(self):
        return SweepApp(
            lake=self.lake,
            tombstones=tombstones_in(self.lake),
            topics=self.topics,
            dead_letters=[
                DeadLetters(
                    stage,
                    self.path(f"{name}-dead"),
                    self.lake,
                    tombstones_in(self.lake),
                    self.subscriber,
                )
                for stage, name in self.names.items()
            ],
            clock=lambda: self.now,
            timer=time.monotonic,
            deadline_s=30,
            affordable_uploads=lambda day, rater: affordable_videos(
                self.lake, budget_name(rater), day
            ),
        )

    def sweep(self):
        answer = self.app.test_client().post("/")
        return answer.status_code, answer.get_json()

    def give_up(self, stage, data, **attributes):
        """What Pub/Sub does with a message after its last attempt."""
        source = "CloudPubSubDeadLetterSource"
        attributes |= {f"{source}DeliveryCount": "100", f"{source}Subscription": stage}
        path = self.publisher.topic_path(PROJECT, f"{self.names[stage]}-dead")
        return self.publisher.publish(path, data, **attributes).result(5)

    def arrived(self, stage):
        """What is on a stage's topic; leased here, so another pull does not see it."""
        path = self.path(self.names[stage])
        pulled = self.subscriber.pull(
            subscription=path, max_messages=100, return_immediately=True, timeout=5
        )
        return [
            (each.message.data, dict(each.message.attributes)) for each in pulled.received_messages
        ]

    def unacknowledged(self, stage):
        """Dead letters that would come again."""
        backlog = requests.get(f"{self._admin}/backlog", timeout=5).json()
        return backlog[self.path(f"{self.names[stage]}-dead")]["undelivered"]


@pytest.fixture
def world(clients, monkeypatch):
    return World(clients, monkeypatch)


def test_a_due_message_is_published_again_with_its_attributes(world):
    park(world.lake, "analyze", Message("1", b"{}", {"a": "b"}), at(1), "over_budget", at(0))
    world.now = at(1)

    status, counts = world.sweep()

    assert status == 200
    assert counts["parked"] == counts_of(published=1)
    ((data, attributes),) = world.arrived("analyze")
    mark = attributes.pop("in_flight")
    assert (data, attributes) == (b"{}", {"a": "b"})
    assert world.lake.exists(f"state/in-flight/{mark}")


def test_a_message_that_is_not_due_stays_parked(world):
    park(world.lake, "load", Message("1", b"{}", {}), at(1), "over_budget", at(0))

    assert world.sweep()[1]["parked"] == counts_of(waiting=1)
    assert world.arrived("load") == []


def test_a_dead_letter_is_kept_with_its_bytes_attributes_and_count(world):
    message_id = world.give_up("load", b'{"x": 1}', video_id="7")

    assert world.sweep()[1]["dead_letters"] == {"analyze": 0, "load": 1}

    letter = json.loads(world.lake.read(f"failed/load/{message_id}.json"))
    assert base64.b64decode(letter["data"]) == b'{"x": 1}'
    assert (letter["reason"], letter["delivery_count"]) == ("dead_lettered", 100)
    assert letter["attributes"]["CloudPubSubDeadLetterSourceSubscription"] == "load"
    assert "100 deliveries" in letter["sentence"]
    assert world.unacknowledged("load") == 0


def test_a_dead_letter_tells_the_last_error_of_its_handler(world):
    note = note_name("load", Message("", b'{"x": 1}', {"video_id": "7"}))
    error = {"attempt": 100, "at": at(0).isoformat(), "error": "Transient: BigQuery is down"}
    world.lake.put(note, json.dumps(error).encode())
    world.give_up("load", b'{"x": 1}', video_id="7")

    world.sweep()

    (failure,) = failures(world.lake)
    assert failure.sentence.endswith(
        "after 100 deliveries; at delivery 100: Transient: BigQuery is down"
    )
    assert not world.lake.exists(note)


def test_what_was_erased_is_neither_published_again_nor_kept(world):
    name = "videos/7300000000000000001.mp4"
    tombstones_in(world.lake).put(["7300000000000000001"], [], at(0))
    world.give_up("load", b'{"video_id": "7300000000000000001"}')
    park(world.lake, "analyze", Message("1", b"{}", {"objectId": name}), at(1), "x", at(0))
    world.now = at(1)

    _, counts = world.sweep()

    assert counts["parked"] == counts_of()
    assert list(world.lake.names("failed/")) == []
    assert (world.arrived("analyze"), world.unacknowledged("load")) == ([], 0)


def test_a_dead_upload_is_in_flight_no_more(world):
    world.lake.put("state/in-flight/2026-11-01/any/5", b"{}")

    world.give_up("analyze", b"{}", in_flight="2026-11-01/any/5")
    world.sweep()

    assert list(world.lake.names("state/in-flight/")) == []


def test_a_dead_upload_is_kept_as_an_upload(world):
    world.give_up(
        "analyze", b"{}", eventType="OBJECT_FINALIZE", bucketId="lake", objectId="videos/1.mp4",
        objectGeneration="5",
    )  # fmt: skip
    world.sweep()

    (failure,) = failures(world.lake)
    assert (failure.stage, failure.upload.name) == ("analyze", "videos/1.mp4")


def test_a_second_sweep_changes_nothing(world):
    park(world.lake, "load", Message("1", b"{}", {}), at(0), "over_budget", at(0))
    world.give_up("load", b"{}")
    world.sweep()
    objects = dict(world.lake.objects)

    status, counts = world.sweep()

    assert status == 200
    assert counts == {
        "parked": counts_of(),
        "dead_letters": {"analyze": 0, "load": 0},
        "left": False,
    }
    assert world.lake.objects == objects


def test_many_dead_letters_are_drained_in_one_sweep(world):
    for number in range(120):
        world.give_up("load", b"%d" % number)

    assert world.sweep()[1]["dead_letters"]["load"] == 120
    assert {failure.message.data for failure in failures(world.lake)} == {
        b"%d" % number for number in range(120)
    }


def test_a_dead_letter_that_cannot_be_kept_is_not_acknowledged(world, monkeypatch):
    world.give_up("load", b"{}")

    def down(*arguments, **evidence):
        raise Transient("storage down")

    monkeypatch.setattr(world.lake, "keep_failed", down)

    status, answer = world.sweep()

    assert (status, answer["error"]) == (503, "transient")
    assert world.unacknowledged("load") == 1


def test_a_corrupt_parked_entry_hides_no_other(world):
    world.lake.put("parked/load/any/2026-11-01/0.json", b"{", custom_time=DAY_0)
    park(world.lake, "load", Message("1", b"{}", {}), at(0), "over_budget", at(0))

    assert world.sweep()[1]["parked"] == counts_of(published=1, unreadable=1, waiting=1)


def test_a_sweep_whose_time_is_over_says_so_and_leaves_the_rest(world, monkeypatch):
    park(world.lake, "load", Message("1", b"{}", {}), at(0), "over_budget", at(0))
    ticks = itertools.count(0, 100)
    over = SweepApp(
        world.lake,
        tombstones_in(world.lake),
        world.topics,
        [],
        lambda: at(0),
        lambda: next(ticks),
        30,
        lambda day: None,
    )
    monkeypatch.setattr(sys.modules["main"], "wiring", lambda: over)

    _, counts = world.sweep()

    assert counts["left"] is True
    assert counts["parked"]["waiting"] == 1


def test_a_subscription_that_is_missing_is_a_broken_deploy(world):
    world.subscriber.delete_subscription(subscription=world.path(f"{world.names['load']}-dead"))

    status, answer = world.sweep()

    assert (status, answer["error"]) == (500, "misconfigured")


def test_a_replayed_dead_letter_arrives_without_what_pubsub_added(world):
    world.give_up("load", b'{"x": 1}', video_id="7")
    world.sweep()

    replay(next(failures(world.lake)), world.lake, world.topics, tombstones_in(world.lake))

    assert world.arrived("load") == [(b'{"x": 1}', {"video_id": "7"})]
    assert list(failures(world.lake)) == []


@pytest.mark.parametrize(
    "message",
    [
        Message("1", b"", {"a": "b"}),
        Message("1", b"x", {"a": "v" * 2_000}),
        Message("1", b"x", {"": "v"}),
    ],
)
def test_a_message_that_no_topic_takes_is_unsendable(world, message):
    with pytest.raises(Unsendable):
        world.topics.publish("load", message)


def test_a_dead_letter_subscription_is_known_by_its_topic():
    assert stage_of("video-finalized-dead", "video-finalized", "video-records") == "analyze"
    assert stage_of("video-records-dead", "video-finalized", "video-records") == "load"
    with pytest.raises(Misconfigured, match="other-dead"):
        stage_of("other-dead", "video-finalized", "video-records")


def test_missing_settings_are_named(monkeypatch):
    for name in ("GOOGLE_CLOUD_PROJECT", "LAKE_BUCKET"):
        monkeypatch.delenv(name, raising=False)
    app = functions_framework.create_app("sweep", MAIN, "http")

    answer = app.test_client().post("/")

    assert answer.status_code == 500
    assert "GOOGLE_CLOUD_PROJECT (not set), LAKE_BUCKET (not set)" in answer.get_json()["message"]


def test_parked_messages_are_told_by_listing_alone_also_by_the_real_client(storage_url):
    client = storage.Client(
        project=PROJECT,
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": storage_url},
    )
    lake = Lake(client.create_bucket("parked"))
    for number in (1, 2):
        message = Message(str(number), b"{}", {})
        park(lake, "load", message, at(number), "over_budget", at(0))
    park(lake, "load", Message("2", b"{}", {}), at(3), "over_budget", at(0))

    assert [entry.name for entry in due(lake, at(2))] == ["parked/load/any/2026-11-01/1.json"]
    assert count_parked(lake).last_due_at == at(3)
    assert count_parked(lake).last_due_at - at(1) == timedelta(hours=2)
