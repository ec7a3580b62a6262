"""The topics and subscriptions: in memory for reading, in SQLite for the next start."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from local.emulators.pubsub import wire
from local.emulators.pubsub.errors import AlreadyExists, NotFound
from local.emulators.pubsub.policy import Policy


@dataclass(slots=True, eq=False)
class Subscription:
    """A subscription. An update replaces `config` and `policy`."""

    subscription_id: int
    name: str
    config: Any
    policy: Policy


class Catalog:
    """The topics and subscriptions of every project, found by full resource name."""

    def __init__(self, connection: sqlite3.Connection):
        self._connection = connection
        self._topics: dict[str, Any] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._subscribers: dict[str, list[Subscription]] = {}
        for (config,) in connection.execute("SELECT config FROM topics"):
            topic = wire.Topic.FromString(config)
            self._topics[topic.name] = topic
        rows = connection.execute("SELECT subscription_id, config FROM subscriptions")
        for subscription_id, config in rows:
            self._remember(subscription_id, wire.Subscription.FromString(config))

    # Topics

    def topic(self, name: str) -> Any:
        try:
            return self._topics[name]
        except KeyError:
            raise NotFound(name) from None

    def create_topic(self, topic: Any) -> None:
        if topic.name in self._topics:
            raise AlreadyExists(topic.name)
        self._connection.execute(
            "INSERT INTO topics (name, config) VALUES (?, ?)",
            (topic.name, topic.SerializeToString()),
        )
        self._topics[topic.name] = topic

    # Subscriptions

    def subscription(self, name: str) -> Subscription:
        try:
            return self._subscriptions[name]
        except KeyError:
            raise NotFound(name) from None

    def all_subscriptions(self) -> list[Subscription]:
        return list(self._subscriptions.values())

    def subscribers(self, topic: str) -> list[Subscription]:
        return list(self._subscribers.get(topic, ()))

    def create_subscription(self, config: Any) -> Subscription:
        if config.name in self._subscriptions:
            raise AlreadyExists(config.name)
        self.topic(config.topic)
        self._check_dead_letter_topic(config)
        cursor = self._connection.execute(
            "INSERT INTO subscriptions (name, config) VALUES (?, ?)",
            (config.name, config.SerializeToString()),
        )
        return self._remember(cursor.lastrowid or 0, config)

    def update_subscription(self, config: Any) -> Subscription:
        subscription = self.subscription(config.name)
        self._check_dead_letter_topic(config)
        policy = Policy.of(config)
        self._connection.execute(
            "UPDATE subscriptions SET config = ? WHERE subscription_id = ?",
            (config.SerializeToString(), subscription.subscription_id),
        )
        subscription.config, subscription.policy = config, policy
        return subscription

    def delete_subscription(self, name: str) -> Subscription:
        """Delete it with its messages."""
        subscription = self.subscription(name)
        self._connection.execute(
            "DELETE FROM subscriptions WHERE subscription_id = ?", (subscription.subscription_id,)
        )
        del self._subscriptions[name]
        self._subscribers[subscription.config.topic].remove(subscription)
        return subscription

    def _check_dead_letter_topic(self, config: Any) -> None:
        if config.HasField("dead_letter_policy"):
            self.topic(config.dead_letter_policy.dead_letter_topic)

    def _remember(self, subscription_id: int, config: Any) -> Subscription:
        subscription = Subscription(subscription_id, config.name, config, Policy.of(config))
        self._subscriptions[config.name] = subscription
        self._subscribers.setdefault(config.topic, []).append(subscription)
        return subscription
