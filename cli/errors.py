"""Errors as sentences for a person, and exit statuses."""

import os
from typing import Any

from shared.errors import Transient

TRY_AGAIN = "Try again in a minute. `tta doctor` finds what does not answer."
FAILED = 1
WRONG_USE = 2
INTERRUPTED = 130
READER_LEFT = 141


class UserError(Exception):
    """An error that the person can mend; the sentence says how. `status` is the exit status."""

    def __init__(self, sentence: str, status: int = FAILED):
        super().__init__(sentence)
        self.status = status


def wants_tracebacks() -> bool:
    return os.environ.get("TTA_DEBUG", "") not in ("", "0")


def sentence(error: Exception) -> str:
    """What a person should read about an error that ended a verb."""
    if isinstance(error, Transient):
        return f"{error}\n{TRY_AGAIN}"
    if isinstance(error, TimeoutError):  # often has no text
        return f"{str(error) or 'No answer came in time.'}\n{TRY_AGAIN}"
    if isinstance(error, UserError) or type(error).__module__.startswith(("local.", "shared.")):
        return str(error)
    if isinstance(error, OSError):
        return _of_system(error)
    if type(error).__module__ == "google.api_core.exceptions":
        return of_service(error)
    defect = f"{type(error).__name__}: {error}"
    return f"{defect}\nThis should not happen. TTA_DEBUG=1 shows where it did."


def _of_system(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)


def of_service(error: Any) -> str:
    """The first sentence of an error of BigQuery, storage or Pub/Sub."""
    details = [
        detail.get("message") for detail in getattr(error, "errors", ()) if isinstance(detail, dict)
    ]
    message = next(filter(None, details), None) or getattr(error, "message", None) or str(error)
    return str(message).split("; reason:")[0].splitlines()[0]
