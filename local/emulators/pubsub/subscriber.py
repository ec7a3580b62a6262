"""google.pubsub.v1.Subscriber: create subscriptions, pull messages from them, settle them."""

import asyncio
from collections.abc import Iterable
from typing import Any

import grpc
from google.protobuf import empty_pb2

from local.emulators.pubsub import limits, wire
from local.emulators.pubsub.backlog import Backlog
from local.emulators.pubsub.catalog import Catalog, Subscription
from local.emulators.pubsub.deliveries import Delivery, Receipt
from local.emulators.pubsub.errors import FailedPrecondition, InvalidArgument
from local.emulators.pubsub.rpc import unary, waiting
from local.emulators.pubsub.wakeups import ANY_CHANGE, Wakeups, wait_for_bell

MAX_PULL_MESSAGES = 1000
# An empty answer comes after this long, or before the caller's own deadline if that is sooner.
PULL_WAIT_S = 5.0


class SubscriberApi:
    def __init__(self, catalog: Catalog, backlog: Backlog, wakeups: Wakeups):
        self._catalog = catalog
        self._backlog = backlog
        self._wakeups = wakeups

    def handlers(self) -> grpc.GenericRpcHandler:
        methods = {
            "CreateSubscription": unary(self.create_subscription, wire.Subscription),
            "GetSubscription": unary(self.get_subscription, wire.GetSubscriptionRequest),
            "DeleteSubscription": unary(self.delete_subscription, wire.DeleteSubscriptionRequest),
            "ModifyPushConfig": unary(self.modify_push_config, wire.ModifyPushConfigRequest),
            "Acknowledge": unary(self.acknowledge, wire.AcknowledgeRequest),
            "ModifyAckDeadline": unary(self.modify_ack_deadline, wire.ModifyAckDeadlineRequest),
            "Pull": waiting(self.pull, wire.PullRequest),
        }
        return grpc.method_handlers_generic_handler("google.pubsub.v1.Subscriber", methods)

    def create_subscription(self, config: Any) -> Any:
        limits.check_topic_name(config.topic)
        limits.complete_subscription(config)
        self._wake(self._catalog.create_subscription(config))
        return config

    def get_subscription(self, request: Any) -> Any:
        return self._subscription(request.subscription).config

    def delete_subscription(self, request: Any) -> empty_pb2.Empty:
        limits.check_subscription_name(request.subscription)
        self._wake(self._catalog.delete_subscription(request.subscription))
        return empty_pb2.Empty()

    def modify_push_config(self, request: Any) -> empty_pb2.Empty:
        config = wire.Subscription()
        config.CopyFrom(self._subscription(request.subscription).config)
        config.push_config.CopyFrom(request.push_config)
        limits.complete_subscription(config)
        self._wake(self._catalog.update_subscription(config))
        return empty_pb2.Empty()

    def acknowledge(self, request: Any) -> empty_pb2.Empty:
        subscription = self._subscription(request.subscription)
        self._backlog.acknowledge(subscription, _read_receipts(request.ack_ids))
        return empty_pb2.Empty()

    def modify_ack_deadline(self, request: Any) -> empty_pb2.Empty:
        """Let leases end later or sooner. 0 seconds return the messages, as a negative answer."""
        limits.check_modified_deadline(request.ack_deadline_seconds)
        subscription = self._subscription(request.subscription)
        receipts = _read_receipts(request.ack_ids)
        if request.ack_deadline_seconds:
            self._backlog.extend(subscription, receipts, request.ack_deadline_seconds)
        else:
            self._backlog.reject(subscription, receipts)
        return empty_pb2.Empty()

    async def pull(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        if request.max_messages <= 0:
            raise InvalidArgument("max_messages must be greater than 0.")
        limit = min(request.max_messages, MAX_PULL_MESSAGES)
        now = asyncio.get_running_loop().time
        ends_at = now() + (0.0 if request.return_immediately else _pull_wait_s(context))
        subscription = self._pullable(request.subscription)
        with self._wakeups.bell(subscription.subscription_id) as bell:
            while True:
                # It may have been deleted or turned to push since the last round.
                subscription = self._pullable(request.subscription)
                deliveries = self._backlog.take(subscription, limit)
                wait_s = ends_at - now()
                if deliveries or wait_s <= 0:
                    return wire.PullResponse(received_messages=_received(subscription, deliveries))
                due_s = self._backlog.next_due_in_s(subscription)
                await wait_for_bell(bell, wait_s if due_s is None else min(wait_s, due_s))

    def _pullable(self, name: str) -> Subscription:
        """The subscription; FailedPrecondition while it is a push subscription."""
        subscription = self._subscription(name)
        if subscription.policy.endpoint:
            raise FailedPrecondition(f"Pull is not allowed on a push subscription: {name}.")
        return subscription

    def _subscription(self, name: str) -> Subscription:
        limits.check_subscription_name(name)
        return self._catalog.subscription(name)

    def _wake(self, subscription: Subscription) -> None:
        self._wakeups.ring(subscription.subscription_id)
        self._wakeups.ring(ANY_CHANGE)


def _pull_wait_s(context: grpc.aio.ServicerContext) -> float:
    remaining_s = context.time_remaining()
    return PULL_WAIT_S if remaining_s is None else min(PULL_WAIT_S, 0.8 * remaining_s)


def _received(subscription: Subscription, deliveries: Iterable[Delivery]) -> list[Any]:
    """The deliveries as ReceivedMessage. Only a dead-letter policy shows the attempts."""
    shows_attempts = bool(subscription.policy.dead_letter_topic)
    return [
        wire.ReceivedMessage(
            ack_id=str(delivery.receipt),
            message=wire.PubsubMessage.FromString(delivery.body),
            delivery_attempt=delivery.receipt.attempt if shows_attempts else 0,
        )
        for delivery in deliveries
    ]


def _read_receipts(ack_ids: Iterable[str]) -> list[Receipt]:
    """Raises InvalidArgument for an empty list or a malformed id."""
    receipts = [Receipt.read(ack_id) for ack_id in ack_ids]
    if not receipts:
        raise InvalidArgument("No ack ids specified.")
    return receipts
