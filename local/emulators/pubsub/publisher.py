"""google.pubsub.v1.Publisher: create topics, publish messages to them."""

from typing import Any

import grpc

from local.emulators.pubsub import limits, wire
from local.emulators.pubsub.backlog import Backlog
from local.emulators.pubsub.catalog import Catalog
from local.emulators.pubsub.rpc import unary


class PublisherApi:
    def __init__(self, catalog: Catalog, backlog: Backlog):
        self._catalog = catalog
        self._backlog = backlog

    def handlers(self) -> grpc.GenericRpcHandler:
        methods = {
            "CreateTopic": unary(self.create_topic, wire.Topic),
            "ListTopicSubscriptions": unary(
                self.list_topic_subscriptions, wire.ListTopicSubscriptionsRequest
            ),
            "Publish": unary(self.publish, wire.PublishRequest),
        }
        return grpc.method_handlers_generic_handler("google.pubsub.v1.Publisher", methods)

    def create_topic(self, topic: Any) -> Any:
        limits.check_topic(topic)
        topic.state = topic.ACTIVE
        self._catalog.create_topic(topic)
        return topic

    def list_topic_subscriptions(self, request: Any) -> Any:
        """All of them in one page: a topic here has few."""
        limits.check_topic_name(request.topic)
        self._catalog.topic(request.topic)
        names = sorted(s.name for s in self._catalog.subscribers(request.topic))
        return wire.ListTopicSubscriptionsResponse(subscriptions=names)

    def publish(self, request: Any) -> Any:
        limits.check_topic_name(request.topic)
        limits.check_messages(request.messages, request.ByteSize())
        ids = self._backlog.publish(request.topic, request.messages)
        return wire.PublishResponse(message_ids=ids)
