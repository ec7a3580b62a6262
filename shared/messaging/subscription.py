"""A subscription that is pulled: messages with leases, acknowledged once they are handled."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from google.api_core import exceptions
from google.cloud import pubsub_v1

from shared.errors import Misconfigured, Transient
from shared.messaging.clients import call_limits
from shared.messaging.events import Message

PULL_WAIT_S = 5.0
"""How long a pull waits for a first message. An empty subscription costs this time."""

RETRY_S = 5.0
"""How long a failed call is repeated. The sum of waits stays within the 20 s that `sweep` reserves
for work it has begun."""

MOST_PULLED = 1_000
"""https://cloud.google.com/pubsub/quotas#resource_limits, 2026-11"""

MOST_IDS = 1_000
"""Ids in one request. A request may have 512 KiB, and an id has some 200 characters."""


class PushesInstead(Exception):
    """The subscription pushes its messages to an endpoint, so nobody can pull them."""


@dataclass(frozen=True, slots=True)
class PulledMessage:
    """A message, its number of deliveries (1 where Pub/Sub does not count), and its lease."""

    message: Message
    attempt: int
    ack_id: str


class PulledSubscription:
    """One subscription, by its full name. All calls end within PULL_WAIT_S + RETRY_S seconds."""

    def __init__(self, path: str, client: pubsub_v1.SubscriberClient | None = None):
        self.path = path
        self._client = client or pubsub_v1.SubscriberClient()

    def pull(self, most: int = MOST_PULLED) -> list[PulledMessage]:
        """At most `most` messages (1 to MOST_PULLED), each leased for the ack deadline.

        An empty list means that no message came for PULL_WAIT_S seconds. Raises PushesInstead,
        Misconfigured when the subscription is missing or forbidden, and Transient.
        """
        request = {"subscription": self.path, "max_messages": most}
        try:
            answer = self._client.pull(request=request, **call_limits(PULL_WAIT_S, RETRY_S))
        except exceptions.DeadlineExceeded:
            return []  # a pull of an empty subscription ends with its deadline
        except exceptions.FailedPrecondition as error:
            raise PushesInstead(f"{self.path}: {error.message}") from error
        except (exceptions.NotFound, exceptions.PermissionDenied) as error:
            raise Misconfigured(f"{self.path}: {error.message}") from error
        except (exceptions.GoogleAPICallError, exceptions.RetryError) as error:
            raise Transient(f"{self.path}: {error}") from error
        return [
            PulledMessage(
                Message(it.message.message_id, it.message.data, dict(it.message.attributes)),
                it.delivery_attempt or 1,
                it.ack_id,
            )
            for it in answer.received_messages
        ]

    def acknowledge(self, deliveries: Sequence[PulledMessage]) -> None:
        """Settle messages for good. Raises Transient; then some of them may come again."""
        for part in _ids(deliveries):
            with self._passing():
                self._client.acknowledge(
                    subscription=self.path, ack_ids=part, **call_limits(PULL_WAIT_S, RETRY_S)
                )

    def extend(self, deliveries: Sequence[PulledMessage], seconds: int) -> None:
        """Let the leases end `seconds` (0 to 600) from now. Raises Transient."""
        for part in _ids(deliveries):
            with self._passing():
                self._client.modify_ack_deadline(
                    subscription=self.path,
                    ack_ids=part,
                    ack_deadline_seconds=seconds,
                    **call_limits(PULL_WAIT_S, RETRY_S),
                )

    def reject(self, deliveries: Sequence[PulledMessage]) -> None:
        """Return messages: they come again after the back-off, or end as dead letters.

        Raises Transient; then they come again when their leases end.
        """
        self.extend(deliveries, 0)

    @contextmanager
    def _passing(self) -> Iterator[None]:
        try:
            yield
        except (exceptions.GoogleAPICallError, exceptions.RetryError) as error:
            raise Transient(f"{self.path}: {error}") from error


def _ids(deliveries: Sequence[PulledMessage]) -> Iterator[list[str]]:
    for start in range(0, len(deliveries), MOST_IDS):
        yield [delivery.ack_id for delivery in deliveries[start : start + MOST_IDS]]
