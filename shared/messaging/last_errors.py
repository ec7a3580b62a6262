"""The last error of a message that keeps coming back, for people who read its dead letter.

Pub/Sub counts the deliveries of a message and forgets what a push endpoint answered. So the handler
notes its error under `state/attempts/{stage}/{fingerprint}.json`: at deliveries 4, 8, 16, 32 and
64, and at each one from the 90th on. A delivery that succeeds writes nothing. A dead letter has
another id than its message, so the name is a hash of data and attributes.
"""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.errors import Transient
from shared.logs import redact
from shared.messaging.events import Message, as_json, from_the_sender
from shared.model import canonical_json
from shared.storage.lake import Lake
from shared.storage.lease import LeaseHeld

FOLDER = "state/attempts/"
FIRST_NOTED = 4
FROM_THEN_EACH = 90
"""Of the 100 deliveries after which a message is a dead letter."""

_MOST_CHARACTERS = 500


def attempt_in(body: Any) -> int:
    """The number of a push's delivery, from 1; 1 if the push does not say it.

    https://cloud.google.com/pubsub/docs/handling-failures#track_delivery_attempts, 2026-11
    """
    attempt = body.get("deliveryAttempt") if isinstance(body, dict) else None
    return attempt if isinstance(attempt, int) and attempt > 0 else 1


def is_noted(attempt: int) -> bool:
    return attempt >= FIRST_NOTED and (attempt.bit_count() == 1 or attempt >= FROM_THEN_EACH)


@dataclass(frozen=True, slots=True)
class LastError:
    """Notes and deletes the last error of one message, at one of its deliveries.

    Without a message, because the event carries none, it does nothing.
    """

    lake: Lake
    stage: str
    message: Message | None
    attempt: int
    clock: Callable[[], datetime]

    def note(self, error: Exception) -> None:
        """Write down why a delivery failed, if its number is one to note.

        Never raises: the caller is about to raise the failure itself.
        """
        if self.message is None or not is_noted(self.attempt) or isinstance(error, LeaseHeld):
            return
        with suppress(Transient):
            why = redact(f"{type(error).__name__}: {error}")[:_MOST_CHARACTERS]
            content = {"attempt": self.attempt, "at": self.clock().isoformat(), "error": why}
            name = note_name(self.stage, self.message)
            self.lake.put(name, canonical_json(content).encode())

    def forget(self) -> None:
        """Delete the note of a message that was handled. Never raises."""
        if self.message is not None and self.attempt > FIRST_NOTED:
            with suppress(Transient):
                self.lake.delete(note_name(self.stage, self.message))


def note_name(stage: str, message: Message) -> str:
    """Object name of a message's note: the same for its dead letter, which Pub/Sub extends."""
    sent = Message("", message.data, from_the_sender(message.attributes))
    fingerprint = hashlib.sha256(canonical_json(as_json(sent)).encode()).hexdigest()
    return f"{FOLDER}{stage}/{fingerprint}.json"


def last_error(lake: Lake, stage: str, message: Message) -> str | None:
    """The noted error of a message as a sentence, or None."""
    content = lake.read(note_name(stage, message))
    with suppress(ValueError, TypeError, KeyError, RecursionError):
        note = json.loads(content or b"")
        return f"at delivery {int(note['attempt'])}: {str(note['error'])[:_MOST_CHARACTERS]}"
    return None
