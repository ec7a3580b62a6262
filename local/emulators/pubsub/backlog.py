"""Messages between publication and acknowledgement, delivered at least once.

Every step is one transaction over indexed rows. Its cost depends on the messages that it changes,
not on how many wait.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from local.emulators.pubsub import wire
from local.emulators.pubsub.catalog import Catalog, Subscription
from local.emulators.pubsub.database import transaction
from local.emulators.pubsub.deliveries import Delivery, Receipt

log = logging.getLogger(__name__)

# Official clients set no receive limit on the channel they open to an emulator, so gRPC's default
# of 4 MiB holds for an answer. A single larger message can be pushed, not pulled.
MAX_TAKEN_BYTES = 3_500_000
# Expired leases return in batches, so that one sweep cannot block the server.
SWEEP_ROWS = 1000

_TAKE = """
SELECT deliveries.message_id, attempts, body
FROM deliveries JOIN messages ON messages.message_id = deliveries.message_id
WHERE subscription_id = ? AND leased = 0 AND due_s <= ?
ORDER BY due_s, deliveries.message_id
LIMIT ?
"""
_LEASE = """
UPDATE deliveries SET leased = 1, due_s = ?, attempts = attempts + 1
WHERE subscription_id = ? AND message_id = ?
"""
_EXPIRED = """
SELECT message_id, attempts FROM deliveries
WHERE subscription_id = ? AND leased = 1 AND due_s <= ?
LIMIT ?
"""
_LEASED = """
SELECT attempts FROM deliveries
WHERE subscription_id = ? AND message_id = ? AND leased = 1 AND attempts = ?
"""
_RETURN = "UPDATE deliveries SET leased = 0, due_s = ? WHERE subscription_id = ? AND message_id = ?"
_EXTEND = """
UPDATE deliveries SET due_s = ?
WHERE subscription_id = ? AND message_id = ? AND leased = 1 AND attempts = ?
"""
_OUTSTANDING = """
SELECT COUNT(*) FROM deliveries WHERE subscription_id = ? AND leased = 1 AND due_s > ?
"""
_SETTLE = "DELETE FROM deliveries WHERE subscription_id = ? AND message_id = ?"


@dataclass(frozen=True, slots=True)
class SubscriptionBacklog:
    """The counts of one subscription, as the admin page shows them."""

    undelivered: int
    """Messages that are not acknowledged yet, leased ones included, as in Cloud Monitoring."""
    outstanding: int
    """Messages that are leased, within their ack deadline."""
    oldest_unacked_age_s: float
    dead_lettered: int
    """Messages forwarded to the dead-letter topic since the subscription was made."""


class Backlog:
    """The messages of all subscriptions, for one thread. `clock` gives seconds since the epoch."""

    def __init__(
        self, connection: sqlite3.Connection, catalog: Catalog, clock: Callable[[], float]
    ):
        self._connection = connection
        self._catalog = catalog
        self._clock = clock
        newest = connection.execute("SELECT MAX(message_id) FROM messages").fetchone()[0]
        self._last_id = newest or 0
        self.on_ready: Callable[[int], None] = lambda subscription_id: None
        """Called with a subscription's id when it has something new to deliver."""

    def publish(self, topic: str, messages: Iterable[Any]) -> list[str]:
        """Store messages for each subscription whose filter accepts them; returns their ids.

        After the return they survive kill -9. Raises NotFound if the topic does not exist.
        """
        self._catalog.topic(topic)
        with transaction(self._connection):
            ids, reached = self._store(topic, messages)
        self._tell_ready(reached)
        return ids

    def take(
        self,
        subscription: Subscription,
        limit: int,
        max_bytes: int = MAX_TAKEN_BYTES,
    ) -> list[Delivery]:
        """Lease up to `limit` due messages for the ack deadline, longest due first.

        They have at most `max_bytes` together, except that a first larger one goes alone.
        """
        self.return_expired(subscription)
        now = self._clock()
        taken = self._due(subscription.subscription_id, now, limit, max_bytes)
        if taken:
            ends_at = now + subscription.policy.ack_deadline_s
            rows = [(ends_at, d.receipt.subscription_id, d.receipt.message_id) for d in taken]
            with transaction(self._connection):
                self._connection.executemany(_LEASE, rows)
        return taken

    def acknowledge(self, subscription: Subscription, receipts: Iterable[Receipt]) -> None:
        """Delete messages, also when their lease has ended. Unknown ones are ignored."""
        own = subscription.subscription_id
        ids = [receipt.message_id for receipt in receipts if receipt.subscription_id == own]
        with transaction(self._connection):
            self._connection.executemany(_SETTLE, [(own, message_id) for message_id in ids])

    def extend(
        self, subscription: Subscription, receipts: Iterable[Receipt], seconds: float
    ) -> None:
        """Let leases end `seconds` from now, sooner or later than before. Ended ones stay so."""
        own, ends_at = subscription.subscription_id, self._clock() + seconds
        rows = [
            (ends_at, own, receipt.message_id, receipt.attempt)
            for receipt in receipts
            if receipt.subscription_id == own
        ]
        with transaction(self._connection):
            self._connection.executemany(_EXTEND, rows)
        self._tell_ready([subscription])

    def reject(self, subscription: Subscription, receipts: Iterable[Receipt]) -> None:
        """Return messages for another attempt after the back-off, or to the dead-letter topic."""
        own = subscription.subscription_id
        with transaction(self._connection):
            leased = [
                (receipt.message_id, receipt.attempt)
                for receipt in receipts
                if receipt.subscription_id == own and self._is_leased(receipt)
            ]
            reached = self._give_back(subscription, leased)
        self._tell_ready([subscription, *reached])

    def return_expired(self, subscription: Subscription) -> None:
        """Reject every message whose lease has ended."""
        own = subscription.subscription_id
        while True:
            rows = (own, self._clock(), SWEEP_ROWS)
            expired = self._connection.execute(_EXPIRED, rows).fetchall()
            if not expired:
                return
            with transaction(self._connection):
                reached = self._give_back(subscription, expired)
            self._tell_ready([subscription, *reached])

    def release_leases(self, subscription: Subscription) -> None:
        """Make all leased messages due at once, because their subscriber is gone."""
        self._connection.execute(
            "UPDATE deliveries SET leased = 0, due_s = ? WHERE subscription_id = ? AND leased = 1",
            (self._clock(), subscription.subscription_id),
        )

    def drop_old(self, subscription: Subscription) -> int:
        """Delete messages past the subscription's retention; returns how many."""
        # A message id is its microsecond of publication.
        before = int((self._clock() - subscription.policy.retention_s) * 1e6)
        return self._connection.execute(
            "DELETE FROM deliveries WHERE subscription_id = ? AND message_id < ?",
            (subscription.subscription_id, before),
        ).rowcount

    def next_due_in_s(self, subscription: Subscription) -> float | None:
        """Seconds until something becomes due or a lease ends; None when nothing waits."""
        times = [self._first_due(subscription, leased) for leased in (0, 1)]
        due = [time for time in times if time is not None]
        return max(0.0, min(due) - self._clock()) if due else None

    def counts(self, subscription: Subscription) -> SubscriptionBacklog:
        own, now = subscription.subscription_id, self._clock()
        undelivered, dead_lettered = self._connection.execute(
            "SELECT undelivered, dead_lettered FROM subscriptions WHERE subscription_id = ?", (own,)
        ).fetchone()
        (outstanding,) = self._connection.execute(_OUTSTANDING, (own, now)).fetchone()
        (oldest,) = self._connection.execute(
            "SELECT MIN(message_id) FROM deliveries WHERE subscription_id = ?", (own,)
        ).fetchone()
        age_s = max(0.0, now - oldest / 1e6) if oldest else 0.0
        return SubscriptionBacklog(undelivered, outstanding, round(age_s, 3), dead_lettered)

    def _store(self, topic: str, messages: Iterable[Any]) -> tuple[list[str], list[Subscription]]:
        subscribers = self._catalog.subscribers(topic)
        now = self._clock()
        ids, bodies, deliveries = [], [], []
        for message in messages:
            message_id = self._stamp(message, now)
            ids.append(message.message_id)
            receivers = [s for s in subscribers if s.policy.accepts(message.attributes)]
            if receivers:
                bodies.append((message_id, message.SerializeToString()))
                deliveries += [(s.subscription_id, message_id, now) for s in receivers]
        self._connection.executemany("INSERT INTO messages VALUES (?, ?)", bodies)
        self._connection.executemany(
            "INSERT INTO deliveries (subscription_id, message_id, due_s) VALUES (?, ?, ?)",
            deliveries,
        )
        reached = {subscription_id for subscription_id, _, _ in deliveries}
        return ids, [s for s in subscribers if s.subscription_id in reached]

    def _stamp(self, message: Any, now: float) -> int:
        self._last_id = max(self._last_id + 1, int(now * 1e6))
        message.message_id = str(self._last_id)
        message.publish_time.FromMicroseconds(self._last_id)
        return self._last_id

    def _due(self, own: int, now: float, limit: int, max_bytes: int) -> list[Delivery]:
        taken, size = [], 0
        rows = self._connection.execute(_TAKE, (own, now, limit))
        for message_id, attempts, body in rows:
            size += len(body)
            if taken and size > max_bytes:
                break
            taken.append(Delivery(Receipt(own, message_id, attempts + 1), body))
        rows.close()
        return taken

    def _is_leased(self, receipt: Receipt) -> bool:
        key = (receipt.subscription_id, receipt.message_id, receipt.attempt)
        return self._connection.execute(_LEASED, key).fetchone() is not None

    def _give_back(
        self, subscription: Subscription, rows: Sequence[tuple[int, int]]
    ) -> list[Subscription]:
        policy, own, now = subscription.policy, subscription.subscription_id, self._clock()
        reached: list[Subscription] = []
        for message_id, attempts in rows:
            if policy.dead_letter_topic and attempts >= policy.max_attempts:
                reached += self._dead_letter(subscription, message_id, attempts)
                continue
            due_s = now + policy.wait_s(attempts)
            self._connection.execute(_RETURN, (due_s, own, message_id))
        return reached

    def _dead_letter(
        self, subscription: Subscription, message_id: int, attempts: int
    ) -> list[Subscription]:
        (body,) = self._connection.execute(
            "SELECT body FROM messages WHERE message_id = ?", (message_id,)
        ).fetchone()
        letter = _letter(subscription.name, wire.PubsubMessage.FromString(body), attempts)
        _, reached = self._store(subscription.policy.dead_letter_topic, [letter])
        own = subscription.subscription_id
        self._connection.execute(_SETTLE, (own, message_id))
        self._connection.execute(
            "UPDATE subscriptions SET dead_lettered = dead_lettered + 1 WHERE subscription_id = ?",
            (own,),
        )
        log.warning(
            "dead-lettered after %d attempts: %s of %s", attempts, message_id, subscription.name
        )
        return reached

    def _tell_ready(self, subscriptions: Iterable[Subscription]) -> None:
        for subscription_id in {s.subscription_id for s in subscriptions}:
            self.on_ready(subscription_id)

    def _first_due(self, subscription: Subscription, leased: int) -> float | None:
        row = self._connection.execute(
            "SELECT MIN(due_s) FROM deliveries WHERE subscription_id = ? AND leased = ?",
            (subscription.subscription_id, leased),
        ).fetchone()
        return row[0]


def _letter(subscription: str, message: Any, attempts: int) -> Any:
    """The message for the dead-letter topic, with its source in the attributes.

    https://cloud.google.com/pubsub/docs/dead-letter-topics#dead_letter_attributes
    """
    _, project, _, name = subscription.split("/")
    letter = wire.PubsubMessage(data=message.data)
    letter.attributes.update(message.attributes)
    letter.attributes["CloudPubSubDeadLetterSourceDeliveryCount"] = str(attempts)
    letter.attributes["CloudPubSubDeadLetterSourceSubscription"] = name
    letter.attributes["CloudPubSubDeadLetterSourceSubscriptionProject"] = project
    published = message.publish_time.ToJsonString()
    letter.attributes["CloudPubSubDeadLetterSourceTopicPublishTime"] = published
    return letter
