"""What BigQuery's errors mean: try again, repair the deployment, or reject the statement."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

import requests
from google.api_core import exceptions
from google.auth.exceptions import TransportError

from shared.errors import Misconfigured, Permanent, Transient


class Meaning(Enum):
    PASSES = "passes"
    """Another attempt can help."""
    DEPLOY = "deploy"
    """A person has to repair permissions, billing, quotas or tables."""
    STATEMENT = "statement"
    """The statement or its rows are wrong. The caller decides which."""


MEANINGS = {
    "accessDenied": Meaning.DEPLOY,
    "attributeError": Meaning.STATEMENT,
    "backendError": Meaning.PASSES,
    "badRequest": Meaning.STATEMENT,
    "billingNotEnabled": Meaning.DEPLOY,
    "billingTierLimitExceeded": Meaning.DEPLOY,
    "blocked": Meaning.DEPLOY,
    "bytesBilledLimitExceeded": Meaning.DEPLOY,
    # The response to an earlier attempt was lost, and its job or table exists.
    "duplicate": Meaning.PASSES,
    "internalError": Meaning.PASSES,
    "invalid": Meaning.STATEMENT,
    "invalidQuery": Meaning.STATEMENT,
    "invalidUser": Meaning.DEPLOY,
    "jobBackendError": Meaning.PASSES,
    "jobInternalError": Meaning.PASSES,
    "jobRateLimitExceeded": Meaning.PASSES,
    "notFound": Meaning.DEPLOY,
    "notImplemented": Meaning.DEPLOY,
    "policyViolation": Meaning.DEPLOY,
    "proxyAuthenticationRequired": Meaning.DEPLOY,
    "quotaExceeded": Meaning.PASSES,
    "rateLimitExceeded": Meaning.PASSES,
    "resourceInUse": Meaning.PASSES,
    # Also "Too many DML statements outstanding against table".
    "resourcesExceeded": Meaning.PASSES,
    "responseTooLarge": Meaning.DEPLOY,
    "stopped": Meaning.PASSES,
    "tableUnavailable": Meaning.PASSES,
    "timeout": Meaning.PASSES,
}
"""By `reason` of the error: https://cloud.google.com/bigquery/docs/error-messages, 2026-11. The
client's own list adds policyViolation. The limit of bytes billed has its own reason."""

CONCURRENT_UPDATE = "due to concurrent update"
"""Two statements changed a table at once. The reason is `invalidQuery`, as for a statement that
cannot be parsed: only the message tells them apart ("Could not serialize access to table … due to
concurrent update")."""

_WITHOUT_REASON = dict.fromkeys((401, 403, 404, 407, 501), Meaning.DEPLOY)

NO_ANSWER = (
    exceptions.RetryError,
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    TransportError,
    TimeoutError,  # concurrent.futures raises it, too, when a job does not end in time
    ConnectionError,
)
"""Errors that only say that no response came."""


class RequestTooLarge(Permanent):
    """BigQuery does not accept a request of this size. Fewer rows at once may pass."""

    def __init__(self, sentence: str):
        super().__init__("too_large_for_warehouse", sentence)


class BytesLimitExceeded(Misconfigured):
    """A statement would bill more bytes than it may. Fewer partitions at once may pass."""


@contextmanager
def translate_errors(what: str) -> Iterator[None]:
    """Translate the client's errors into sentences that begin with `what`.

    Raises Transient, Misconfigured (such as BytesLimitExceeded), and BadRequest when the statement
    or its rows are wrong.
    """
    try:
        yield
    except exceptions.GoogleAPICallError as error:
        match meaning_of(error):
            case Meaning.PASSES:
                raise Transient(f"{what}: {error.message}") from error
            case Meaning.DEPLOY if reason_of(error) == "bytesBilledLimitExceeded":
                raise BytesLimitExceeded(f"{what}: {error.message}") from error
            case Meaning.DEPLOY:
                raise Misconfigured(f"{what}: {error.message}") from error
        if isinstance(error, exceptions.BadRequest):
            raise
        # The client turns a job's reason that it does not know, such as badRequest, into a 500.
        refusal = exceptions.BadRequest(  # type: ignore[no-untyped-call]
            error.message, errors=error.errors
        )
        raise refusal from error
    except NO_ANSWER as error:
        raise Transient(f"{what}: {str(error) or type(error).__name__}") from error


def meaning_of(error: exceptions.GoogleAPICallError) -> Meaning:
    """The meaning by the error's reason. Without a known reason, the HTTP status decides."""
    reason = reason_of(error)
    if reason == "invalidQuery" and CONCURRENT_UPDATE in (error.message or "").lower():
        return Meaning.PASSES
    if reason in MEANINGS:
        return MEANINGS[reason]
    status = int(error.code or 0)
    may_pass = status >= 500 or status == 429
    return _WITHOUT_REASON.get(status, Meaning.PASSES if may_pass else Meaning.STATEMENT)


def reason_of(error: exceptions.GoogleAPICallError) -> str | None:
    """BigQuery's reason. A failed job and a refused request have it in the same field."""
    first = error.errors[0] if error.errors else None
    reason = first.get("reason") if isinstance(first, dict) else None
    return str(reason) if reason else None
