"""Errors as Google's APIs word them."""

from collections.abc import Mapping, Sequence
from typing import Any

STATUS_OF = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ALREADY_EXISTS",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_TYPES = "type.googleapis.com/google.rpc."


class Refused(Exception):
    """A refused request. `code` is the HTTP status, `status` the API's word for it."""

    def __init__(self, code: int, message: str, status: str | None = None):
        super().__init__(message)
        self.code = code
        self.status = status


def error_body(
    code: int,
    message: str,
    status: str | None = None,
    details: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The JSON body of an error; `status` defaults to the one that belongs to the code."""
    error: dict[str, Any] = {"code": code, "message": message}
    error["status"] = status or STATUS_OF.get(code, "UNKNOWN")
    if details:
        error["details"] = list(details)
    return {"error": error}


def quota_details(model: str, retry_after_s: float) -> list[dict[str, Any]]:
    """The exhausted quota, and when to try again."""
    metric = "aiplatform.googleapis.com/generate_content_requests"
    violation = {"quotaMetric": metric, "quotaDimensions": {"model": model}, "quotaId": "stand-in"}
    return [
        {"@type": _TYPES + "QuotaFailure", "violations": [violation]},
        {"@type": _TYPES + "RetryInfo", "retryDelay": f"{retry_after_s:g}s"},
    ]
