"""google.pubsub.v1.Publisher: topics, and messages published to them."""

from typing import Any

import grpc
from google.protobuf import empty_pb2

from local.emulators.pubsub import limits, wire
from local.emulators.pubsub.backlog import Backlog
from local.emulators.pubsub.catalog import Catalog
from local.emulators.pubsub.errors import InvalidArgument
from local.emulators.pubsub.paging import page
from local.emulators.pubsub.rpc import unary


class Publisher:
    def __init__(self, catalog: Catalog, backlog: Backlog):
        self._catalog = catalog
        self._backlog = backlog

    def handlers(self) -> grpc.GenericRpcHandler:
        methods = {
            "CreateTopic": unary(self.create_topic, wire.Topic),
            "UpdateTopic": unary(self.update_topic, wire.UpdateTopicRequest),
            "GetTopic": unary(self.get_topic, wire.GetTopicRequest),
            "ListTopics": unary(self.list_topics, wire.ListTopicsRequest),
            "ListTopicSubscriptions": unary(
                self.list_topic_subscriptions, wire.ListTopicSubscriptionsRequest
            ),
            "DeleteTopic": unary(self.delete_topic, wire.DeleteTopicRequest),
            "Publish": unary(self.publish, wire.PublishRequest),
        }
        return grpc.method_handlers_generic_handler("google.pubsub.v1.Publisher", methods)

    def create_topic(self, topic: Any) -> Any:
        limits.check_topic(topic)
        topic.state = topic.ACTIVE
        self._catalog.create_topic(topic)
        return topic

    def update_topic(self, request: Any) -> Any:
        topic = wire.Topic()
        topic.CopyFrom(self._catalog.topic(request.topic.name))
        merge_fields(request.topic, topic, request.update_mask, fixed=("name", "state"))
        limits.check_topic(topic)
        self._catalog.update_topic(topic)
        return topic

    def get_topic(self, request: Any) -> Any:
        limits.check_topic_name(request.topic)
        return self._catalog.topic(request.topic)

    def list_topics(self, request: Any) -> Any:
        limits.check_project(request.project)
        topics = self._catalog.topics(request.project)
        shown, token = page(topics, lambda t: t.name, request.page_size, request.page_token)
        return wire.ListTopicsResponse(topics=shown, next_page_token=token)

    def list_topic_subscriptions(self, request: Any) -> Any:
        limits.check_topic_name(request.topic)
        self._catalog.topic(request.topic)
        names = sorted(s.name for s in self._catalog.subscribers(request.topic))
        shown, token = page(names, str, request.page_size, request.page_token)
        return wire.ListTopicSubscriptionsResponse(subscriptions=shown, next_page_token=token)

    def delete_topic(self, request: Any) -> empty_pb2.Empty:
        limits.check_topic_name(request.topic)
        self._catalog.delete_topic(request.topic)
        return empty_pb2.Empty()

    def publish(self, request: Any) -> Any:
        limits.check_topic_name(request.topic)
        limits.check_messages(request.messages, request.ByteSize())
        ids = self._backlog.publish(request.topic, request.messages)
        return wire.PublishResponse(message_ids=ids)


def merge_fields(source: Any, target: Any, mask: Any, fixed: tuple[str, ...]) -> None:
    """Copy what the mask names; InvalidArgument for unknown or fixed fields or an empty mask."""
    if not mask.paths:
        raise InvalidArgument("The update_mask must name at least one field.")
    for path in mask.paths:
        if path.split(".")[0] in fixed:
            raise InvalidArgument(f"The field {path} cannot be updated.")
    if not mask.IsValidForDescriptor(target.DESCRIPTOR):
        raise InvalidArgument(f"Invalid update_mask: {', '.join(mask.paths)}.")
    mask.MergeMessage(source, target, replace_message_field=True, replace_repeated_field=True)
