"""What BigQuery's errors mean for a queue: try again, mend the deploy, or look at the statement."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

import requests
from google.api_core import exceptions
from google.auth.exceptions import TransportError

from shared.errors import Misconfigured, Permanent, Transient


class Meaning(Enum):
    PASSES = "passes"
    """Trying again can help."""
    DEPLOY = "deploy"
    """A person has to mend permissions, billing, quotas or tables."""
    STATEMENT = "statement"
    """The statement or its rows are at fault; whoever sent them judges."""


MEANINGS = {
    "accessDenied": Meaning.DEPLOY,
    "attributeError": Meaning.STATEMENT,
    "backendError": Meaning.PASSES,
    "badRequest": Meaning.STATEMENT,
    "billingNotEnabled": Meaning.DEPLOY,
    "billingTierLimitExceeded": Meaning.DEPLOY,
    "blocked": Meaning.DEPLOY,
    "bytesBilledLimitExceeded": Meaning.DEPLOY,
    # The answer of an earlier attempt got lost and its job or table exists.
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
"""By `reason` of the error: https://cloud.google.com/bigquery/docs/error-messages, 2026-11; the
client's own list adds policyViolation, and the limit of bytes billed has a reason of its own."""

CONCURRENT_UPDATE = "due to concurrent update"
"""Two statements met at a table: `invalidQuery`, like a statement that cannot be parsed. Only the
message tells them apart ("Could not serialize access to table … due to concurrent update")."""

_WITHOUT_REASON = dict.fromkeys((401, 403, 404, 407, 501), Meaning.DEPLOY)

NO_ANSWER = (
    exceptions.RetryError,
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    TransportError,
    TimeoutError,  # also that of concurrent.futures: a job that did not end in time
    ConnectionError,
)
"""What says nothing but that no answer came."""


class RequestTooLarge(Permanent):
    """BigQuery takes no request of this size; fewer rows at once may pass."""

    def __init__(self, sentence: str):
        super().__init__("too_large_for_warehouse", sentence)


@contextmanager
def translate_errors(what: str) -> Iterator[None]:
    """Say of the client's errors whether trying again can help, in sentences beginning with `what`.

    Raises Transient and Misconfigured, and BadRequest for what is the statement's own fault.
    """
    try:
        yield
    except exceptions.GoogleAPICallError as error:
        match meaning_of(error):
            case Meaning.PASSES:
                raise Transient(f"{what}: {error.message}") from error
            case Meaning.DEPLOY:
                raise Misconfigured(f"{what}: {error.message}") from error
        if isinstance(error, exceptions.BadRequest):
            raise
        # The client makes a 500 of a job's reason that it does not know, such as badRequest.
        refusal = exceptions.BadRequest(  # type: ignore[no-untyped-call]
            error.message, errors=error.errors
        )
        raise refusal from error
    except NO_ANSWER as error:
        raise Transient(f"{what}: {str(error) or type(error).__name__}") from error


def meaning_of(error: exceptions.GoogleAPICallError) -> Meaning:
    """By the error's reason; where none came, or a new one, by its HTTP status."""
    reason = reason_of(error)
    if reason == "invalidQuery" and CONCURRENT_UPDATE in (error.message or "").lower():
        return Meaning.PASSES
    if reason in MEANINGS:
        return MEANINGS[reason]
    status = int(error.code or 0)
    may_pass = status >= 500 or status == 429
    return _WITHOUT_REASON.get(status, Meaning.PASSES if may_pass else Meaning.STATEMENT)


def reason_of(error: exceptions.GoogleAPICallError) -> str | None:
    """BigQuery's word for it; a job's error and a refused request carry it in the same field."""
    first = error.errors[0] if error.errors else None
    reason = first.get("reason") if isinstance(first, dict) else None
    return str(reason) if reason else None
