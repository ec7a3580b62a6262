"""The thread that carries messages from the outbox to Pub/Sub until Pub/Sub has taken them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

import grpc
from google.api_core.exceptions import GoogleAPICallError
from google.pubsub_v1 import PublisherClient, PubsubMessage
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

from local.emulators.gcs.notifications import Outbox, OutboxMessage

log = logging.getLogger(__name__)

# Pub/Sub takes at most 1,000 messages and 10 MB in one request.
BATCH_MESSAGES = 500
BATCH_BYTES = 5_000_000
PUBLISH_TIMEOUT_S = 10.0
BACK_OFF_FIRST_S = 0.1
BACK_OFF_MOST_S = 5.0
CHANNEL_OPTIONS = [
    # Reconnect to a restarted Pub/Sub within a second; gRPC would wait up to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.enable_http_proxy", 0),
]


class OutboxPublisher:
    """Sends batches, a topic at a time. A topic that fails waits alone; the others continue."""

    def __init__(self, outbox: Outbox, endpoint: str):
        self._outbox = outbox
        self._channel = grpc.insecure_channel(endpoint, options=CHANNEL_OPTIONS)
        transport = PublisherGrpcTransport(channel=self._channel)
        self._client = PublisherClient(transport=transport)
        self._back_off = BackOff()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gcs-publisher", daemon=True)

    def start(self) -> None:
        self._outbox.waiting.set()  # send first what an earlier run did not
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._outbox.waiting.set()
        self._channel.close()
        self._thread.join(PUBLISH_TIMEOUT_S)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._outbox.waiting.wait(self._back_off.shortest())
            self._outbox.waiting.clear()
            try:
                self._send_all()
            except Exception:  # no error of a round may end the thread
                if self._stopping.is_set():
                    return
                log.exception("publishing failed")
                self._stopping.wait(BACK_OFF_MOST_S)
                self._outbox.waiting.set()

    def _send_all(self) -> None:
        for topic in self._outbox.topics():
            while not self._stopping.is_set() and self._back_off.ready(topic):
                batch = _bounded(self._outbox.oldest(topic, BATCH_MESSAGES))
                if not batch:
                    break
                self._send(topic, batch)

    def _send(self, topic: str, batch: Sequence[OutboxMessage]) -> None:
        messages = [PubsubMessage(data=m.data, attributes=m.attributes) for m in batch]
        try:
            self._client.publish(
                topic=topic, messages=messages, retry=None, timeout=PUBLISH_TIMEOUT_S
            )
        except GoogleAPICallError as error:
            delay = self._back_off.failed(topic)
            log.warning("not published, again in %.1f s: %s: %s", delay, topic, error)
            return
        self._back_off.succeeded(topic)
        self._outbox.taken(batch)


class BackOff:
    """When each failing topic may be tried again."""

    def __init__(self) -> None:
        self._delay: dict[str, float] = {}
        self._until: dict[str, float] = {}

    def ready(self, topic: str) -> bool:
        return time.monotonic() >= self._until.get(topic, 0.0)

    def failed(self, topic: str) -> float:
        delay = min(self._delay.get(topic, BACK_OFF_FIRST_S / 2) * 2, BACK_OFF_MOST_S)
        self._delay[topic] = delay
        self._until[topic] = time.monotonic() + delay
        return delay

    def succeeded(self, topic: str) -> None:
        self._delay.pop(topic, None)
        self._until.pop(topic, None)

    def shortest(self) -> float | None:
        """Seconds until the next try; None when no topic waits."""
        if not self._until:
            return None
        return max(0.0, min(self._until.values()) - time.monotonic())


def _bounded(messages: list[OutboxMessage]) -> list[OutboxMessage]:
    """The first messages that fit one request; at least one."""
    total = 0
    for count, message in enumerate(messages):
        total += len(message.data) + 2048
        if count and total > BATCH_BYTES:
            return messages[:count]
    return messages
