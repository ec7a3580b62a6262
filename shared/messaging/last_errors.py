"""The last error of a message that keeps coming back, for whoever reads its dead letter.

Pub/Sub counts the deliveries of a message and forgets what a push endpoint answered. So the handler
notes its error under `state/attempts/{stage}/{fingerprint}.json`, from the fourth delivery on and
then more and more seldom, and often before the last. A delivery that goes well writes nothing. A
dead letter has another id than its message had, so the name is a hash of data and attributes.
"""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cloudevents.http import CloudEvent

from shared.errors import Transient
from shared.logs import redact
from shared.messaging.events import Message, as_json, from_the_sender, message_of
from shared.model import Malformed, canonical_json
from shared.storage.lake import Lake
from shared.storage.lease import LeaseHeld

FOLDER = "state/attempts/"
FIRST_NOTED = 4
FROM_THEN_EACH = 90
"""Of the 100 deliveries after which a message is a dead letter."""

_MOST_CHARACTERS = 500


def attempt_in(body: Any) -> int:
    """Which delivery of its message a push is; 1 for anything that does not say.

    https://cloud.google.com/pubsub/docs/handling-failures#track_delivery_attempts, 2026-11
    """
    attempt = body.get("deliveryAttempt") if isinstance(body, dict) else None
    return attempt if isinstance(attempt, int) and attempt > 0 else 1


def is_noted(attempt: int) -> bool:
    return attempt >= FIRST_NOTED and (attempt.bit_count() == 1 or attempt >= FROM_THEN_EACH)


@dataclass(frozen=True, slots=True)
class LastError:
    """What there is to say of one delivery of a message."""

    lake: Lake
    stage: str
    event: CloudEvent
    attempt: int
    clock: Callable[[], datetime]

    def note(self, error: Exception) -> None:
        """Keep why a delivery failed, now and then. Never raises: the failure itself counts."""
        if not is_noted(self.attempt) or isinstance(error, LeaseHeld):
            return
        with suppress(Transient, Malformed):
            why = redact(f"{type(error).__name__}: {error}")[:_MOST_CHARACTERS]
            content = {"attempt": self.attempt, "at": self.clock().isoformat(), "error": why}
            name = note_name(self.stage, message_of(self.event))
            self.lake.put(name, canonical_json(content).encode())

    def forget(self) -> None:
        """Delete the note of a message that is settled. Never raises."""
        if self.attempt > FIRST_NOTED:
            with suppress(Transient, Malformed):
                self.lake.delete(note_name(self.stage, message_of(self.event)))


def note_name(stage: str, message: Message) -> str:
    """Where the last error of a message lies, whatever id it has and whatever Pub/Sub added."""
    sent = Message("", message.data, from_the_sender(message.attributes))
    fingerprint = hashlib.sha256(canonical_json(as_json(sent)).encode()).hexdigest()
    return f"{FOLDER}{stage}/{fingerprint}.json"


def last_error(lake: Lake, stage: str, message: Message) -> str | None:
    """What was noted last of a message, as a sentence; None when nothing was."""
    content = lake.read(note_name(stage, message))
    with suppress(ValueError, TypeError, KeyError, RecursionError):
        note = json.loads(content or b"")
        return f"at delivery {int(note['attempt'])}: {str(note['error'])[:_MOST_CHARACTERS]}"
    return None
