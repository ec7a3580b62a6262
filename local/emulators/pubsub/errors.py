"""Refusals of the API, each with the gRPC status Pub/Sub gives it."""

import grpc


class Refused(Exception):
    """A request that is answered with an error status; the state is unchanged."""

    code = grpc.StatusCode.INTERNAL


class InvalidArgument(Refused):
    code = grpc.StatusCode.INVALID_ARGUMENT


class NotFound(Refused):
    code = grpc.StatusCode.NOT_FOUND

    def __init__(self, name: str):
        super().__init__(f"Resource not found (resource={name}).")


class AlreadyExists(Refused):
    code = grpc.StatusCode.ALREADY_EXISTS

    def __init__(self, name: str):
        super().__init__(f"Resource already exists in the project (resource={name}).")


class FailedPrecondition(Refused):
    code = grpc.StatusCode.FAILED_PRECONDITION


class Unimplemented(Refused):
    """Pub/Sub can do this, the local one cannot, and says so rather than pretend."""

    code = grpc.StatusCode.UNIMPLEMENTED
