"""The whole service in one event loop: gRPC, push, admin page and housekeeping."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path

import grpc

from local import vacuum as rewriting
from local.emulators.pubsub.admin import Admin
from local.emulators.pubsub.backlog import Backlog
from local.emulators.pubsub.catalog import Catalog
from local.emulators.pubsub.database import open_database
from local.emulators.pubsub.faults import METHODS, FaultyCalls
from local.emulators.pubsub.identity import Identity
from local.emulators.pubsub.publisher import PublisherApi
from local.emulators.pubsub.push import PushSupervisor
from local.emulators.pubsub.subscriber import SubscriberApi
from local.emulators.pubsub.wakeups import Wakeups
from local.faults.dice import LOG, FaultLog, dice_for
from local.faults.plan import read_plan

log = logging.getLogger(__name__)

SWEEP_EVERY_S = 1.0
DROP_OLD_EVERY_S = 60.0
STOP_WITHIN_S = 0.5

GRPC_OPTIONS = [
    # Room for a publish request just over the limit, so that it gets a proper refusal.
    ("grpc.max_receive_message_length", 24 * 1024 * 1024),
    ("grpc.max_send_message_length", -1),
    # Without this two servers could share a port without an error.
    ("grpc.so_reuseport", 0),
    # The official clients ping every 30 s, also on streams where nothing happens.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5000),
    ("grpc.http2.max_ping_strikes", 0),
]


@dataclass(frozen=True, slots=True)
class Options:
    port: int
    """gRPC; 0 takes a free one, here and below."""
    admin_port: int
    data: Path
    key: Path | None
    """Service-account key file that signs push tokens; None makes a key for this run."""
    push_concurrency: int
    """Requests in flight for each push subscription, 1 to 1000."""
    faults: Path | None = None
    """A plan of faults (see local/faults). This server handles its points `publish` and `pull`."""
    logs: Path | None = None
    """Folder in which faults are logged."""


@asynccontextmanager
async def serving(options: Options) -> AsyncIterator[tuple[int, int]]:
    """Serve until the block ends; yields the port of gRPC and the port of the admin page.

    Raises DataInUse, BadFaultPlan, OSError and ValueError.
    """
    clock = time.time
    identity = Identity.from_file(options.key, clock) if options.key else Identity.generated(clock)
    with closing(open_database(options.data)) as connection:
        catalog, wakeups = Catalog(connection), Wakeups()
        backlog = Backlog(connection, catalog, clock)
        subscriber = SubscriberApi(catalog, backlog, wakeups)
        backlog.on_ready = wakeups.ring
        pushing = PushSupervisor(catalog, backlog, wakeups, identity, options.push_concurrency)
        server = grpc.aio.server(options=GRPC_OPTIONS, interceptors=_interceptors(options))
        server.add_generic_rpc_handlers(
            (PublisherApi(catalog, backlog).handlers(), subscriber.handlers())
        )
        port = _bind(server, options.port)
        admin = await Admin(catalog, backlog, identity).start(options.admin_port)
        await server.start()
        tasks = [
            asyncio.create_task(pushing.run()),
            asyncio.create_task(_keep_house(catalog, backlog)),
            asyncio.create_task(_rewrite_when_requested(connection, options.data)),
        ]
        try:
            yield port, admin.sockets[0].getsockname()[1]
        finally:
            admin.close()
            await server.stop(STOP_WITHIN_S)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _interceptors(options: Options) -> list[grpc.aio.ServerInterceptor]:
    if options.faults is None:
        return []
    faults = FaultLog(options.logs / LOG if options.logs else None)
    return [FaultyCalls(dice_for(METHODS.values(), read_plan(options.faults), faults))]


def _bind(server: grpc.aio.Server, port: int) -> int:
    with suppress(RuntimeError):
        bound = server.add_insecure_port(f"127.0.0.1:{port}")
        if bound:
            return bound
    raise OSError(f"port {port} is not free")


async def _rewrite_when_requested(connection: sqlite3.Connection, data: Path) -> None:
    """Rewrite the file of messages after an erasure."""
    while True:
        if rewriting.is_requested(data):
            try:
                rewriting.rewrite_sqlite(connection)
                rewriting.finish(data)
            except sqlite3.OperationalError:
                log.info("the messages are in use; they are rewritten in a moment")
        await asyncio.sleep(rewriting.POLL_S)


async def _keep_house(catalog: Catalog, backlog: Backlog) -> None:
    """Return expired leases, and delete messages past their retention."""
    drops_at = time.monotonic()
    while True:
        drops = time.monotonic() >= drops_at
        drops_at += DROP_OLD_EVERY_S if drops else 0
        for subscription in catalog.all_subscriptions():
            try:
                backlog.return_expired(subscription)
                if drops:
                    backlog.drop_old(subscription)
            except sqlite3.Error:
                log.exception("housekeeping failed: %s", subscription.name)
        await asyncio.sleep(SWEEP_EVERY_S)
