"""Records on their way to the warehouse."""

import logging

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.cloud import pubsub_v1

from shared.config import REQUEST_TIMEOUT_S
from shared.errors import Transient
from shared.messaging.clients import publisher_client, wait_published
from shared.model import Record

log = logging.getLogger(__name__)


class RecordPublisher:
    """The topic `video-records`."""

    def __init__(
        self,
        project: str,
        topic: str,
        client: pubsub_v1.PublisherClient | None = None,
        request_timeout_s: float = REQUEST_TIMEOUT_S,
    ):
        self._client = client or publisher_client(request_timeout_s)
        self._topic = self._client.topic_path(project, topic)

    def publish(self, *records: Record) -> None:
        """Publish and wait until the topic has every record. Raises Transient when it has not.

        Called again with the same records it publishes them again, which the warehouse ignores.
        """
        futures = [
            self._client.publish(self._topic, record.to_json(), video_id=record.video_id)
            for record in records
        ]
        try:
            wait_published(futures)
        except (GoogleAPICallError, RetryError, TimeoutError) as error:
            raise Transient(f"topic did not take the record: {error}") from error
        for record in records:
            fields = {"video_id": record.video_id, "sections": record.sections()}
            log.info("record published", extra=fields)
