"""The proxy of one point: it passes requests to their target, or lets them fail."""

import asyncio
import json
import logging
import random
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress

import h11

from local.emulators import guard
from local.faults.dice import Dice
from local.faults.plan import Fault
from local.faults.wire import Caller, ProxiedRequest, ProxyTarget, TargetUnreachable

log = logging.getLogger(__name__)

_REASONS = {429: "rateLimitExceeded", 403: "rateLimitExceeded"}
PIECE_BYTES = 4096
# The target decides which bodies it accepts.
DOOR = guard.Door(files_to=re.compile(""))


class Dropped(Exception):
    """The client gets no answer to this request; its connection is closed or reset."""

    def __init__(self, by_reset: bool):
        super().__init__()
        self.by_reset = by_reset


class Proxy:
    """Serves one point. `kill` ends the process behind it."""

    def __init__(self, target: ProxyTarget, dice: Dice, kill: Callable[[], None]):
        self._target = target
        self._dice = dice
        self._kill = kill
        self._passed = 0
        self._has_passed = asyncio.Condition()
        self._killing: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._serve, host, port, backlog=1_024)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caller = Caller(reader, writer)
        try:
            while (request := await caller.request()) is not None:
                await self._exchange(request, caller)
                if not caller.may_ask_again:
                    break
        except Dropped as end:
            if end.by_reset:
                caller.reset()
        except TargetUnreachable:
            caller.reset()
        except (ConnectionError, h11.LocalProtocolError):
            pass  # the client is gone, or the target's answer is not HTTP
        finally:
            caller.close()

    async def _exchange(self, request: ProxiedRequest, caller: Caller) -> None:
        if reason := guard.refusal(DOOR, _head(request), guard.own_hosts()):
            await caller.refuse(reason.status, reason.headers(), reason.body())
            return
        fault = self._dice.next(str(request))
        if fault is not None:
            await self._go_wrong(fault, request, caller)
        else:
            await self._hand_on(self._target.answer(request), caller)
        await self._note_passing()

    async def _go_wrong(self, fault: Fault, request: ProxiedRequest, caller: Caller) -> None:
        answer = self._target.answer(request)
        match fault.kind:
            case "status":
                await caller.refuse(fault.status, *refusal(fault))
            case "reset":
                raise Dropped(by_reset=True)
            case "drop":
                await asyncio.sleep(fault["seconds"])
                raise Dropped(by_reset=False)
            case "hang":
                await caller.hangs_up(fault["seconds"])
                raise Dropped(by_reset=False)
            case "lost":
                await _swallowed(answer)
                raise Dropped(by_reset=True)
            case "delay":
                await asyncio.sleep(fault["seconds"])
                await self._hand_on(answer, caller)
            case "slow":
                await self._hand_on(_drop_by_drop(answer, fault["bytes_per_s"]), caller)
            case "duplicate":
                first = asyncio.create_task(_swallowed(self._target.answer(request)))
                await self._hand_on(answer, caller)
                await first
            case "reorder":
                await self._wait_behind(fault["behind"], fault["seconds"])
                await self._hand_on(answer, caller)
            case "kill":
                self._kill_within(fault["within_s"])
                await self._hand_on(answer, caller)

    async def _hand_on(self, answer: AsyncGenerator[h11.Event, None], caller: Caller) -> None:
        async with aclosing(answer):
            async for event in answer:
                await caller.send(event)

    async def _note_passing(self) -> None:
        async with self._has_passed:
            self._passed += 1
            self._has_passed.notify_all()

    async def _wait_behind(self, others: int, most_s: float) -> None:
        until = self._passed + others
        with suppress(TimeoutError):
            async with asyncio.timeout(most_s), self._has_passed:
                await self._has_passed.wait_for(lambda: self._passed >= until)

    def _kill_within(self, most_s: float) -> None:
        async def later() -> None:
            await asyncio.sleep(random.uniform(0, most_s))
            self._kill()

        task = asyncio.create_task(later())
        self._killing.add(task)
        task.add_done_callback(self._killing.discard)


def _head(request: ProxiedRequest) -> guard.RequestHead:
    head = request.head
    pairs = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers)
    return guard.RequestHead.of(head.method.decode(), head.target.decode("latin-1"), pairs)


async def _swallowed(answer: AsyncGenerator[h11.Event, None]) -> None:
    with suppress(TargetUnreachable):
        async for _ in answer:
            pass


async def _drop_by_drop(
    answer: AsyncGenerator[h11.Event, None], bytes_per_s: int
) -> AsyncGenerator[h11.Event, None]:
    async for event in answer:
        if not isinstance(event, h11.Data):
            yield event
            continue
        for start in range(0, len(event.data), PIECE_BYTES):
            piece = bytes(event.data[start : start + PIECE_BYTES])
            await asyncio.sleep(len(piece) / bytes_per_s)
            yield h11.Data(data=piece)


def refusal(fault: Fault) -> tuple[dict[str, str], bytes]:
    """Headers and body of an injected error, in the form of Google's APIs.

    https://cloud.google.com/storage/docs/json_api/v1/status-codes, checked 2026-11
    """
    reason = fault["code"] or _REASONS.get(fault.status, "backendError")
    error = {"reason": reason, "domain": "global", "message": fault["message"]}
    content = {"error": {"code": fault.status, "message": fault["message"], "errors": [error]}}
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    if fault["retry_after_s"] is not None:
        headers["Retry-After"] = str(fault["retry_after_s"])
    return headers, json.dumps(content).encode()
