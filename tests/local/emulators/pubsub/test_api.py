"""Topics, subscriptions and pulling, seen through the official clients."""

import threading

import pytest
from google.api_core import exceptions
from google.cloud import pubsub_v1
from google.protobuf import duration_pb2, field_mask_pb2

from tests.local.emulators.pubsub.pubsub_world import PROJECT, until

MEBIBYTE = 1024 * 1024


def test_a_message_is_pulled_as_it_was_published(world):
    topic = world.topic()
    subscription = world.subscription(topic)

    message_id = world.publish(topic, b"\x00\xff", language="de", emoji="🦊")

    message = world.pull(subscription)[0].message
    assert message.data == b"\x00\xff"
    assert dict(message.attributes) == {"language": "de", "emoji": "🦊"}
    assert message.message_id == message_id
    assert message.publish_time is not None


def test_an_acknowledged_message_is_gone(world):
    topic = world.topic()
    subscription = world.subscription(topic)
    world.publish(topic)

    world.acknowledge(subscription, world.pull(subscription))

    assert world.backlog(subscription)["undelivered"] == 0
    assert world.nothing_is_due(subscription)


def test_every_subscription_gets_its_own_copy(world):
    topic = world.topic()
    first, second = world.subscription(topic), world.subscription(topic)
    world.publish(topic)

    world.acknowledge(first, world.pull(first))

    assert len(world.pull(second)) == 1


def test_a_leased_message_is_not_delivered_twice(world):
    topic = world.topic()
    subscription = world.subscription(topic)
    world.publish(topic)

    world.pull(subscription)

    assert world.nothing_is_due(subscription)
    assert world.backlog(subscription)["outstanding"] == 1


def test_a_message_comes_again_after_its_ack_deadline(world):
    topic = world.topic()
    subscription = world.subscription(topic)
    message_id = world.publish(topic)

    world.let_lease_end_in(subscription, world.pull(subscription), 1)

    assert world.pull(subscription)[0].message.message_id == message_id


def test_a_nacked_message_comes_again_at_once(world):
    topic = world.topic()
    subscription = world.subscription(topic, ack_deadline_seconds=600)
    message_id = world.publish(topic)

    world.let_lease_end_in(subscription, world.pull(subscription), 0)

    assert world.pull(subscription)[0].message.message_id == message_id


def test_a_retry_policy_holds_a_nacked_message_back(world):
    topic = world.topic()
    policy = {"minimum_backoff": {"seconds": 300}, "maximum_backoff": {"seconds": 600}}
    subscription = world.subscription(topic, retry_policy=policy)
    world.publish(topic)

    world.let_lease_end_in(subscription, world.pull(subscription), 0)

    assert world.nothing_is_due(subscription)
    assert world.backlog(subscription)["undelivered"] == 1


def test_a_message_nobody_takes_ends_at_the_dead_letter_topic(world):
    topic, letters = world.topic(), world.topic()
    dead = world.subscription(letters)
    policy = {"dead_letter_topic": letters, "max_delivery_attempts": 5}
    subscription = world.subscription(topic, dead_letter_policy=policy)
    world.publish(topic, b"poison", kind="clip")

    attempts = []
    for _ in range(5):
        taken = world.pull(subscription)
        attempts.append(taken[0].delivery_attempt)
        world.let_lease_end_in(subscription, taken, 0)

    letter = world.pull(dead)[0].message
    assert attempts == [1, 2, 3, 4, 5]
    assert letter.data == b"poison"
    assert letter.attributes["kind"] == "clip"
    assert letter.attributes["CloudPubSubDeadLetterSourceDeliveryCount"] == "5"
    assert letter.attributes["CloudPubSubDeadLetterSourceSubscriptionProject"] == PROJECT
    name = letter.attributes["CloudPubSubDeadLetterSourceSubscription"]
    assert subscription.endswith(f"/{name}")
    assert letter.attributes["CloudPubSubDeadLetterSourceTopicPublishTime"].endswith("Z")
    assert world.backlog(subscription)["dead_lettered"] == 1
    assert world.backlog(subscription)["undelivered"] == 0


def test_an_expired_lease_counts_as_an_attempt_without_anybody_pulling(world):
    topic, letters = world.topic(), world.topic()
    policy = {"dead_letter_topic": letters, "max_delivery_attempts": 5}
    subscription = world.subscription(topic, dead_letter_policy=policy)
    world.publish(topic)

    for _ in range(4):
        world.let_lease_end_in(subscription, world.pull(subscription), 0)
    world.let_lease_end_in(subscription, world.pull(subscription), 1)

    until(lambda: world.backlog(subscription)["dead_lettered"] == 1)


def test_attempts_are_not_told_without_a_dead_letter_policy(world):
    topic = world.topic()
    subscription = world.subscription(topic)
    world.publish(topic)

    assert world.pull(subscription)[0].delivery_attempt == 0


def test_a_filter_keeps_other_messages_out(world):
    topic = world.topic()
    subscription = world.subscription(
        topic, filter='attributes.eventType = "OBJECT_FINALIZE" AND NOT attributes:skip'
    )
    world.publish(topic, eventType="OBJECT_DELETE")
    world.publish(topic, eventType="OBJECT_FINALIZE", skip="yes")

    wanted = world.publish(topic, eventType="OBJECT_FINALIZE")

    assert world.pull(subscription)[0].message.message_id == wanted
    assert world.backlog(subscription)["undelivered"] == 1


def test_a_waiting_pull_is_answered_when_a_message_comes(world):
    topic = world.topic()
    subscription = world.subscription(topic)
    got = []
    puller = threading.Thread(target=lambda: got.extend(world.pull(subscription)))
    puller.start()

    world.publish(topic)

    puller.join(timeout=4)
    assert len(got) == 1


def test_a_subscribing_client_gets_and_acknowledges_everything(world):
    topic = world.topic()
    subscription = world.subscription(topic)
    ids = world.publish_many(topic, 200)
    seen = set()

    def on_message(message):
        seen.add(message.message_id)
        message.ack()

    with world.subscribing(subscription, on_message):
        until(lambda: world.backlog(subscription)["undelivered"] == 0)
    assert seen == ids


def test_a_stream_has_no_more_out_than_its_client_asked_for(world):
    topic = world.topic()
    subscription = world.subscription(topic)
    world.publish_many(topic, 20)
    held, flow = [], pubsub_v1.types.FlowControl(max_messages=3)

    with world.subscribing(subscription, held.append, flow_control=flow):
        until(lambda: len(held) == 3)
        most = world.backlog(subscription)["outstanding"]
        until(lambda: [message.ack() for message in held] and len(held) == 20)

    assert most == 3


def test_a_stream_ends_when_its_subscription_is_deleted(world):
    subscription = world.subscription(world.topic())
    stream = world.subscriber.subscribe(subscription, lambda message: None)

    world.subscriber.delete_subscription(subscription=subscription)

    with pytest.raises(exceptions.NotFound):
        stream.result(timeout=5)


def test_topics_and_subscriptions_are_listed_in_pages(world):
    project = "projects/pages-project"
    names = [f"{project}/topics/topic-{number}" for number in range(5)]
    for name in names:
        world.publisher.create_topic(name=name)
    for number in range(3):
        world.subscriber.create_subscription(
            name=f"{project}/subscriptions/subscription-{number}", topic=names[0]
        )

    topics = world.publisher.list_topics(request={"project": project, "page_size": 2})
    subscriptions = world.subscriber.list_subscriptions(
        request={"project": project, "page_size": 2}
    )
    attached = world.publisher.list_topic_subscriptions(request={"topic": names[0], "page_size": 2})

    assert [topic.name for topic in topics] == names
    assert len(list(subscriptions)) == 3
    assert len(list(attached)) == 3


def test_a_subscription_outlives_its_topic(world):
    topic = world.topic()
    subscription = world.subscription(topic)
    world.publish(topic)

    world.publisher.delete_topic(topic=topic)

    assert world.subscriber.get_subscription(subscription=subscription).topic == "_deleted-topic_"
    assert len(world.pull(subscription)) == 1
    with pytest.raises(exceptions.NotFound):
        world.publish(topic)


def test_a_deleted_subscription_takes_its_messages_along(world):
    topic = world.topic()
    subscription = world.subscription(topic)
    world.publish(topic)

    world.subscriber.delete_subscription(subscription=subscription)

    world.subscriber.create_subscription(name=subscription, topic=topic)
    assert world.nothing_is_due(subscription)


def test_an_update_changes_only_what_its_mask_names(world):
    topic = world.topic()
    name = world.subscription(topic, ack_deadline_seconds=30, labels={"a": "b"})
    change = {"name": name, "ack_deadline_seconds": 99, "labels": {"c": "d"}}

    world.subscriber.update_subscription(
        subscription=change, update_mask=field_mask_pb2.FieldMask(paths=["ack_deadline_seconds"])
    )

    updated = world.subscriber.get_subscription(subscription=name)
    assert updated.ack_deadline_seconds == 99
    assert dict(updated.labels) == {"a": "b"}


def test_a_policy_is_removed_by_an_update_without_it(world):
    topic, letters = world.topic(), world.topic()
    name = world.subscription(topic, dead_letter_policy={"dead_letter_topic": letters})
    mask = field_mask_pb2.FieldMask(paths=["dead_letter_policy"])

    world.subscriber.update_subscription(subscription={"name": name}, update_mask=mask)

    assert not world.subscriber.get_subscription(subscription=name).dead_letter_policy


def test_missing_settings_get_the_defaults_of_pubsub(world):
    topic, letters = world.topic(), world.topic()
    config = {"dead_letter_policy": {"dead_letter_topic": letters}, "retry_policy": {}}

    made = world.subscriber.get_subscription(subscription=world.subscription(topic, **config))

    assert made.ack_deadline_seconds == 10
    assert made.message_retention_duration.days == 7
    assert made.dead_letter_policy.max_delivery_attempts == 5
    assert made.retry_policy.minimum_backoff.seconds == 10
    assert made.retry_policy.maximum_backoff.seconds == 600


@pytest.mark.parametrize(
    "config",
    [
        {"ack_deadline_seconds": 9},
        {"ack_deadline_seconds": 601},
        {"dead_letter_policy": {"max_delivery_attempts": 4}},
        {"dead_letter_policy": {"max_delivery_attempts": 101}},
        {"filter": 'attributes.a = "b" OR attributes:c'},
        {"push_config": {"push_endpoint": "ftp://127.0.0.1/"}},
        {"push_config": {"push_endpoint": "http://127.0.0.1/a\r\nX: y"}},
        {"push_config": {"push_endpoint": "http://127.0.0.1/", "oidc_token": {"audience": "a"}}},
        {"retry_policy": {"minimum_backoff": {"seconds": 601}}},
        {"message_retention_duration": duration_pb2.Duration(seconds=599)},
        {"name": "projects/p/subscriptions/a b"},
        {"name": "projects/p/subscriptions/googled"},
    ],
)
def test_a_subscription_out_of_range_is_an_invalid_argument(world, config):
    topic, name = world.topic(), f"projects/{PROJECT}/subscriptions/wrong"
    if policy := config.get("dead_letter_policy"):
        config = {"dead_letter_policy": {"dead_letter_topic": topic, **policy}}

    with pytest.raises(exceptions.InvalidArgument):
        world.subscriber.create_subscription(request={"name": name, "topic": topic, **config})
    with pytest.raises(exceptions.NotFound):
        world.subscriber.get_subscription(subscription=f"projects/{PROJECT}/subscriptions/wrong")


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{}],
        [{"data": b"x"}] * 1001,
        [{"data": b"x" * 10_000_001}],
        [{"attributes": {f"key-{number}": "" for number in range(101)}}],
        [{"attributes": {"k" * 257: "v"}}],
        [{"attributes": {"k": "v" * 1025}}],
        [{"attributes": {"googclient": "v"}}],
    ],
    ids=["none", "empty", "1001", "10 MB", "101 attributes", "long key", "long value", "goog"],
)
def test_messages_over_the_limits_are_an_invalid_argument(world, messages):
    topic = world.topic()
    subscription = world.subscription(topic)

    with pytest.raises(exceptions.InvalidArgument):
        publish_raw(world, topic, messages)

    assert world.backlog(subscription)["undelivered"] == 0


def test_one_answer_stays_within_what_a_client_receives(world):
    topic = world.topic()
    subscription = world.subscription(topic)
    for _ in range(3):
        publish_raw(world, topic, [{"data": b"x" * 2 * MEBIBYTE}])

    pulled = world.pull(subscription, 3)

    assert [len(received.message.data) for received in pulled] == [2 * MEBIBYTE] * 3


def test_what_does_not_exist_is_not_found(world):
    topic, name = "projects/p/topics/none", "projects/p/subscriptions/none"
    calls = [
        lambda: world.publisher.get_topic(topic=topic),
        lambda: world.publisher.delete_topic(topic=topic),
        lambda: world.publisher.list_topic_subscriptions(topic=topic),
        lambda: publish_raw(world, topic, [{"data": b"x"}]),
        lambda: world.subscriber.create_subscription(name=name, topic=topic),
        lambda: world.subscriber.get_subscription(subscription=name),
        lambda: world.subscriber.delete_subscription(subscription=name),
        lambda: world.subscriber.pull(subscription=name, max_messages=1),
        lambda: world.subscriber.acknowledge(subscription=name, ack_ids=["1-1-1"]),
        lambda: world.subscriber.modify_push_config(subscription=name, push_config={}),
    ]

    for call in calls:
        with pytest.raises(exceptions.NotFound):
            call()


def test_a_dead_letter_topic_must_exist(world):
    policy = {"dead_letter_topic": f"projects/{PROJECT}/topics/none"}

    with pytest.raises(exceptions.NotFound):
        world.subscription(world.topic(), dead_letter_policy=policy)


def test_a_name_is_taken_once(world):
    topic = world.topic()
    subscription = world.subscription(topic)

    with pytest.raises(exceptions.AlreadyExists):
        world.publisher.create_topic(name=topic)
    with pytest.raises(exceptions.AlreadyExists):
        world.subscriber.create_subscription(name=subscription, topic=topic)


@pytest.mark.parametrize("ack_id", ["", "x", "1-2", "1-2-3-4", "-1-2-3", "9" * 40 + "-1-1"])
def test_an_ack_id_never_given_out_is_an_invalid_argument(world, ack_id):
    subscription = world.subscription(world.topic())

    with pytest.raises(exceptions.InvalidArgument):
        world.subscriber.acknowledge(subscription=subscription, ack_ids=[ack_id])


def test_an_ack_id_of_another_subscription_settles_nothing(world):
    topic = world.topic()
    first, second = world.subscription(topic), world.subscription(topic)
    world.publish(topic)

    world.acknowledge(second, world.pull(first))

    assert world.backlog(first)["undelivered"] == 1
    assert world.backlog(second)["undelivered"] == 1


@pytest.mark.parametrize("seconds", [-1, 601])
def test_a_lease_out_of_range_is_an_invalid_argument(world, seconds):
    topic = world.topic()
    subscription = world.subscription(topic)
    world.publish(topic)
    taken = world.pull(subscription)

    with pytest.raises(exceptions.InvalidArgument):
        world.let_lease_end_in(subscription, taken, seconds)


@pytest.mark.parametrize(
    "config", [{"enable_message_ordering": True}, {"enable_exactly_once_delivery": True}]
)
def test_what_is_missing_here_is_said_to_be_unimplemented(world, config):
    with pytest.raises(exceptions.MethodNotImplemented):
        world.subscription(world.topic(), **config)


def test_a_push_subscription_cannot_be_pulled(world):
    push = {"push_endpoint": "http://127.0.0.1:9/"}
    subscription = world.subscription(world.topic(), push_config=push)

    with pytest.raises(exceptions.FailedPrecondition):
        world.subscriber.pull(subscription=subscription, max_messages=1)


def publish_raw(world, topic, messages):
    """Publish in one request, past the client's own batching and checks."""
    return world.publisher._gapic_publish(topic=topic, messages=messages)
