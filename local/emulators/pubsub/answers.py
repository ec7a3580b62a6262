"""Deliveries as the API shows them, and the receipts it gets back."""

from collections.abc import Iterable
from typing import Any

from local.emulators.pubsub import wire
from local.emulators.pubsub.backlog import Delivery, Receipt
from local.emulators.pubsub.catalog import Subscription
from local.emulators.pubsub.errors import InvalidArgument


def received(subscription: Subscription, taken: Iterable[Delivery]) -> list[Any]:
    """As ReceivedMessage; attempts are told only under a dead-letter policy."""
    told = bool(subscription.policy.dead_letter_topic)
    return [
        wire.ReceivedMessage(
            ack_id=str(delivery.receipt),
            message=wire.PubsubMessage.FromString(delivery.body),
            delivery_attempt=delivery.receipt.attempt if told else 0,
        )
        for delivery in taken
    ]


def read_receipts(ack_ids: Iterable[str]) -> list[Receipt]:
    """InvalidArgument for none at all, or one that was never given out."""
    receipts = [Receipt.read(ack_id) for ack_id in ack_ids]
    if not receipts:
        raise InvalidArgument("No ack ids specified.")
    return receipts
