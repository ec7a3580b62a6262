"""Publishing parked and failed messages again, to the topic of their stage."""

from typing import Literal, get_args

from google.api_core import exceptions
from google.cloud import pubsub_v1

from shared.config import REQUEST_TIMEOUT_S
from shared.errors import Permanent, Transient
from shared.messaging.clients import publisher_client, wait_published
from shared.messaging.events import Message, from_the_sender

Stage = Literal["analyze", "load"]
"""The stages that a topic feeds."""

STAGES: tuple[str, ...] = get_args(Stage)


class Unsendable(Permanent):
    """A message that no topic takes, or that no function can handle."""

    def __init__(self, sentence: str):
        super().__init__("unsendable", sentence)


class Topics:
    """`video-finalized`, which feeds `analyze`, and `video-records`, which feeds `load`."""

    def __init__(
        self,
        project: str,
        uploads_topic: str,
        records_topic: str,
        client: pubsub_v1.PublisherClient | None = None,
        request_timeout_s: float = REQUEST_TIMEOUT_S,
    ):
        self._client = client or publisher_client(request_timeout_s)
        self._paths = {
            "analyze": self._client.topic_path(project, uploads_topic),
            "load": self._client.topic_path(project, records_topic),
        }

    def publish(self, stage: Stage, message: Message) -> None:
        """Return when the topic has the message. Raises Unsendable, and Transient."""
        if not message.data:
            # functions-framework answers a push without data with 400, at each delivery.
            raise Unsendable("the message has no data")
        attributes = from_the_sender(message.attributes)
        try:
            wait_published([self._client.publish(self._paths[stage], message.data, **attributes)])
        except (exceptions.InvalidArgument, TypeError, ValueError) as error:
            raise Unsendable(f"the topic refuses the message: {error}") from error
        except (exceptions.GoogleAPICallError, exceptions.RetryError, TimeoutError) as error:
            raise Transient(f"topic did not take the message: {error}") from error
