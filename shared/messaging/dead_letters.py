"""Messages that Pub/Sub gave up, kept under failed/ before they are acknowledged."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from google.cloud import pubsub_v1

from shared.concurrency import in_order
from shared.config import SweepSettings
from shared.errors import Misconfigured
from shared.messaging.events import Message, as_json, upload_in, video_of
from shared.messaging.failed import DEAD_LETTERED
from shared.messaging.in_flight import delete_mark, mark_in
from shared.messaging.last_errors import last_error, note_name
from shared.messaging.subscription import PulledSubscription
from shared.messaging.topics import Stage
from shared.model import Malformed
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake

log = logging.getLogger(__name__)

# https://cloud.google.com/pubsub/docs/dead-letter-topics#dead_letter_attributes, checked 2026-11
_SOURCE = "CloudPubSubDeadLetterSource"
AT_ONCE = 50


class DeadLetters:
    """One dead-letter subscription and the stage whose messages end there."""

    def __init__(
        self,
        stage: Stage,
        path: str,
        lake: Lake,
        tombstones: Tombstones,
        client: pubsub_v1.SubscriberClient | None = None,
    ):
        self.stage = stage
        self._subscription = PulledSubscription(path, client)
        self._lake = lake
        self._tombstones = tombstones

    def drain(
        self,
        clock: Callable[[], datetime],
        is_over: Callable[[], bool],
    ) -> int:
        """Keep dead letters until the subscription is empty or the time is over; return how many.

        Letters about something erased are acknowledged and not kept. A message that is pulled twice
        is kept once, under its id. Raises Transient and Misconfigured; letters that were not kept
        by then are not acknowledged.
        """
        count = 0
        while not is_over():
            received = self._subscription.pull(AT_ONCE)
            if not received:
                break
            for _ in in_order(lambda letter: self._keep(letter.message, clock()), received):
                count += 1
            self._subscription.acknowledge(received)
        return count

    def _keep(self, message: Message, at: datetime) -> None:
        attributes = message.attributes
        entry = self._tombstones.redact_evidence(_evidence(self.stage, message))
        if entry is not None:
            self._lake.keep_failed(
                self.stage,
                message.id,
                DEAD_LETTERED,
                _sentence(attributes, last_error(self._lake, self.stage, message)),
                at,
                delivery_count=_count(attributes),
                **entry,
            )
        self._lake.delete(note_name(self.stage, message))
        delete_mark(self._lake, mark_in(attributes))
        if entry is None:
            return
        fields = {"stage": self.stage, "video_id": video_of(attributes)}
        log.warning("dead letter kept", extra=fields)


def subscriptions(settings: SweepSettings, lake: Lake, tombstones: Tombstones) -> list[DeadLetters]:
    """The dead-letter subscriptions of the settings. Raises Misconfigured as `stage_of` does."""
    client = pubsub_v1.SubscriberClient()
    return [
        DeadLetters(
            stage_of(name, settings.uploads_topic, settings.records_topic),
            client.subscription_path(settings.google_cloud_project, name),
            lake,
            tombstones,
            client,
        )
        for name in settings.dead_letter_subscriptions
    ]


def stage_of(subscription: str, uploads_topic: str, records_topic: str) -> Stage:
    """The stage whose messages a dead-letter subscription holds: `{topic}-dead` of its topic.

    Raises Misconfigured for a subscription that belongs to neither topic.
    """
    if subscription.startswith(f"{uploads_topic}-"):
        return "analyze"
    if subscription.startswith(f"{records_topic}-"):
        return "load"
    raise Misconfigured(
        f"DEAD_LETTER_SUBSCRIPTIONS: {subscription} is named after neither topic; "
        f"expected {uploads_topic}-… or {records_topic}-…"
    )


def drain_all(
    subscriptions: list[DeadLetters],
    clock: Callable[[], datetime],
    is_over: Callable[[], bool],
) -> dict[str, int]:
    """Drain subscriptions in parallel, because an empty one waits seconds before it answers."""
    counts: dict[str, int] = {letters.stage: 0 for letters in subscriptions}
    lock = threading.Lock()

    def drain(letters: DeadLetters) -> None:
        count = letters.drain(clock, is_over)
        with lock:
            counts[letters.stage] += count

    if subscriptions:
        list(in_order(drain, subscriptions, threads=len(subscriptions)))
    return counts


def _evidence(stage: Stage, message: Message) -> dict[str, Any]:
    entry = as_json(message)
    if stage == "analyze":
        with suppress(Malformed):
            entry["upload"] = upload_in(message.attributes).document()
    return entry


def _sentence(attributes: dict[str, str], error: str | None) -> str:
    """Why Pub/Sub gave the message up, and the handler's last error if one was noted."""
    source = attributes.get(f"{_SOURCE}Subscription", "a subscription")
    count = attributes.get(f"{_SOURCE}DeliveryCount", "all its")
    why = attributes.get(f"{_SOURCE}DeliveryErrorMessage", "")
    sentence = f"given up by {source} after {count} deliveries{f': {why}' if why else ''}"
    return (f"{sentence}; {error}" if error else sentence)[:5_000]


def _count(attributes: dict[str, str]) -> int | None:
    count = attributes.get(f"{_SOURCE}DeliveryCount", "")
    return int(count) if count.isdecimal() and len(count) < 10 else None
