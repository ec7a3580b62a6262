"""The line where a failure becomes an answer to the queue."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Protocol, TypeVar

from cloudevents.http import CloudEvent

from shared.errors import Permanent
from shared.logs import delivery_scope
from shared.messaging.events import Message, evidence, message_of
from shared.messaging.last_errors import LastError, attempt_in
from shared.model import Malformed
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake

log = logging.getLogger(__name__)

FAILED_DELIVERY = "comes again"
"""Message of the log line about a delivery that failed and is repeated.

Its fields are `error`, the name of the exception's class, and `why`, its sentence. `tta rate` and
`tta doctor --clip` read them, to say why a rating does not come.
"""


class EventApp(Protocol):
    """What it takes to keep a failed event."""

    @property
    def lake(self) -> Lake: ...
    @property
    def tombstones(self) -> Tombstones: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...


App = TypeVar("App", bound=EventApp)


@contextmanager
def handle_event(
    stage: str, event: CloudEvent, push: Any, wiring: Callable[[], App]
) -> Iterator[App]:
    """Handle one event of a stage; yields what `wiring` makes. `push` is the request's JSON body.

    What redelivery cannot mend is kept under `failed/{stage}/`, without what was erased.
    """
    try:
        app = wiring()
    except Exception as error:
        log_failure(error)
        raise

    def keep(error: Permanent) -> None:
        entry = app.tombstones.redact_evidence(evidence(event))
        if entry is not None:
            at = app.clock()
            app.lake.keep_failed(stage, event["id"], error.reason, error.sentence, at, **entry)

    last_error = LastError(app.lake, stage, _message_in(event), attempt_in(push), app.clock)
    with handle_delivery(keep, last_error):
        yield app


def _message_in(event: CloudEvent) -> Message | None:
    """The event's message; None for an event that carries none, or a malformed one."""
    with suppress(Malformed):
        return message_of(event)
    return None


@contextmanager
def handle_delivery(
    keep: Callable[[Permanent], None], last_error: LastError | None = None
) -> Iterator[None]:
    """Keep and acknowledge a Permanent error; let every other error escape, so the message returns.

    An error that escapes is noted as the last error of a message that has come several times.
    """
    with delivery_scope():
        try:
            yield
            if last_error is not None:
                last_error.forget()
        except Permanent as error:
            keep(error)
            if last_error is not None:
                last_error.forget()
            why = {"reason": error.reason, "sentence": error.sentence}
            log.warning("kept as failed", extra=why)
        except Exception as error:
            log_failure(error)
            if last_error is not None:
                last_error.note(error)
            raise


def log_failure(error: Exception) -> None:
    """Write the line that says why a delivery failed."""
    log.warning(FAILED_DELIVERY, extra={"error": type(error).__name__, "why": str(error)})
