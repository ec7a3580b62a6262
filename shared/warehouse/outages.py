"""Outages of the lake or of BigQuery, which long work sits out."""

import logging
from collections.abc import Callable
from typing import TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from shared.errors import Transient

log = logging.getLogger(__name__)

Result = TypeVar("Result")


def retried(
    work: Callable[[], Result], patience_s: float, sleep: Callable[[float], None]
) -> Result:
    """Call `work` until it succeeds, for `patience_s` seconds; only Transient is tried again."""
    try:
        return work()
    except Transient:  # making the object below takes longer than much of the work
        log.info("retrying", exc_info=True)
    return Retrying(
        retry=retry_if_exception_type(Transient),
        stop=stop_after_delay(patience_s),
        wait=wait_random_exponential(multiplier=0.5, max=30),
        sleep=sleep,
        reraise=True,
    )(work)
