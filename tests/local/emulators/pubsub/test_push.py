"""Push subscriptions, seen from the endpoint."""

import base64
import threading

import pytest
from google.auth import jwt

from local.emulators.tokens import make_key
from tests.local.emulators.pubsub.pubsub_world import Endpoint, until

ACCOUNT = "pusher@a-project.iam.gserviceaccount.com"


@pytest.fixture
def pushed(world, endpoint):
    """A topic whose messages are pushed to `endpoint`, and its subscription."""

    def pushed(**config):
        topic = world.topic()
        push = {"push_endpoint": endpoint.url, **config.pop("push", {})}
        return topic, world.subscription(topic, push_config=push, **config)

    return pushed


def drained(world, subscription):
    return world.backlog(subscription)["undelivered"] == 0


def test_a_message_is_pushed_in_the_wrapped_form(world, endpoint, pushed):
    topic, subscription = pushed()

    message_id = world.publish(topic, b"hello", language="de")

    until(lambda: drained(world, subscription))
    headers, body = endpoint.requests[0]
    message = body["message"]
    assert headers["Content-Type"] == "application/json"
    assert body["subscription"] == subscription
    assert base64.b64decode(message["data"]) == b"hello"
    assert message["attributes"] == {"language": "de"}
    assert message["messageId"] == message["message_id"] == message_id
    assert message["publishTime"] == message["publish_time"]
    assert message["publishTime"].endswith("Z")
    assert "orderingKey" not in message
    assert "deliveryAttempt" not in body


def test_a_message_without_data_is_pushed_without_the_key(world, endpoint, pushed):
    topic, subscription = pushed()

    world.publish(topic, b"", only="attributes")

    until(lambda: drained(world, subscription))
    assert "data" not in endpoint.requests[0][1]["message"]


def test_a_message_of_nearly_ten_megabytes_is_pushed_whole(world, endpoint, pushed):
    topic, subscription = pushed()

    world.publish(topic, b"x" * 9_900_000)

    until(lambda: drained(world, subscription))
    assert len(base64.b64decode(endpoint.requests[0][1]["message"]["data"])) == 9_900_000


def test_attempts_are_told_under_a_dead_letter_policy(world, endpoint, pushed):
    topic, subscription = pushed(dead_letter_policy={"dead_letter_topic": world.topic()})
    endpoint.answer = lambda request: 500 if request[1]["deliveryAttempt"] < 3 else 200

    world.publish(topic)

    until(lambda: drained(world, subscription))
    assert [body["deliveryAttempt"] for _, body in endpoint.requests] == [1, 2, 3]


@pytest.mark.parametrize("status", [201, 202, 204])
def test_a_success_acknowledges(world, endpoint, pushed, status):
    topic, subscription = pushed()
    endpoint.answer = lambda request: status

    world.publish(topic)

    until(lambda: drained(world, subscription))
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("status", [206, 302, 400, 429, 500, 503])
def test_anything_else_brings_the_message_again(world, endpoint, pushed, status):
    topic, subscription = pushed()
    statuses = iter([status])
    endpoint.answer = lambda request: next(statuses, 200)

    message_id = world.publish(topic)

    until(lambda: drained(world, subscription))
    assert endpoint.ids() == [message_id] * 2


def test_a_token_names_the_account_and_audience_and_verifies(world, server, endpoint, pushed):
    token = {"service_account_email": ACCOUNT, "audience": "https://load.example"}
    topic, subscription = pushed(push={"oidc_token": token})

    world.publish(topic)

    until(lambda: drained(world, subscription))
    claims = verified(endpoint, server)
    assert claims["aud"] == "https://load.example"
    assert claims["email"] == ACCOUNT
    assert claims["email_verified"] is True
    assert claims["iss"] == "https://accounts.google.com"
    assert claims["sub"].isdigit()
    assert 0 < claims["exp"] - claims["iat"] <= 3600


def test_the_audience_is_the_endpoint_when_none_is_given(world, server, endpoint, pushed):
    topic, subscription = pushed(push={"oidc_token": {"service_account_email": ACCOUNT}})

    world.publish(topic)

    until(lambda: drained(world, subscription))
    assert verified(endpoint, server)["aud"] == endpoint.url


def test_tokens_are_signed_with_the_key_that_is_given(start, world_of, endpoint, tmp_path):
    make_key(tmp_path / "key.json", "a-project", "http://127.0.0.1:9/token")
    server = start(tmp_path / "data", "--key", str(tmp_path / "key.json"))
    world = world_of(server)
    topic = world.topic()
    push = {
        "push_endpoint": endpoint.url,
        "oidc_token": {"service_account_email": ACCOUNT},
    }
    world.subscription(topic, push_config=push)

    world.publish(topic)

    until(lambda: endpoint.requests)
    key_id = jwt.decode_header(bearer(endpoint))["kid"]
    assert key_id in (tmp_path / "key.json").read_text()
    assert verified(endpoint, server)["email"] == ACCOUNT


def test_without_a_token_setting_there_is_no_authorization(world, endpoint, pushed):
    topic, _ = pushed()

    world.publish(topic)

    until(lambda: endpoint.requests)
    assert "Authorization" not in endpoint.requests[0][0]


def test_nothing_is_lost_while_the_endpoint_is_down(world, endpoint, pushed):
    topic, subscription = pushed()
    endpoint.close()
    ids = world.publish_many(topic, 50)
    until(lambda: world.backlog(subscription)["outstanding"] == 0)

    again = Endpoint(endpoint.port)

    until(lambda: drained(world, subscription))
    assert set(again.ids()) == ids
    again.close()


def test_three_hundred_requests_are_out_at_once(world, endpoint, pushed):
    topic, subscription = pushed(ack_deadline_seconds=60)
    together = threading.Barrier(300)

    def answer(request):
        together.wait(timeout=20)
        return 200

    endpoint.answer = answer
    world.publish_many(topic, 300)

    until(lambda: drained(world, subscription), seconds=20)
    assert len(endpoint.requests) == 300


def test_a_poisonous_message_does_not_hold_up_its_neighbours(world, endpoint, pushed):
    topic, subscription = pushed()
    endpoint.answer = lambda request: (
        500 if "poison" in request[1]["message"]["attributes"] else 200
    )
    poison = world.publish(topic, poison="yes")
    until(lambda: endpoint.ids().count(poison) >= 2)

    world.publish_many(topic, 20)

    until(lambda: world.backlog(subscription)["undelivered"] == 1)


def test_a_subscription_turned_to_push_delivers_what_waited(world, endpoint):
    topic = world.topic()
    subscription = world.subscription(topic)
    ids = world.publish_many(topic, 20)

    world.subscriber.modify_push_config(
        subscription=subscription, push_config={"push_endpoint": endpoint.url}
    )

    until(lambda: drained(world, subscription))
    assert set(endpoint.ids()) == ids


def test_a_subscription_turned_to_pull_is_pushed_no_more(world, endpoint, pushed):
    topic, subscription = pushed()

    world.subscriber.modify_push_config(subscription=subscription, push_config={})
    world.publish(topic)

    assert len(world.pull(subscription)) == 1
    assert endpoint.requests == []


def bearer(endpoint):
    return endpoint.requests[0][0]["Authorization"].removeprefix("Bearer ")


def verified(endpoint, server):
    """The claims of the first request's token, once its signature holds."""
    return jwt.decode(bearer(endpoint), certs=server.get("/certs"))
