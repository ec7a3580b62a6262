"""The line where a failure becomes an answer to the queue."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.errors import Permanent
from shared.logs import delivery_scope
from shared.messaging.last_errors import LastError

log = logging.getLogger(__name__)

FAILED_DELIVERY = "comes again"
"""Message of the log line about a delivery that failed and is repeated.

Its fields are `error`, the name of the exception's class, and `why`, its sentence. `tta rate` and
`tta smoke` read them, to say why a rating does not come.
"""


@contextmanager
def handle_delivery(
    keep: Callable[[Permanent], None], last_error: LastError | None = None
) -> Iterator[None]:
    """Acknowledge what redelivery cannot mend, once it is kept; let everything else escape.

    What escapes is noted as the last error of a message that has come several times.
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
