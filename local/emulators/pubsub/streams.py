"""StreamingPull: messages flow as long as the stream's own flow control has room."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import grpc

from local.emulators.pubsub import limits, wire
from local.emulators.pubsub.answers import read_receipts, received
from local.emulators.pubsub.backlog import MAX_TAKEN_BYTES, Backlog, Delivery, Receipt
from local.emulators.pubsub.catalog import Subscription
from local.emulators.pubsub.errors import InvalidArgument
from local.emulators.pubsub.wakeups import Wakeups, rung

MAX_BATCH = 1000

Settle = Callable[[Subscription, list[tuple[Receipt, int]]], None]


class Stream:
    """What one stream has out, against what its client asked for at most (0: no limit)."""

    def __init__(self, opening: Any):
        self.subscription_name = opening.subscription
        self.lease_s = opening.stream_ack_deadline_seconds
        self._max_messages = opening.max_outstanding_messages
        self._max_bytes = opening.max_outstanding_bytes
        self._out: dict[int, int] = {}
        self._bytes = 0

    def room(self) -> tuple[int, int]:
        """How many messages and bytes may go out now; (0, 0) when full."""
        messages, size = MAX_BATCH, MAX_TAKEN_BYTES
        if self._max_messages > 0:
            messages = min(messages, self._max_messages - len(self._out))
        if self._max_bytes > 0:
            size = min(size, self._max_bytes - self._bytes)
        return (messages, size) if messages > 0 and size > 0 else (0, 0)

    def sent(self, taken: Iterable[Delivery]) -> None:
        for delivery in taken:
            self.settled([delivery.receipt.message_id])
            self._out[delivery.receipt.message_id] = len(delivery.body)
            self._bytes += len(delivery.body)

    def settled(self, message_ids: Iterable[int]) -> None:
        for message_id in message_ids:
            self._bytes -= self._out.pop(message_id, 0)


class StreamingPull:
    """Every open stream, by the id of its subscription."""

    def __init__(
        self,
        pullable: Callable[[str], Subscription],
        settle: Settle,
        backlog: Backlog,
        wakeups: Wakeups,
    ):
        self._pullable = pullable
        self._settle = settle
        self._backlog = backlog
        self._wakeups = wakeups
        self._open: dict[int, set[Stream]] = {}

    def on_settled(self, subscription_id: int, message_ids: Iterable[int]) -> None:
        """Give streams room again, whichever way their messages were settled."""
        streams = self._open.get(subscription_id, ())
        for stream in streams:
            stream.settled(message_ids)
        if streams:
            self._wakeups.ring(subscription_id)

    async def serve(self, requests: AsyncIterator[Any], context: grpc.aio.ServicerContext) -> None:
        """One call, until its client half-closes it or its subscription goes."""
        opening = await anext(aiter(requests), wire.StreamingPullRequest())
        subscription = self._pullable(opening.subscription)
        limits.check_ack_deadline(opening.stream_ack_deadline_seconds)
        stream = Stream(opening)
        own = subscription.subscription_id
        self._open.setdefault(own, set()).add(stream)
        try:
            with self._wakeups.bell(own) as bell:
                self._apply(opening, stream)
                await self._converse(stream, bell, requests, context)
        finally:
            self._open[own].discard(stream)
            if not self._open[own]:
                del self._open[own]

    async def _converse(
        self,
        stream: Stream,
        bell: asyncio.Event,
        requests: AsyncIterator[Any],
        context: grpc.aio.ServicerContext,
    ) -> None:
        reader = asyncio.create_task(self._read(requests, stream))
        reader.add_done_callback(lambda _: bell.set())
        try:
            while not reader.done():
                await self._send(stream, bell, context)
        finally:
            reader.cancel()
        reader.result()

    async def _send(
        self, stream: Stream, bell: asyncio.Event, context: grpc.aio.ServicerContext
    ) -> None:
        subscription = self._pullable(stream.subscription_name)
        messages, size = stream.room()
        taken = self._backlog.take(subscription, messages, stream.lease_s, size) if messages else []
        if taken:
            stream.sent(taken)
            answer = wire.StreamingPullResponse(received_messages=received(subscription, taken))
            await context.write(answer)
            return
        due_s = self._backlog.next_due_in_s(subscription) if messages else None
        await rung(bell, due_s)

    async def _read(self, requests: AsyncIterator[Any], stream: Stream) -> None:
        async for request in requests:
            self._apply(request, stream)

    def _apply(self, request: Any, stream: Stream) -> None:
        subscription = self._pullable(stream.subscription_name)
        if request.stream_ack_deadline_seconds:
            limits.check_ack_deadline(request.stream_ack_deadline_seconds)
            stream.lease_s = request.stream_ack_deadline_seconds
        if request.ack_ids:
            self._backlog.acknowledge(subscription, read_receipts(request.ack_ids))
        if len(request.modify_deadline_ack_ids) != len(request.modify_deadline_seconds):
            raise InvalidArgument("modify_deadline_ack_ids and _seconds differ in length.")
        if request.modify_deadline_ack_ids:
            receipts = read_receipts(request.modify_deadline_ack_ids)
            self._settle(
                subscription, list(zip(receipts, request.modify_deadline_seconds, strict=True))
            )
