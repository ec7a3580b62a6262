"""Topics, subscriptions and pulling, seen through the official clients."""

import threading

import pytest
from google.api_core import exceptions
from google.protobuf import duration_pb2

from tests.local.emulators.pubsub.pubsub_world import PROJECT

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


def test_a_message_nobody_takes_ends_at_the_dead_letter_topic(world, endpoint):
    topic, letters = world.topic(), world.topic()
    dead = world.subscription(letters)
    policy = {"dead_letter_topic": letters, "max_delivery_attempts": 5}
    push = {"push_endpoint": endpoint.url}
    subscription = world.subscription(topic, dead_letter_policy=policy, push_config=push)
    endpoint.answer = lambda request: 500
    world.publish(topic, b"poison", kind="clip")

    letter = world.pull(dead)[0].message

    assert [body["deliveryAttempt"] for _, body in endpoint.requests] == [1, 2, 3, 4, 5]
    assert letter.data == b"poison"
    assert letter.attributes["kind"] == "clip"
    assert letter.attributes["CloudPubSubDeadLetterSourceDeliveryCount"] == "5"
    assert letter.attributes["CloudPubSubDeadLetterSourceSubscriptionProject"] == PROJECT
    name = letter.attributes["CloudPubSubDeadLetterSourceSubscription"]
    assert subscription.endswith(f"/{name}")
    assert letter.attributes["CloudPubSubDeadLetterSourceTopicPublishTime"].endswith("Z")
    assert world.backlog(subscription)["dead_lettered"] == 1
    assert world.backlog(subscription)["undelivered"] == 0


def test_only_a_dead_letter_policy_shows_the_attempts_to_who_pulls(world):
    topic, letters = world.topic(), world.topic()
    policy = {"dead_letter_topic": letters}
    without, with_policy = (
        world.subscription(topic),
        world.subscription(topic, dead_letter_policy=policy),
    )
    world.publish(topic)

    assert world.pull(without)[0].delivery_attempt == 0
    assert world.pull(with_policy)[0].delivery_attempt == 1


def test_a_message_is_returned_by_a_deadline_of_nothing(world):
    topic = world.topic()
    subscription = world.subscription(topic, ack_deadline_seconds=600)
    world.publish(topic)
    (message,) = world.pull(subscription)

    world.subscriber.modify_ack_deadline(
        subscription=subscription, ack_ids=[message.ack_id], ack_deadline_seconds=0
    )

    assert len(world.pull(subscription)) == 1


@pytest.mark.parametrize("seconds", [-1, 601])
def test_a_deadline_out_of_range_is_an_invalid_argument(world, seconds):
    subscription = world.subscription(world.topic())

    with pytest.raises(exceptions.InvalidArgument):
        world.subscriber.modify_ack_deadline(
            subscription=subscription, ack_ids=["1-1-1"], ack_deadline_seconds=seconds
        )


def test_the_subscriptions_of_a_topic_are_listed(world):
    topic = world.topic()
    names = [world.subscription(topic) for _ in range(3)]

    assert sorted(world.publisher.list_topic_subscriptions(topic=topic)) == sorted(names)


def test_a_filter_keeps_other_messages_out(world):
    topic = world.topic()
    subscription = world.subscription(
        topic,
        filter='attributes.eventType = "OBJECT_FINALIZE" AND hasPrefix(attributes.rater, "gemini")',
    )
    world.publish(topic, eventType="OBJECT_DELETE", rater="gemini/pro")
    world.publish(topic, eventType="OBJECT_FINALIZE", rater="signals/1")

    accepted = world.publish(topic, eventType="OBJECT_FINALIZE", rater="gemini/pro")

    assert world.pull(subscription)[0].message.message_id == accepted
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


def test_a_deleted_subscription_takes_its_messages_along(world):
    topic = world.topic()
    subscription = world.subscription(topic)
    world.publish(topic)

    world.subscriber.delete_subscription(subscription=subscription)

    world.subscriber.create_subscription(name=subscription, topic=topic)
    assert world.nothing_is_due(subscription)


def test_missing_settings_get_the_defaults_of_pubsub(world):
    topic, letters = world.topic(), world.topic()
    config = {"dead_letter_policy": {"dead_letter_topic": letters}, "retry_policy": {}}

    config = world.subscriber.get_subscription(subscription=world.subscription(topic, **config))

    assert config.ack_deadline_seconds == 10
    assert config.message_retention_duration.days == 7
    assert config.dead_letter_policy.max_delivery_attempts == 5
    assert config.retry_policy.minimum_backoff.seconds == 10
    assert config.retry_policy.maximum_backoff.seconds == 600


@pytest.mark.parametrize(
    "config",
    [
        {"ack_deadline_seconds": 9},
        {"ack_deadline_seconds": 601},
        {"dead_letter_policy": {"max_delivery_attempts": 4}},
        {"dead_letter_policy": {"max_delivery_attempts": 101}},
        {"filter": 'attributes.a = "b" OR attributes:c'},
        {"push_config": {"push_endpoint": "ftp://127.0.0.1/"}},
        {"push_config": {"push_endpoint": "https://127.0.0.1/"}},
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


@pytest.mark.parametrize(
    "config", [{"enable_message_ordering": True}, {"enable_exactly_once_delivery": True}]
)
def test_a_setting_that_is_not_offered_is_unimplemented(world, config):
    with pytest.raises(exceptions.MethodNotImplemented):
        world.subscription(world.topic(), **config)


def test_an_ordering_key_is_unimplemented(world):
    with pytest.raises(exceptions.MethodNotImplemented):
        publish_raw(world, world.topic(), [{"data": b"x", "ordering_key": "k"}])


def test_a_push_subscription_cannot_be_pulled(world):
    push = {"push_endpoint": "http://127.0.0.1:9/"}
    subscription = world.subscription(world.topic(), push_config=push)

    with pytest.raises(exceptions.FailedPrecondition):
        world.subscriber.pull(subscription=subscription, max_messages=1)


def publish_raw(world, topic, messages):
    """Publish in one request, past the client's own batching and checks."""
    return world.publisher._gapic_publish(topic=topic, messages=messages)
