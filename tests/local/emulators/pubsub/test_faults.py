"""Faults on demand in what is published and pulled, as the official clients meet them."""

import json

import pytest
from google.api_core.exceptions import DeadlineExceeded, ResourceExhausted, ServiceUnavailable

PUBLISH = "publish: [503, lost, duplicate, {delay: {seconds: 0.1}}]"
PULL = "pull: [429, lost]"


@pytest.fixture
def world_with(start, world_of, tmp_path):
    def world_with(*plan):
        (tmp_path / "faults.yaml").write_text("\n".join(plan))
        faults = ("--faults", str(tmp_path / "faults.yaml"), "--logs", str(tmp_path))
        return world_of(start(tmp_path / "data", *faults))

    return world_with


def publish_once(world, topic, data):
    """One call, without the client's own second try."""
    request = {"topic": topic, "messages": [{"data": data}]}
    return world.publisher.api.publish(request=request, retry=None, timeout=5)


def pull_once(world, subscription):
    request = {"subscription": subscription, "max_messages": 10}
    return world.subscriber.pull(request=request, retry=None, timeout=5).received_messages


def test_each_fault_does_what_it_says_and_is_logged(world_with, tmp_path):
    world = world_with(PUBLISH, PULL)
    topic = world.topic()
    subscription = world.subscription(topic)
    for data in (b"refused", b"lost"):
        with pytest.raises(ServiceUnavailable):
            publish_once(world, topic, data)
    publish_once(world, topic, b"twice")
    with pytest.raises(ResourceExhausted):
        pull_once(world, subscription)
    with pytest.raises(ServiceUnavailable):
        pull_once(world, subscription)  # leased, although nobody got them
    publish_once(world, topic, b"late")

    assert [received.message.data for received in pull_once(world, subscription)] == [b"late"]
    assert world.backlog(subscription)["undelivered"] == 4
    lines = (tmp_path / "faults.jsonl").read_text().splitlines()
    assert [json.loads(line)["point"] for line in lines] == [
        *("publish 503", "publish lost", "publish duplicate"),
        *("pull 429", "pull lost", "publish delay"),
    ]


def test_a_call_that_hangs_is_not_carried_out_and_the_next_one_is(world_with):
    world = world_with("publish: [hang]", "pull: [hang]")
    topic = world.topic()
    subscription = world.subscription(topic)
    request = {"topic": topic, "messages": [{"data": b"lost"}]}
    with pytest.raises(DeadlineExceeded):
        world.publisher.api.publish(request=request, retry=None, timeout=0.5)
    publish_once(world, topic, b"kept")
    with pytest.raises(DeadlineExceeded):
        world.subscriber.pull(
            request={"subscription": subscription, "max_messages": 10}, retry=None, timeout=0.5
        )

    assert [received.message.data for received in pull_once(world, subscription)] == [b"kept"]


def test_the_official_client_tries_again_until_the_topic_has_the_message(world_with):
    world = world_with(PUBLISH)
    topic = world.topic()
    subscription = world.subscription(topic)

    world.publish(topic, b"one")
    world.publish(topic, b"two")

    # Refused, then taken without an answer, then taken twice.
    data = sorted(received.message.data for received in world.pull(subscription, 4))
    assert data == [b"one", b"one", b"one", b"two"]
