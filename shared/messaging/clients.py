"""Clients of Pub/Sub whose calls end in time.

The publisher's own retries last 600 s, those of a pull 60 s
(https://cloud.google.com/pubsub/docs/retry-requests, checked 2026-11).
"""

import time
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from google.api_core.timeout import ConstantTimeout
from google.cloud import pubsub_v1
from google.cloud.pubsub_v1.types import PublisherOptions

ATTEMPT_S = 10.0
"""Longest wait for one attempt. Pub/Sub answers in milliseconds, so another attempt may succeed."""

RETRY_S = 25.0
"""How long a failed call is repeated. The last attempt may take ATTEMPT_S more."""

PUBLISH_TIMEOUT_S = 40.0
"""How long messages that are published together may take, attempts included."""

_PASSES = if_exception_type(
    exceptions.Aborted,
    exceptions.Cancelled,
    exceptions.DeadlineExceeded,
    exceptions.InternalServerError,
    exceptions.ResourceExhausted,
    exceptions.ServiceUnavailable,
    exceptions.Unknown,
)


def publisher_client(request_timeout_s: float) -> pubsub_v1.PublisherClient:
    """A publisher that gives a message up after RETRY_S seconds and one more attempt.

    An attempt takes at most `request_timeout_s` seconds, and never more than ATTEMPT_S.
    """
    options = PublisherOptions(
        retry=Retry(predicate=_PASSES, initial=0.1, maximum=5.0, timeout=RETRY_S),
        timeout=_each(min(request_timeout_s, ATTEMPT_S)),
    )
    return pubsub_v1.PublisherClient(publisher_options=options)


def wait_published(futures: Iterable["Future[str]"], within_s: float = PUBLISH_TIMEOUT_S) -> None:
    """Wait until the topic has all messages. Raises what publishing raised, and TimeoutError.

    All messages share `within_s` seconds. Otherwise each of them could take that long.
    """
    ends_at = time.monotonic() + within_s
    for future in futures:
        future.result(timeout=max(0.0, ends_at - time.monotonic()))


def call_limits(attempt_s: float, retry_s: float) -> dict[str, Any]:
    """Keyword arguments that bound one call of a subscriber, attempts included."""
    return {
        "retry": Retry(predicate=_RETURNS, initial=0.1, maximum=2.0, timeout=retry_s),
        "timeout": _each(attempt_s),
    }


def _each(seconds: float) -> ConstantTimeout:
    """A time-out for each attempt. A plain number would bound all attempts together."""
    return ConstantTimeout(seconds)  # type: ignore[no-untyped-call]


_RETURNS = if_exception_type(exceptions.Aborted, exceptions.ServiceUnavailable, exceptions.Unknown)
