"""Python methods as gRPC methods, and errors as their status codes."""

import logging
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from local.emulators.pubsub.errors import PubSubError

log = logging.getLogger(__name__)


def unary(behaviour: Callable[[Any], Any], request: Any) -> grpc.RpcMethodHandler:
    """A method that answers without waiting."""

    async def answer(message: Any, context: grpc.aio.ServicerContext) -> Any:
        try:
            return behaviour(message)
        except Exception as error:
            await abort(context, error)

    return _unary(answer, request)


def waiting(
    behaviour: Callable[[Any, grpc.aio.ServicerContext], Awaitable[Any]], request: Any
) -> grpc.RpcMethodHandler:
    """A method that may wait before it answers."""

    async def answer(message: Any, context: grpc.aio.ServicerContext) -> Any:
        try:
            return await behaviour(message, context)
        except Exception as error:
            await abort(context, error)

    return _unary(answer, request)


async def abort(context: grpc.aio.ServicerContext, error: Exception) -> None:
    """End the call with the status of an error; UNAVAILABLE or INTERNAL for a fault of ours."""
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if isinstance(error, PubSubError):
        await context.abort(error.code, str(error))
    log.error("call failed", exc_info=error)
    # A full disk may have room again later. Clients try again on UNAVAILABLE.
    is_disk_full = isinstance(error, sqlite3.OperationalError)
    code = grpc.StatusCode.UNAVAILABLE if is_disk_full else grpc.StatusCode.INTERNAL
    await context.abort(code, f"{type(error).__name__}: {error}")


def _unary(answer: Any, request: Any) -> grpc.RpcMethodHandler:
    return grpc.unary_unary_rpc_method_handler(answer, request.FromString, _serialized)


def _serialized(message: Any) -> bytes:
    return message.SerializeToString()
