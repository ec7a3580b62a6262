"""A scheduled load through functions-framework's door: real Pub/Sub calls, a lake in memory."""

import itertools
import json
import logging
import os
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import functions_framework
import pytest
import requests
from google.cloud import pubsub_v1
from google.protobuf.duration_pb2 import Duration

from shared import logs
from shared.errors import Misconfigured, Permanent, Transient
from shared.messaging import leases
from shared.messaging.events import drain_body
from shared.messaging.subscription import PulledSubscription
from shared.warehouse.bytes_ledger import spent_name
from shared.warehouse.daily_bytes import DailyBytes
from shared.warehouse.drain import DrainApp, drain_records
from shared.warehouse.group import GroupCommit
from shared.warehouse.load import LoadApp, within_budget
from tests.contract.conftest import served
from tests.fakes import LakeInMemory, tombstones_in
from tests.records import DAY_0, metrics, record

ROOT = Path(__file__).parents[2]
MAIN = str(ROOT / "functions/load/main.py")
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


class World:
    """The served function, a topic and its subscription, and a warehouse that remembers."""

    def __init__(self, clients, monkeypatch):
        self.publisher, self.subscriber, self._admin = clients
        self.lake = LakeInMemory()
        self.batches = []
        self.failure = None
        self.refused = set()
        self.before_loading = lambda: None
        number = next(_NUMBER)
        self.topic = self.publisher.topic_path(PROJECT, f"records-{number}")
        self.dead = self.subscriber.subscription_path(PROJECT, f"dead-{number}")
        self.path = self.subscriber.subscription_path(PROJECT, f"load-{number}")
        self._subscribe(number)
        self.budget = DailyBytes(self.lake, None, lambda: DAY_0)
        self.main, self._door = None, None
        monkeypatch.setattr("shared.messaging.subscription.PULL_WAIT_S", 0.3)

    def _subscribe(self, number):
        dead_topic = self.publisher.topic_path(PROJECT, f"dead-{number}")
        for name in (self.topic, dead_topic):
            self.publisher.create_topic(name=name)
        self.subscriber.create_subscription(name=self.dead, topic=dead_topic)
        self.subscriber.create_subscription(
            request={
                "name": self.path,
                "topic": self.topic,
                "ack_deadline_seconds": 600,
                "retry_policy": {
                    "minimum_backoff": Duration(seconds=0),
                    "maximum_backoff": Duration(seconds=0),
                },
                "dead_letter_policy": {
                    "dead_letter_topic": dead_topic,
                    "max_delivery_attempts": 5,
                },
            }
        )

    def app(self, **limits):
        limits = {"most_rows": 1_000, "most_weight": 10**6, "deadline_s": 60} | limits
        group = GroupCommit(
            within_budget(self._load, lambda: 1_000, self.budget),
            linger_s=0,
            most_items=1_000,
            most_weight=10**6,
            commit_timeout_s=limits.pop("commit_timeout_s", 60),
        )
        load = LoadApp(
            self.lake,
            group,
            tombstones_in(self.lake),
            lambda: DAY_0,
            require_bytes=self.budget.require,
        )
        return DrainApp(load, PulledSubscription(self.path, self.subscriber), **limits)

    def _load(self, records):
        self.before_loading()
        if self.failure:
            raise self.failure
        if self.refused & {record.video_id for record in records}:
            raise Permanent("refused_by_warehouse", "a bad row")
        self.batches.append(sorted(record.video_id for record in records))

    def tick(self, monkeypatch, app=None):
        """The scheduler's call; returns the status."""
        app = app or self.app()
        door = functions_framework.create_app("load", MAIN, "cloudevent")
        monkeypatch.setattr(sys.modules["main"], "wiring", lambda: app.load)
        monkeypatch.setattr(sys.modules["main"], "drain_wiring", lambda: app)
        return door.test_client().post("/", json=drain_body()).status_code

    def publish(self, *payloads):
        for future in [self.publisher.publish(self.topic, data) for data in payloads]:
            future.result(5)

    def waiting(self):
        backlog = requests.get(f"{self._admin}/backlog", timeout=5).json()
        return backlog[self.path]["undelivered"]

    def dead_letters(self):
        backlog = requests.get(f"{self._admin}/backlog", timeout=5).json()
        return backlog[self.dead]["undelivered"]

    def failed(self):
        return [json.loads(self.lake.read(name)) for name in self.lake.names("failed/")]


@pytest.fixture
def world(clients, monkeypatch):
    return World(clients, monkeypatch)


@pytest.fixture
def log(caplog, monkeypatch):
    """What the function logs, although its lines are its own handler's."""
    logs.configure()
    monkeypatch.setattr(logging.getLogger("shared"), "propagate", True)
    caplog.set_level("INFO", logger="shared")
    return caplog


def video(number):
    return f"73000000000000000{number:02}"


def records(count):
    return [record(video(number), metrics=metrics()).to_json() for number in range(count)]


def test_all_that_waits_is_loaded_in_one_batch_and_acknowledged(world, monkeypatch):
    world.publish(*records(20))

    assert world.tick(monkeypatch) == 200

    assert world.batches == [[video(number) for number in range(20)]]
    assert world.waiting() == 0


def test_an_idle_call_sends_nothing_to_the_warehouse(world, monkeypatch):
    world.before_loading = lambda: pytest.fail("a batch of nothing was sent")

    assert world.tick(monkeypatch) == 200
    assert world.lake.objects == {}


def test_a_second_call_finds_nothing(world, monkeypatch):
    world.publish(*records(3))

    assert [world.tick(monkeypatch), world.tick(monkeypatch)] == [200, 200]
    assert len(world.batches) == 1


@pytest.mark.parametrize("limits", [{"most_rows": 4}, {"most_weight": 4 * 2_000}])
def test_a_batch_keeps_to_its_bounds(world, limits, monkeypatch):
    monkeypatch.setattr("shared.warehouse.drain.weight", lambda record: 2_000)
    world.publish(*records(10))

    drain_records(world.app(**limits))

    assert max(map(len, world.batches)) == 4
    assert sum(map(len, world.batches)) == 10
    assert world.waiting() == 0


def test_a_malformed_message_is_kept_and_does_not_hold_up_the_others(world, monkeypatch):
    world.publish(b"{", *records(2))

    assert world.tick(monkeypatch) == 200

    (failure,) = world.failed()
    assert failure["reason"] == "malformed"
    assert world.batches == [[video(0), video(1)]]
    assert world.waiting() == 0


def test_a_row_that_the_warehouse_refuses_fails_alone(world, monkeypatch):
    world.refused = {video(3)}
    world.publish(*records(8))

    assert world.tick(monkeypatch) == 200

    (failure,) = world.failed()
    assert failure["reason"] == "refused_by_warehouse"
    assert sorted(itertools.chain(*world.batches)) == [video(n) for n in range(8) if n != 3]
    assert world.waiting() == 0


def test_a_record_of_something_erased_is_dropped_and_acknowledged(world, monkeypatch):
    tombstones_in(world.lake).put([video(0)], [], DAY_0)
    world.publish(*records(2))

    assert world.tick(monkeypatch) == 200

    assert world.batches == [[video(1)]]
    assert (world.failed(), world.waiting()) == ([], 0)


@pytest.mark.parametrize("failure", [Transient("down"), Misconfigured("no table"), RuntimeError()])
def test_what_may_mend_itself_is_returned_and_comes_again(world, failure, monkeypatch):
    world.failure = failure
    world.publish(*records(3))

    assert world.tick(monkeypatch) == 500
    assert world.waiting() == 3
    world.failure = None
    assert world.tick(monkeypatch) == 200

    assert world.batches == [[video(0), video(1), video(2)]]
    assert (world.failed(), world.waiting()) == ([], 0)


def test_what_never_mends_itself_ends_as_a_dead_letter(world, monkeypatch):
    world.failure = Transient("down")
    world.publish(*records(1))

    assert {world.tick(monkeypatch) for _ in range(5)} == {500}

    assert (world.waiting(), world.dead_letters()) == (0, 1)
    (note,) = world.lake.names("state/attempts/load/")
    assert "Transient: down" in json.loads(world.lake.read(note))["error"]


def test_a_warehouse_that_never_answers_leaves_the_messages_to_the_next_call(world, monkeypatch):
    over = threading.Event()
    world.before_loading = lambda: over.wait(60)
    world.publish(*records(3))

    assert world.tick(monkeypatch, world.app(commit_timeout_s=0.2)) == 500
    assert world.waiting() == 3
    world.before_loading = lambda: None
    assert world.tick(monkeypatch) == 200
    over.set()

    assert world.batches[0] == [video(0), video(1), video(2)]
    assert world.waiting() == 0


def test_a_lake_that_is_down_is_asked_once_and_not_for_each_message(world, monkeypatch):
    """A request to it may take a minute, and a run has 1,000 messages or more."""
    app, calls = world.app(), []

    def down(record):
        calls.append(record)
        raise Transient("storage is down")

    world.publish(*records(5))
    with monkeypatch.context() as patch:
        patch.setattr(app.load.tombstones, "redact", down)
        assert world.tick(monkeypatch, app) == 500

    assert len(calls) == 1
    assert world.waiting() == 5
    assert world.tick(monkeypatch) == 200
    assert world.batches == [[video(number) for number in range(5)]]


def test_large_malformed_messages_are_not_collected_without_a_bound(world, monkeypatch):
    """5,000 of them would not fit into the memory of an instance, at each call again."""
    monkeypatch.setattr("shared.warehouse.drain.MOST_PULLED", 1)
    world.publish(*[b"{" + b" " * 4_000] * 6)

    counts = drain_records(world.app(most_weight=10_000))

    assert counts == {"settled": 6, "batches": 2}
    assert len(world.failed()) == 6


def test_messages_whose_lease_cannot_be_set_are_returned(world, monkeypatch):
    extend, failures = PulledSubscription.extend, [Transient("Pub/Sub is down")]

    def fail_first(self, messages, seconds):
        if failures:
            raise failures.pop()
        extend(self, messages, seconds)

    monkeypatch.setattr(PulledSubscription, "extend", fail_first)
    world.publish(*records(3))

    assert world.tick(monkeypatch) == 500
    assert world.tick(monkeypatch) == 200

    assert world.batches == [[video(0), video(1), video(2)]]


def test_messages_that_cannot_be_acknowledged_change_nothing_when_they_come_again(
    world, monkeypatch
):
    def fail(self, messages):
        raise Transient("Pub/Sub is down")

    world.publish(*records(3))
    with monkeypatch.context() as patch:
        patch.setattr(PulledSubscription, "acknowledge", fail)
        assert world.tick(monkeypatch) == 500

    assert world.tick(monkeypatch) == 200
    assert world.batches == [[video(0), video(1), video(2)]] * 2
    assert world.waiting() == 0


def test_no_batch_begins_after_the_deadline(world):
    world.publish(*records(3))

    drain_records(world.app(deadline_s=0))

    assert world.batches == []
    assert world.waiting() == 3


def test_what_was_collected_when_the_time_is_over_is_returned_at_once(world):
    times = itertools.chain([0, 0, 0, 0], itertools.repeat(100))
    world.publish(*records(3))

    drain_records(world.app(timer=lambda: next(times)))

    assert world.batches == []
    drain_records(world.app())
    assert len(world.batches) == 1


def test_leases_are_renewed_while_a_batch_is_loaded(world, monkeypatch):
    """Without that another run would get the messages again."""
    monkeypatch.setattr(leases, "RENEWED_EVERY_S", 0.02)
    renewals, extended = [], threading.Semaphore(0)

    def extend(self, messages, seconds):
        renewals.append((len(messages), seconds))
        extended.release()

    def three_renewals():
        for _ in range(4):  # the first lease, and then its renewals
            assert extended.acquire(timeout=30)

    monkeypatch.setattr(PulledSubscription, "extend", extend)
    world.before_loading = three_renewals
    world.publish(*records(5))

    drain_records(world.app())

    assert renewals[:4] == [(5, leases.LEASE_S)] * 4
    assert renewals[-1] == (0, 0)  # nothing was left to return
    assert world.waiting() == 0


def test_of_two_runs_at_once_in_an_instance_the_second_returns(world):
    app, entered, over = world.app(), threading.Event(), threading.Event()

    def slow():
        entered.set()
        assert over.wait(30)

    world.before_loading = slow
    world.publish(*records(3))
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(drain_records, app)
        assert entered.wait(30)
        second = drain_records(app)
        over.set()

    assert (first.result()["settled"], second["settled"]) == (3, 0)


def test_two_instances_at_once_load_everything_and_lose_nothing(world):
    world.publish(*records(40))
    with ThreadPoolExecutor(2) as threads:
        counts = list(threads.map(drain_records, [world.app(most_rows=5) for _ in range(2)]))

    assert sum(count["settled"] for count in counts) == 40
    assert {*itertools.chain(*world.batches)} == {video(number) for number in range(40)}
    assert world.waiting() == 0


def test_a_run_that_is_cut_off_before_it_acknowledges_is_repeated(world, monkeypatch):
    def cut_off(self, messages):
        raise KeyboardInterrupt

    world.publish(*records(3))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(PulledSubscription, "acknowledge", cut_off)
        drain_records(world.app())
    drain_records(world.app())

    assert world.batches == [[video(0), video(1), video(2)]] * 2
    assert world.waiting() == 0


def test_an_early_answer_without_messages_does_not_end_a_run(world, monkeypatch):
    pull, early = PulledSubscription.pull, iter([[], []])
    monkeypatch.setattr(
        PulledSubscription, "pull", lambda self, most: next(early, None) or pull(self, most)
    )
    world.publish(*records(3))

    drain_records(world.app())

    assert world.batches == [[video(0), video(1), video(2)]]


def test_a_call_while_the_subscription_pushes_does_nothing(world, monkeypatch):
    world.subscriber.modify_push_config(
        subscription=world.path, push_config={"push_endpoint": "http://127.0.0.1:9/"}
    )

    assert world.tick(monkeypatch) == 200
    assert world.batches == []


def test_when_the_days_bytes_are_spent_messages_stay_in_the_subscription(world, monkeypatch, log):
    now = DAY_0
    world.budget = DailyBytes(world.lake, 1_500, lambda: now)
    for number in range(6):  # each batch is billed 1,000 bytes
        world.publish(records(6)[number])
        assert world.tick(monkeypatch) == 200

    for _ in range(6):  # more often than a message may fail
        assert world.tick(monkeypatch) == 200
    assert len(world.batches) == 2
    assert world.waiting() == 4
    assert json.loads(world.lake.read(spent_name(DAY_0.date())))["billed_bytes"] == 2_000
    assert (world.dead_letters(), world.failed()) == (0, [])
    (line,) = {record.why for record in log.records if record.message == "loading waits"}
    assert "DAILY_BUDGET_BYTES is 1,500" in line

    now = DAY_0.replace(day=DAY_0.day + 1)
    assert world.tick(monkeypatch) == 200
    assert world.waiting() == 0
    assert world.batches[2] == [video(number) for number in range(2, 6)]


def test_when_the_bytes_are_spent_in_the_middle_of_a_run_the_others_are_returned(world, log):
    world.budget = DailyBytes(world.lake, 1_500, lambda: DAY_0)
    world.publish(*records(6))

    drain_records(world.app(most_rows=2))

    assert len(world.batches) == 2
    assert world.waiting() == 2
    assert world.subscriber.pull(subscription=world.path, max_messages=9, timeout=5)
    assert "loading waits" in log.messages
    assert "comes again" not in log.messages


def test_terraform_posts_the_same_message():
    text = (ROOT / "terraform/functions.tf").read_text().partition('"load"')[2]
    match = re.search(
        r'subscription = "(.*?)"\s+message += \{ data = "(.*?)", messageId = "(.*?)", '
        r'attributes = \{ eventType = "(.*?)" \} \}',
        text,
    ).groups()
    body = drain_body()
    message = body["message"]

    assert match == (
        body["subscription"],
        message["data"],
        message["messageId"],
        message["attributes"]["eventType"],
    )
