"""What Pub/Sub accepts: names, sizes and ranges, and the defaults it fills in.

https://cloud.google.com/pubsub/quotas#resource_limits and the comments of
google/pubsub/v1/pubsub.proto.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from local.emulators.pubsub.errors import InvalidArgument, Unimplemented
from local.emulators.pubsub.filters import parse_filter

MAX_PUBLISH_BYTES = 10_000_000
MAX_PUBLISH_MESSAGES = 1000
MAX_ATTRIBUTES = 100
MAX_KEY_BYTES = 256
MAX_VALUE_BYTES = 1024
ACK_DEADLINE_S = range(10, 601)
MODIFIED_ACK_DEADLINE_S = range(601)
"""Of single messages. 0 returns a message at once."""
DELIVERY_ATTEMPTS = range(5, 101)
RETENTION_S = range(600, 31 * 86400 + 1)
DEFAULT_RETENTION_S = 7 * 86400
BACKOFF_S = range(601)

_ID = r"(?!goog)[A-Za-z][A-Za-z0-9\-._~+%]{2,254}"
_TOPIC = re.compile(rf"projects/[^/\s]+/topics/{_ID}\Z")
_SUBSCRIPTION = re.compile(rf"projects/[^/\s]+/subscriptions/{_ID}\Z")

_REFUSED_TOPIC_FIELDS = (
    "kms_key_name",
    "schema_settings",
    "ingestion_data_source_settings",
    "message_transforms",
)
_REFUSED_SUBSCRIPTION_FIELDS = (
    "bigquery_config",
    "cloud_storage_config",
    "bigtable_config",
    "retain_acked_messages",
    "enable_message_ordering",
    "enable_exactly_once_delivery",
    "message_transforms",
)


def check_topic_name(name: str) -> None:
    _check_name(_TOPIC, name)


def check_subscription_name(name: str) -> None:
    _check_name(_SUBSCRIPTION, name)


def _check_name(pattern: re.Pattern[str], name: str) -> None:
    if not pattern.match(name):
        raise InvalidArgument(f"Invalid resource name given (name={name}).")


def check_topic(topic: Any) -> None:
    """InvalidArgument or Unimplemented for a topic that is not offered here."""
    check_topic_name(topic.name)
    _refuse_fields(topic, _REFUSED_TOPIC_FIELDS)


def complete_subscription(subscription: Any) -> None:
    """Check a subscription's configuration and fill in Pub/Sub's defaults, in place."""
    check_subscription_name(subscription.name)
    _refuse_fields(subscription, _REFUSED_SUBSCRIPTION_FIELDS)
    subscription.ack_deadline_seconds = subscription.ack_deadline_seconds or 10
    _check_range("ack deadline (s)", subscription.ack_deadline_seconds, ACK_DEADLINE_S)
    _complete_retention(subscription)
    _complete_retry_policy(subscription)
    _complete_dead_letter_policy(subscription)
    check_push_config(subscription.push_config)
    parse_filter(subscription.filter)
    subscription.state = subscription.ACTIVE


def check_push_config(push: Any) -> None:
    """InvalidArgument unless a push endpoint is an http URL, and its OIDC token has an account."""
    if not push.push_endpoint:
        return
    _refuse_fields(push, ("no_wrapper",))
    try:
        url = urlsplit(push.push_endpoint)
        is_url = url.scheme == "http" and url.hostname and url.port != 0
    except ValueError:
        is_url = False
    if not is_url or not push.push_endpoint.isascii() or re.search(r"[\s\x00-\x1f]", url.geturl()):
        raise InvalidArgument(f"Invalid push endpoint given (endpoint={push.push_endpoint}).")
    if push.HasField("oidc_token") and not push.oidc_token.service_account_email:
        raise InvalidArgument("oidc_token needs a service_account_email.")


def check_modified_deadline(seconds: int) -> None:
    _check_range("ack deadline (s)", seconds, MODIFIED_ACK_DEADLINE_S)


def check_messages(messages: Any, request_bytes: int) -> None:
    """InvalidArgument unless Pub/Sub would take these messages in one publish request."""
    if not messages:
        raise InvalidArgument("The request contains no messages.")
    if len(messages) > MAX_PUBLISH_MESSAGES:
        raise InvalidArgument(f"More than {MAX_PUBLISH_MESSAGES} messages in one request.")
    if request_bytes > MAX_PUBLISH_BYTES:
        raise InvalidArgument(f"Request payload size exceeds {MAX_PUBLISH_BYTES} bytes.")
    for message in messages:
        _check_message(message)


def _check_message(message: Any) -> None:
    if not message.data and not message.attributes:
        raise InvalidArgument("A message needs non-empty data or at least one attribute.")
    if len(message.attributes) > MAX_ATTRIBUTES:
        raise InvalidArgument(f"More than {MAX_ATTRIBUTES} attributes on one message.")
    if message.ordering_key:
        raise Unimplemented("ordering_key is not supported by the local Pub/Sub.")
    for key, value in message.attributes.items():
        if not key or len(key.encode()) > MAX_KEY_BYTES or key.startswith("goog"):
            raise InvalidArgument(f"Attribute key not allowed: {key[:80]!r}.")
        if len(value.encode()) > MAX_VALUE_BYTES:
            raise InvalidArgument(f"Attribute value over {MAX_VALUE_BYTES} bytes: {key!r}.")


def _complete_retention(subscription: Any) -> None:
    if not subscription.HasField("message_retention_duration"):
        subscription.message_retention_duration.seconds = DEFAULT_RETENTION_S
    retention = subscription.message_retention_duration
    _check_range("message retention (s)", retention.seconds, RETENTION_S)
    if not subscription.HasField("expiration_policy"):
        subscription.expiration_policy.ttl.seconds = 31 * 86400


def _complete_retry_policy(subscription: Any) -> None:
    if not subscription.HasField("retry_policy"):
        return
    policy = subscription.retry_policy
    if not policy.HasField("minimum_backoff"):
        policy.minimum_backoff.seconds = 10
    if not policy.HasField("maximum_backoff"):
        policy.maximum_backoff.seconds = 600
    _check_range("minimum backoff (s)", policy.minimum_backoff.seconds, BACKOFF_S)
    _check_range("maximum backoff (s)", policy.maximum_backoff.seconds, BACKOFF_S)
    if policy.minimum_backoff.ToNanoseconds() > policy.maximum_backoff.ToNanoseconds():
        raise InvalidArgument("minimum_backoff is greater than maximum_backoff.")


def _complete_dead_letter_policy(subscription: Any) -> None:
    if not subscription.HasField("dead_letter_policy"):
        return
    policy = subscription.dead_letter_policy
    check_topic_name(policy.dead_letter_topic)
    policy.max_delivery_attempts = policy.max_delivery_attempts or 5
    _check_range("max delivery attempts", policy.max_delivery_attempts, DELIVERY_ATTEMPTS)


def _check_range(what: str, value: int, allowed: range) -> None:
    if value not in allowed:
        raise InvalidArgument(
            f"Invalid {what}: {value}. It must be between {allowed[0]} and {allowed[-1]}."
        )


def _refuse_fields(message: Any, names: tuple[str, ...]) -> None:
    for field, _ in message.ListFields():
        if field.name in names:
            raise Unimplemented(f"{field.name} is not supported by the local Pub/Sub.")
