"""The queue itself, with a clock that only the test moves."""

import re

import pytest

from local.emulators.pubsub import backlog as backlog_module
from local.emulators.pubsub import wire
from local.emulators.pubsub.backlog import Backlog
from local.emulators.pubsub.catalog import Catalog
from local.emulators.pubsub.database import open_database
from local.emulators.pubsub.limits import complete_subscription

TOPIC, LETTERS = "projects/p/topics/records", "projects/p/topics/letters"
NAME = "projects/p/subscriptions/load"


class Queue:
    def __init__(self, directory):
        self.now = 1_800_000_000.0
        self.connection = open_database(directory)
        self.catalog = Catalog(self.connection)
        self.backlog = Backlog(self.connection, self.catalog, lambda: self.now)
        self.catalog.create_topic(wire.Topic(name=TOPIC))
        self.catalog.create_topic(wire.Topic(name=LETTERS))

    def subscribe(self, name=NAME, topic=TOPIC, **config):
        subscription = wire.Subscription(name=name, topic=topic, **config)
        complete_subscription(subscription)
        return self.catalog.create_subscription(subscription)

    def publish(self, count=1, size=1):
        messages = [wire.PubsubMessage(data=b"x" * size) for _ in range(count)]
        return self.backlog.publish(TOPIC, messages)

    def take(self, subscription, limit=10, **more):
        return self.backlog.take(subscription, limit, **more)

    def reject(self, subscription):
        self.backlog.reject(subscription, [d.receipt for d in self.take(subscription)])

    def rows(self, table):
        return self.connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]


@pytest.fixture
def queue(tmp_path):
    queue = Queue(tmp_path)
    yield queue
    queue.connection.close()


def test_back_off_doubles_from_the_minimum_to_the_maximum(queue):
    subscription = queue.subscribe(
        retry_policy={"minimum_backoff": {"seconds": 10}, "maximum_backoff": {"seconds": 60}}
    )
    queue.publish()

    waits = []
    for _ in range(5):
        queue.reject(subscription)
        waits.append(queue.backlog.next_due_in_s(subscription))
        queue.now += waits[-1]

    assert waits == [10, 20, 40, 60, 60]


def test_push_backs_off_without_a_retry_policy(queue):
    subscription = queue.subscribe(push_config={"push_endpoint": "http://127.0.0.1:9/"})
    queue.publish()

    waits = []
    for _ in range(11):
        queue.reject(subscription)
        waits.append(round(queue.backlog.next_due_in_s(subscription), 3))
        queue.now += waits[-1] + 0.001

    assert waits[:3] == [0.1, 0.2, 0.4]
    assert waits[-1] == 60


def test_an_expired_lease_backs_off_like_a_rejection(queue):
    subscription = queue.subscribe(ack_deadline_seconds=20, retry_policy={})
    queue.publish()
    queue.take(subscription)

    queue.now += 20
    assert queue.take(subscription) == []

    assert queue.backlog.next_due_in_s(subscription) == 10


def test_an_acknowledgement_after_the_deadline_still_settles(queue):
    subscription = queue.subscribe()
    queue.publish()
    late = queue.take(subscription)
    queue.now += 60
    queue.take(subscription)

    queue.backlog.acknowledge(subscription, [d.receipt for d in late])

    assert queue.backlog.counts(subscription).undelivered == 0


def test_a_late_rejection_does_not_disturb_the_next_delivery(queue):
    subscription = queue.subscribe()
    queue.publish()
    late = queue.take(subscription)
    queue.now += 60
    queue.take(subscription)

    queue.backlog.reject(subscription, [d.receipt for d in late])

    assert queue.take(subscription) == []


def test_a_lease_can_be_lengthened_and_shortened(queue):
    subscription = queue.subscribe(ack_deadline_seconds=10)
    queue.publish()
    receipts = [delivery.receipt for delivery in queue.take(subscription)]

    queue.now += 9
    queue.backlog.extend(subscription, receipts, 60)
    queue.now += 59
    assert queue.take(subscription) == []
    queue.backlog.extend(subscription, receipts, 10)
    queue.now += 10
    assert len(queue.take(subscription)) == 1


def test_a_lease_that_has_ended_is_not_lengthened(queue):
    subscription = queue.subscribe(ack_deadline_seconds=10)
    queue.publish()
    receipts = [delivery.receipt for delivery in queue.take(subscription)]
    queue.now += 10
    again = queue.take(subscription)

    queue.backlog.extend(subscription, receipts, 600)
    queue.now += 10

    assert len(queue.take(subscription)) == len(again) == 1


def test_the_oldest_due_message_goes_first(queue):
    subscription = queue.subscribe()
    first = queue.publish(3)
    queue.now += 1
    second = queue.publish(3)

    taken = [str(d.receipt.message_id) for d in queue.take(subscription)]

    assert taken == first + second


def test_message_ids_stay_unique_when_the_clock_stands_still_or_goes_back(queue, tmp_path):
    queue.subscribe()
    before = queue.publish(5)
    queue.now -= 3600

    queue.backlog = Backlog(queue.connection, queue.catalog, lambda: queue.now)

    assert len({*before, *queue.publish(5)}) == 10


def test_one_taking_is_bounded_in_bytes_but_never_empty(queue):
    subscription = queue.subscribe()
    queue.publish(4, size=1000)

    first = queue.take(subscription, max_bytes=10)
    second = queue.take(subscription, max_bytes=2500)

    assert (len(first), len(second)) == (1, 2)


def test_a_message_is_kept_once_and_dropped_with_its_last_acknowledgement(queue):
    first, second = queue.subscribe(), queue.subscribe(name=NAME + "-2")
    queue.publish()
    counts = [queue.rows("messages")]

    for subscription in (first, second):
        queue.backlog.acknowledge(subscription, [d.receipt for d in queue.take(subscription)])
        counts.append(queue.rows("messages"))

    assert counts == [1, 1, 0]


def test_a_message_nobody_subscribed_to_is_not_kept(queue):
    assert len(queue.publish()) == 1
    assert queue.rows("messages") == 0


def test_a_deleted_subscription_leaves_no_rows(queue):
    queue.subscribe()
    queue.publish(3)

    queue.catalog.delete_subscription(NAME)

    assert (queue.rows("deliveries"), queue.rows("messages")) == (0, 0)


def test_messages_are_dropped_after_seven_days(queue):
    subscription = queue.subscribe()
    queue.publish(2)
    queue.now += 7 * 86400 - 1
    early = queue.backlog.drop_old(subscription)

    queue.now += 2

    assert (early, queue.backlog.drop_old(subscription)) == (0, 2)
    assert queue.rows("messages") == 0


def test_a_message_that_fails_too_often_ends_at_the_dead_letter_topic(queue):
    policy = {"dead_letter_topic": LETTERS, "max_delivery_attempts": 5}
    subscription = queue.subscribe(dead_letter_policy=policy)
    dead = queue.subscribe(name=NAME + "-dead", topic=LETTERS)
    queue.publish()
    attempts = []
    for _ in range(4):
        deliveries = queue.take(subscription)
        attempts += [delivery.receipt.attempt for delivery in deliveries]
        queue.backlog.reject(subscription, [delivery.receipt for delivery in deliveries])
    queue.take(subscription)

    queue.now += 10  # the fifth lease ends without an answer
    queue.backlog.return_expired(subscription)

    assert attempts == [1, 2, 3, 4]
    assert queue.backlog.counts(subscription).undelivered == 0
    assert queue.backlog.counts(subscription).dead_lettered == 1
    assert queue.backlog.counts(dead).undelivered == 1


def test_a_failed_publish_keeps_nothing(queue):
    subscription = queue.subscribe()
    good = wire.PubsubMessage(data=b"x")

    with pytest.raises(AttributeError):
        queue.backlog.publish(TOPIC, [good, "not a message"])

    assert queue.backlog.counts(subscription).undelivered == 0


def test_the_counts_hold_what_is_out_within_its_deadline(queue):
    subscription = queue.subscribe()
    queue.publish(5)
    queue.take(subscription, limit=2)
    queue.now += 9

    inside = queue.backlog.counts(subscription)
    queue.now += 2
    outside = queue.backlog.counts(subscription)

    assert (inside.undelivered, inside.outstanding) == (5, 2)
    assert inside.oldest_unacked_age_s == 9
    assert (outside.undelivered, outside.outstanding) == (5, 0)


STATEMENTS = {
    name: text for name, text in vars(backlog_module).items() if re.match(r"_[A-Z]+\Z", name)
}


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_no_statement_reads_or_sorts_the_whole_backlog(queue, name):
    statement = STATEMENTS[name]
    unknowns = [1] * statement.count("?")

    plan = queue.connection.execute(f"EXPLAIN QUERY PLAN {statement}", unknowns).fetchall()

    steps = [row[3] for row in plan]
    assert steps
    assert not [step for step in steps if "SCAN" in step or "TEMP B-TREE" in step]
