"""Errors of the JSON API, with the body that the real service sends."""

from http import HTTPStatus
from pathlib import Path


class StorageApiError(Exception):
    """A request that the service answers with an error status.

    `status` is the HTTP status, `reason` the API's own word, `message` a sentence for the person.
    """

    def __init__(self, status: int, reason: str, message: str, **location: str):
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.location = location

    def body(self) -> dict[str, object]:
        detail = {"message": self.message, "domain": "global", "reason": self.reason}
        errors = [detail | self.location]
        return {"error": {"code": self.status, "message": self.message, "errors": errors}}


class ClientGone(Exception):
    """The client closed the connection before its request was complete."""


def invalid(message: str) -> StorageApiError:
    return StorageApiError(HTTPStatus.BAD_REQUEST, "invalid", message)


def precondition_failed() -> StorageApiError:
    return StorageApiError(
        HTTPStatus.PRECONDITION_FAILED,
        "conditionNotMet",
        "At least one of the pre-conditions you specified did not hold.",
        locationType="header",
        location="If-Match",
    )


def not_found(message: str) -> StorageApiError:
    return StorageApiError(HTTPStatus.NOT_FOUND, "notFound", message)


def no_such_bucket() -> StorageApiError:
    return not_found("The specified bucket does not exist.")


def no_room(folder: Path) -> StorageApiError:
    """The disk is full. Clients do not repeat this status, as they do 500 and 503."""
    sentence = f"The disk is full: {folder} cannot grow. Free some space there."
    return StorageApiError(HTTPStatus.INSUFFICIENT_STORAGE, "insufficientStorage", sentence)


def not_implemented(what: str) -> StorageApiError:
    message = f"{what} is not supported by the local Cloud Storage."
    return StorageApiError(HTTPStatus.NOT_IMPLEMENTED, "notImplemented", message)
