"""Faults on demand in Publish and Pull, in front of the methods themselves."""

import asyncio
from collections.abc import Mapping
from typing import Any

import grpc

from local.faults import Dice, Fault

METHODS = {
    "/google.pubsub.v1.Publisher/Publish": "publish",
    "/google.pubsub.v1.Subscriber/Pull": "pull",
}
"""Method -> the point of a fault plan."""

# https://cloud.google.com/pubsub/docs/reference/error-codes, checked 2026-11
_CODES = {
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    409: grpc.StatusCode.ABORTED,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    500: grpc.StatusCode.INTERNAL,
    504: grpc.StatusCode.DEADLINE_EXCEEDED,
}


class FaultyCalls(grpc.aio.ServerInterceptor):
    """Lets the calls of some points fail as their dice decide."""

    def __init__(self, dice: Mapping[str, Dice]):
        self._dice = dice

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        handler = await continuation(details)
        dice = self._dice.get(METHODS.get(details.method, ""))
        if dice is None or handler is None:
            return handler

        async def answer(request: Any, context: grpc.aio.ServicerContext) -> Any:
            fault = dice.next(_resource_name(request))
            return await _carry_out(fault, handler.unary_unary, request, context)

        return grpc.unary_unary_rpc_method_handler(
            answer, handler.request_deserializer, handler.response_serializer
        )


async def _carry_out(
    fault: Fault | None, method: Any, request: Any, context: grpc.aio.ServicerContext
) -> Any:
    if fault is not None and fault.kind == "status":
        code = _CODES.get(fault.status, grpc.StatusCode.UNAVAILABLE)
        await context.abort(code, fault["message"])
    if fault is not None and fault.kind == "hang":
        await asyncio.sleep(fault["seconds"])  # cancelled when the client's deadline has passed
        await context.abort(grpc.StatusCode.UNAVAILABLE, "Synthetic fault: no answer.")
    if fault is not None and fault.kind == "delay":
        await asyncio.sleep(fault["seconds"])
    answer = await method(request, context)
    if fault is not None and fault.kind == "duplicate":
        answer = await method(request, context)
    if fault is not None and fault.kind == "lost":
        await context.abort(grpc.StatusCode.UNAVAILABLE, "Synthetic fault: the answer is lost.")
    return answer


def _resource_name(request: Any) -> str:
    return str(getattr(request, "topic", "") or getattr(request, "subscription", ""))
