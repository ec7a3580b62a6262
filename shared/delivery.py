"""The line where a failure becomes an answer to the queue."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.errors import Permanent
from shared.logs import one_delivery

log = logging.getLogger(__name__)


@contextmanager
def settled(keep: Callable[[Permanent], None]) -> Iterator[None]:
    """Acknowledge what redelivery cannot mend, once it is kept; let everything else escape."""
    with one_delivery():
        try:
            yield
        except Permanent as error:
            keep(error)
            why = {"reason": error.reason, "sentence": error.sentence}
            log.warning("kept as failed", extra=why)
        except Exception as error:
            log.warning("comes again", extra={"error": type(error).__name__, "why": str(error)})
            raise
