"""The line where a failure becomes an answer to the queue."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.errors import Permanent

log = logging.getLogger(__name__)


@contextmanager
def settled(keep: Callable[[Permanent], None]) -> Iterator[None]:
    """Acknowledge what redelivery cannot mend, once it is kept; let everything else escape."""
    try:
        yield
    except Permanent as error:
        keep(error)
        log.warning("kept as failed", extra={"reason": error.reason, "sentence": error.sentence})
