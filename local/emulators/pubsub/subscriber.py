"""google.pubsub.v1.Subscriber: subscriptions, and messages pulled from them."""

import asyncio
from typing import Any

import grpc
from google.protobuf import empty_pb2

from local.emulators.pubsub import limits, wire
from local.emulators.pubsub.answers import read_receipts, received
from local.emulators.pubsub.backlog import Backlog, Receipt
from local.emulators.pubsub.catalog import Catalog, Subscription
from local.emulators.pubsub.errors import FailedPrecondition, InvalidArgument
from local.emulators.pubsub.paging import page
from local.emulators.pubsub.publisher import merge_fields
from local.emulators.pubsub.rpc import streaming, unary, waiting
from local.emulators.pubsub.streams import StreamingPull
from local.emulators.pubsub.wakeups import ANY_CHANGE, Wakeups, rung

MAX_PULL_MESSAGES = 1000
# An empty answer comes after this long, or before the caller's own deadline if that is sooner.
PULL_WAIT_S = 5.0


class Subscriber:
    def __init__(self, catalog: Catalog, backlog: Backlog, wakeups: Wakeups):
        self._catalog = catalog
        self._backlog = backlog
        self._wakeups = wakeups
        self._streams = StreamingPull(self.pullable, self.settle, backlog, wakeups)
        self.on_settled = self._streams.on_settled

    def handlers(self) -> grpc.GenericRpcHandler:
        methods = {
            "CreateSubscription": unary(self.create_subscription, wire.Subscription),
            "GetSubscription": unary(self.get_subscription, wire.GetSubscriptionRequest),
            "UpdateSubscription": unary(self.update_subscription, wire.UpdateSubscriptionRequest),
            "ListSubscriptions": unary(self.list_subscriptions, wire.ListSubscriptionsRequest),
            "DeleteSubscription": unary(self.delete_subscription, wire.DeleteSubscriptionRequest),
            "ModifyPushConfig": unary(self.modify_push_config, wire.ModifyPushConfigRequest),
            "ModifyAckDeadline": unary(self.modify_ack_deadline, wire.ModifyAckDeadlineRequest),
            "Acknowledge": unary(self.acknowledge, wire.AcknowledgeRequest),
            "Pull": waiting(self.pull, wire.PullRequest),
            "StreamingPull": streaming(self._streams.serve, wire.StreamingPullRequest),
        }
        return grpc.method_handlers_generic_handler("google.pubsub.v1.Subscriber", methods)

    def create_subscription(self, config: Any) -> Any:
        limits.check_topic_name(config.topic)
        limits.complete_subscription(config)
        subscription = self._catalog.create_subscription(config)
        self._wakeups.ring(subscription.subscription_id)
        self._wakeups.ring(ANY_CHANGE)
        return config

    def get_subscription(self, request: Any) -> Any:
        return self._named(request.subscription).config

    def update_subscription(self, request: Any) -> Any:
        config = wire.Subscription()
        config.CopyFrom(self._named(request.subscription.name).config)
        fixed = ("name", "topic", "filter", "state", "detached")
        merge_fields(request.subscription, config, request.update_mask, fixed)
        return self._configure(config)

    def list_subscriptions(self, request: Any) -> Any:
        limits.check_project(request.project)
        every = self._catalog.subscriptions(request.project)
        shown, token = page(every, lambda s: s.name, request.page_size, request.page_token)
        return wire.ListSubscriptionsResponse(
            subscriptions=[s.config for s in shown], next_page_token=token
        )

    def delete_subscription(self, request: Any) -> empty_pb2.Empty:
        limits.check_subscription_name(request.subscription)
        gone = self._catalog.delete_subscription(request.subscription)
        self._tell_changed(gone)
        return empty_pb2.Empty()

    def modify_push_config(self, request: Any) -> empty_pb2.Empty:
        config = wire.Subscription()
        config.CopyFrom(self._named(request.subscription).config)
        config.push_config.CopyFrom(request.push_config)
        self._configure(config)
        return empty_pb2.Empty()

    def acknowledge(self, request: Any) -> empty_pb2.Empty:
        subscription = self._named(request.subscription)
        self._backlog.acknowledge(subscription, read_receipts(request.ack_ids))
        return empty_pb2.Empty()

    def modify_ack_deadline(self, request: Any) -> empty_pb2.Empty:
        subscription = self._named(request.subscription)
        receipts = read_receipts(request.ack_ids)
        self.settle(subscription, [(r, request.ack_deadline_seconds) for r in receipts])
        return empty_pb2.Empty()

    def settle(self, subscription: Subscription, changes: list[tuple[Receipt, int]]) -> None:
        """Give leases new lengths in seconds; 0 rejects the message."""
        for _, seconds in changes:
            if not 0 <= seconds <= limits.ACK_DEADLINE_S[-1]:
                raise InvalidArgument(f"Invalid ack deadline (s): {seconds}.")
        rejected = [receipt for receipt, seconds in changes if seconds == 0]
        if rejected:
            self._backlog.reject(subscription, rejected)
        for length in {seconds for _, seconds in changes} - {0}:
            kept = [receipt for receipt, seconds in changes if seconds == length]
            self._backlog.extend(subscription, kept, length)

    async def pull(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        if request.max_messages <= 0:
            raise InvalidArgument("max_messages must be greater than 0.")
        limit = min(request.max_messages, MAX_PULL_MESSAGES)
        now = asyncio.get_running_loop().time
        gives_up = now() + (0.0 if request.return_immediately else _patience_s(context))
        subscription = self.pullable(request.subscription)
        with self._wakeups.bell(subscription.subscription_id) as bell:
            while True:
                subscription = self.pullable(request.subscription)
                taken = self._backlog.take(subscription, limit)
                left_s = gives_up - now()
                if taken or left_s <= 0:
                    return wire.PullResponse(received_messages=received(subscription, taken))
                due_s = self._backlog.next_due_in_s(subscription)
                await rung(bell, left_s if due_s is None else min(left_s, due_s))

    def pullable(self, name: str) -> Subscription:
        """The subscription; FailedPrecondition while it is a push subscription."""
        subscription = self._named(name)
        if subscription.policy.endpoint:
            raise FailedPrecondition(f"Pull is not allowed on a push subscription: {name}.")
        return subscription

    def _named(self, name: str) -> Subscription:
        limits.check_subscription_name(name)
        return self._catalog.subscription(name)

    def _configure(self, config: Any) -> Any:
        limits.complete_subscription(config)
        self._tell_changed(self._catalog.update_subscription(config))
        return config

    def _tell_changed(self, subscription: Subscription) -> None:
        self._wakeups.ring(subscription.subscription_id)
        self._wakeups.ring(ANY_CHANGE)


def _patience_s(context: grpc.aio.ServicerContext) -> float:
    left_s = context.time_remaining()
    return PULL_WAIT_S if left_s is None else min(PULL_WAIT_S, 0.8 * left_s)
