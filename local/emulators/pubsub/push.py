"""Push: every message of a push subscription becomes a POST, and the answer settles it."""

import asyncio
import base64
import json
import logging
import sqlite3
from typing import Any

from local.emulators.pubsub import wire
from local.emulators.pubsub.backlog import Backlog
from local.emulators.pubsub.catalog import Catalog, Subscription
from local.emulators.pubsub.deliveries import Delivery, Receipt
from local.emulators.pubsub.http1 import EndpointUnreachable, PushClient, PushTarget
from local.emulators.pubsub.identity import Identity
from local.emulators.pubsub.pace import Pace
from local.emulators.pubsub.wakeups import ANY_CHANGE, Wakeups, wait_for_bell

log = logging.getLogger(__name__)

# https://cloud.google.com/pubsub/docs/push#receive_push
ACKNOWLEDGING = frozenset({102, 200, 201, 202, 204})
STALLED_S = 1.0
MAX_BYTES_OUT = 64 * 1024 * 1024


class PushSupervisor:
    """Runs one pusher for each subscription that has an endpoint."""

    def __init__(
        self,
        catalog: Catalog,
        backlog: Backlog,
        wakeups: Wakeups,
        identity: Identity,
        concurrency: int,
    ):
        self._catalog = catalog
        self._backlog = backlog
        self._wakeups = wakeups
        self._identity = identity
        self._concurrency = concurrency
        self._running: dict[tuple[int, bytes], asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until cancelled; then no request is in flight."""
        try:
            with self._wakeups.bell(ANY_CHANGE) as bell:
                while True:
                    await self._follow()
                    await wait_for_bell(bell, None)
        finally:
            await _stop(list(self._running.values()))

    async def _follow(self) -> None:
        # A changed endpoint or token setting is a new pusher.
        current = {
            (s.subscription_id, s.config.push_config.SerializeToString(deterministic=True)): s
            for s in self._catalog.all_subscriptions()
            if s.policy.endpoint
        }
        await _stop([self._running.pop(key) for key in self._running.keys() - current.keys()])
        for key in current.keys() - self._running.keys():
            pusher = Pusher(
                current[key], self._backlog, self._wakeups, self._identity, self._concurrency
            )
            self._running[key] = asyncio.create_task(pusher.run())


class Pusher:
    """Pushes one subscription, up to `concurrency` requests at a time."""

    def __init__(
        self,
        subscription: Subscription,
        backlog: Backlog,
        wakeups: Wakeups,
        identity: Identity,
        concurrency: int,
    ):
        self._subscription = subscription
        self._backlog = backlog
        self._wakeups = wakeups
        self._identity = identity
        self._http = PushClient(PushTarget.of(subscription.policy.endpoint))
        self._pace = Pace(concurrency)
        self._now = asyncio.get_running_loop().time
        self._out: dict[asyncio.Task[None], int] = {}
        self._bytes_out = 0
        self._acked: list[Receipt] = []
        self._rejected: list[Receipt] = []

    async def run(self) -> None:
        """Until cancelled. Requests in flight are then aborted, and their messages due at once."""
        # An earlier run of this server cannot get answers for its leases any more.
        self._backlog.release_leases(self._subscription)
        try:
            with self._wakeups.bell(self._subscription.subscription_id) as bell:
                while True:
                    try:
                        await self._step(bell)
                    except sqlite3.Error:
                        # For example a full disk. The leases that stay open end by themselves.
                        log.exception("push stalled: %s", self._subscription.name)
                        await asyncio.sleep(STALLED_S)
        finally:
            await _stop(list(self._out))
            self._http.close()
            self._settle()
            self._backlog.release_leases(self._subscription)

    async def _step(self, bell: asyncio.Event) -> None:
        self._settle()
        room = self._room()
        taken = self._take(room) if room > 0 else []
        for delivery in taken:
            self._start(delivery, bell)
        if len(taken) < room or room <= 0:
            await wait_for_bell(bell, self._idle_s(room))
        else:
            await asyncio.sleep(0)

    def _room(self) -> int:
        if self._now() < self._pace.resumes_at or self._bytes_out >= MAX_BYTES_OUT:
            return 0
        return self._pace.window - len(self._out)

    def _take(self, room: int) -> list[Delivery]:
        return self._backlog.take(
            self._subscription, room, max_bytes=MAX_BYTES_OUT - self._bytes_out
        )

    def _idle_s(self, room: int) -> float | None:
        pause_s = self._pace.resumes_at - self._now()
        if pause_s > 0:
            return pause_s
        return self._backlog.next_due_in_s(self._subscription) if room > 0 else None

    def _start(self, delivery: Delivery, bell: asyncio.Event) -> None:
        task = asyncio.create_task(self._push(delivery))
        self._out[task] = len(delivery.body)
        self._bytes_out += len(delivery.body)
        task.add_done_callback(lambda finished: self._finished(finished, bell))

    def _finished(self, task: asyncio.Task[None], bell: asyncio.Event) -> None:
        self._bytes_out -= self._out.pop(task)
        bell.set()

    def _settle(self) -> None:
        acked, self._acked = self._acked, []
        rejected, self._rejected = self._rejected, []
        if acked:
            self._backlog.acknowledge(self._subscription, acked)
        if rejected:
            self._backlog.reject(self._subscription, rejected)

    async def _push(self, delivery: Delivery) -> None:
        receipt = delivery.receipt
        status, reason = await self._post(delivery)
        if status in ACKNOWLEDGING:
            self._acked.append(receipt)
            self._pace.succeeded()
            return
        self._rejected.append(receipt)
        self._pace.failed(receipt.message_id, self._now(), answered=status != 0)
        log.warning(
            "not acknowledged: message %s attempt %d of %s: %s",
            receipt.message_id,
            receipt.attempt,
            self._subscription.name,
            reason or f"HTTP {status}",
        )

    async def _post(self, delivery: Delivery) -> tuple[int, str]:
        """The HTTP status and "", or 0 and the reason."""
        within_s = self._subscription.policy.ack_deadline_s
        try:
            async with asyncio.timeout(within_s):
                body = push_body(self._subscription, delivery)
                return await self._http.post(self._headers(), body), ""
        except TimeoutError:
            return 0, f"no answer within {within_s} s"
        except EndpointUnreachable as error:
            return 0, f"unreachable: {error}"

    def _headers(self) -> dict[str, str]:
        push = self._subscription.config.push_config
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google)",
        }
        if push.HasField("oidc_token"):
            audience = push.oidc_token.audience or push.push_endpoint
            token = self._identity.token(push.oidc_token.service_account_email, audience)
            headers["Authorization"] = f"Bearer {token}"
        return headers


def push_body(subscription: Subscription, delivery: Delivery) -> bytes:
    """The wrapped message. https://cloud.google.com/pubsub/docs/push#receive_push"""
    message = wire.PubsubMessage.FromString(delivery.body)
    published = message.publish_time.ToJsonString()
    inner: dict[str, Any] = {
        "attributes": dict(message.attributes),
        "messageId": message.message_id,
        "message_id": message.message_id,
        "publishTime": published,
        "publish_time": published,
    }
    if message.data:
        inner["data"] = base64.b64encode(message.data).decode()
    body: dict[str, Any] = {"message": inner, "subscription": subscription.name}
    if subscription.policy.dead_letter_topic:
        body["deliveryAttempt"] = delivery.receipt.attempt
    return json.dumps(body).encode()


async def _stop(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
