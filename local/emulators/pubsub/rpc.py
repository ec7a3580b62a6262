"""Python methods as gRPC methods, and refusals as their status codes."""

import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc

from local.emulators.pubsub.errors import Refused

log = logging.getLogger(__name__)


def unary(behaviour: Callable[[Any], Any], request: Any) -> grpc.RpcMethodHandler:
    """A method that answers at once."""

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


def streaming(
    behaviour: Callable[[AsyncIterator[Any], grpc.aio.ServicerContext], Awaitable[None]],
    request: Any,
) -> grpc.RpcMethodHandler:
    """A method that reads and writes as it likes."""

    async def answer(messages: AsyncIterator[Any], context: grpc.aio.ServicerContext) -> None:
        try:
            await behaviour(messages, context)
        except Exception as error:
            await abort(context, error)

    return grpc.stream_stream_rpc_method_handler(answer, request.FromString, _serialized)


async def abort(context: grpc.aio.ServicerContext, error: Exception) -> None:
    """End the call with the status of a refusal; UNAVAILABLE or INTERNAL for what is our fault."""
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if isinstance(error, Refused):
        await context.abort(error.code, str(error))
    log.error("call failed", exc_info=error)
    # A full disk may have room again later: clients try again on UNAVAILABLE.
    full = isinstance(error, sqlite3.OperationalError)
    code = grpc.StatusCode.UNAVAILABLE if full else grpc.StatusCode.INTERNAL
    await context.abort(code, f"{type(error).__name__}: {error}")


def _unary(answer: Any, request: Any) -> grpc.RpcMethodHandler:
    return grpc.unary_unary_rpc_method_handler(answer, request.FromString, _serialized)


def _serialized(message: Any) -> bytes:
    return message.SerializeToString()
