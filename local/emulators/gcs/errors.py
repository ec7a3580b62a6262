"""Refusals of the JSON API, with the body the real service sends."""

from http import HTTPStatus


class ApiError(Exception):
    """A request the service answers with an error status.

    `status` is the HTTP status, `reason` the API's own word, `message` a sentence for the person.
    """

    def __init__(self, status: int, reason: str, message: str, **where: str):
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.where = where

    def body(self) -> dict[str, object]:
        detail = {"message": self.message, "domain": "global", "reason": self.reason, **self.where}
        return {"error": {"code": self.status, "message": self.message, "errors": [detail]}}


class NotModified(Exception):
    """A read whose `NotMatch` condition did not hold: 304, without a body."""


class ClientGone(Exception):
    """The peer closed the connection before its request was complete; nobody waits for us."""


def invalid(message: str) -> ApiError:
    return ApiError(HTTPStatus.BAD_REQUEST, "invalid", message)


def precondition_failed(header: str = "If-Match") -> ApiError:
    message = "At least one of the pre-conditions you specified did not hold."
    return ApiError(
        HTTPStatus.PRECONDITION_FAILED,
        "conditionNotMet",
        message,
        locationType="header",
        location=header,
    )


def no_such_object(bucket: str, name: str) -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, "notFound", f"No such object: {bucket}/{name}")


def no_such_bucket() -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, "notFound", "The specified bucket does not exist.")


def not_implemented(message: str) -> ApiError:
    return ApiError(HTTPStatus.NOT_IMPLEMENTED, "notImplemented", message)
