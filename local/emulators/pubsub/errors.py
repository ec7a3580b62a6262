"""Errors of the API, each with the gRPC status that Pub/Sub gives it."""

import grpc


class PubSubError(Exception):
    """A request that gets an error status and changes nothing."""

    code = grpc.StatusCode.INTERNAL


class InvalidArgument(PubSubError):
    code = grpc.StatusCode.INVALID_ARGUMENT


class NotFound(PubSubError):
    code = grpc.StatusCode.NOT_FOUND

    def __init__(self, name: str):
        super().__init__(f"Resource not found (resource={name}).")


class AlreadyExists(PubSubError):
    code = grpc.StatusCode.ALREADY_EXISTS

    def __init__(self, name: str):
        super().__init__(f"Resource already exists in the project (resource={name}).")


class FailedPrecondition(PubSubError):
    code = grpc.StatusCode.FAILED_PRECONDITION


class Unimplemented(PubSubError):
    """Pub/Sub offers this, but the local one does not."""

    code = grpc.StatusCode.UNIMPLEMENTED
