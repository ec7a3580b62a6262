"""Which topics and subscriptions exist: in memory for reading, in SQLite for the next start."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from local.emulators.pubsub import wire
from local.emulators.pubsub.database import transaction
from local.emulators.pubsub.errors import AlreadyExists, NotFound
from local.emulators.pubsub.policy import Policy

DELETED_TOPIC = "_deleted-topic_"


@dataclass(slots=True, eq=False)
class Subscription:
    """A subscription as it is configured now; updates replace `config` and `policy`."""

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

    def has_topic(self, name: str) -> bool:
        return name in self._topics

    def topics(self, project: str) -> list[Any]:
        """In the order of their names."""
        return _within(project, self._topics)

    def create_topic(self, topic: Any) -> None:
        if topic.name in self._topics:
            raise AlreadyExists(topic.name)
        self._connection.execute(
            "INSERT INTO topics (name, config) VALUES (?, ?)",
            (topic.name, topic.SerializeToString()),
        )
        self._topics[topic.name] = topic

    def update_topic(self, topic: Any) -> None:
        self.topic(topic.name)
        self._connection.execute(
            "UPDATE topics SET config = ? WHERE name = ?", (topic.SerializeToString(), topic.name)
        )
        self._topics[topic.name] = topic

    def delete_topic(self, name: str) -> None:
        """Its subscriptions stay with what they hold, and hear nothing new."""
        self.topic(name)
        orphans = self.subscribers(name)
        for subscription in orphans:
            subscription.config.topic = DELETED_TOPIC
        with transaction(self._connection):
            self._connection.execute("DELETE FROM topics WHERE name = ?", (name,))
            for subscription in orphans:
                self._save(subscription.subscription_id, subscription.config)
        del self._topics[name]
        self._subscribers.pop(name, None)

    # Subscriptions

    def subscription(self, name: str) -> Subscription:
        try:
            return self._subscriptions[name]
        except KeyError:
            raise NotFound(name) from None

    def subscriptions(self, project: str) -> list[Subscription]:
        """In the order of their names."""
        return _within(project, self._subscriptions)

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
        self._save(subscription.subscription_id, config)
        subscription.config, subscription.policy = config, policy
        return subscription

    def delete_subscription(self, name: str) -> Subscription:
        """Its messages go with it."""
        subscription = self.subscription(name)
        self._connection.execute(
            "DELETE FROM subscriptions WHERE subscription_id = ?", (subscription.subscription_id,)
        )
        del self._subscriptions[name]
        topic = subscription.config.topic
        if subscription in self._subscribers.get(topic, ()):
            self._subscribers[topic].remove(subscription)
        return subscription

    def _check_dead_letter_topic(self, config: Any) -> None:
        if config.HasField("dead_letter_policy"):
            self.topic(config.dead_letter_policy.dead_letter_topic)

    def _remember(self, subscription_id: int, config: Any) -> Subscription:
        subscription = Subscription(subscription_id, config.name, config, Policy.of(config))
        self._subscriptions[config.name] = subscription
        if config.topic != DELETED_TOPIC:
            self._subscribers.setdefault(config.topic, []).append(subscription)
        return subscription

    def _save(self, subscription_id: int, config: Any) -> None:
        self._connection.execute(
            "UPDATE subscriptions SET config = ? WHERE subscription_id = ?",
            (config.SerializeToString(), subscription_id),
        )


def _within(project: str, resources: dict[str, Any]) -> list[Any]:
    prefix = f"{project}/"
    return [resources[name] for name in sorted(resources) if name.startswith(prefix)]
