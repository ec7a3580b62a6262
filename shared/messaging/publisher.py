"""Publishing records for the warehouse."""

import logging

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.cloud import pubsub_v1

from shared.config import REQUEST_TIMEOUT_S, AnalyzeSettings, FetchSettings
from shared.errors import Transient
from shared.messaging.clients import publisher_client, wait_published
from shared.model import Record

log = logging.getLogger(__name__)


class RecordPublisher:
    """Publishes to the topic `video-records`."""

    def __init__(
        self,
        project: str,
        topic: str,
        client: pubsub_v1.PublisherClient | None = None,
        request_timeout_s: float = REQUEST_TIMEOUT_S,
    ):
        self._client = client or publisher_client(request_timeout_s)
        self._topic = self._client.topic_path(project, topic)

    @classmethod
    def from_settings(cls, settings: AnalyzeSettings | FetchSettings) -> "RecordPublisher":
        return cls(
            settings.google_cloud_project,
            settings.records_topic,
            request_timeout_s=settings.request_timeout_s,
        )

    def publish(self, *records: Record) -> None:
        """Publish, and wait until the topic has every record. Raises Transient otherwise.

        A second call publishes the same records again; the warehouse ignores them.
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
