"""Start the local cloud, or a part of it, connect to a running one, and stop it.

    with running(home) as endpoints: …      start it; it ends with the block
    with connected(home) as endpoints: …    use what `tta up` runs, or start it for the block

All programs start at the same time, on ports that are chosen before. Only the sandbox waits: its
library must be generated first.
"""

import math
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from local import endpoints as where
from local.data_errors import require_room
from local.endpoints import Endpoints
from local.faults import FaultPlan, read_plan
from local.faults.dice import LOG
from local.functions import FUNCTIONS
from local.home import Home, Lock, lock_of, open_private, take_or
from local.process.child import (
    IMPORTS_OF_TABLES,
    DidNotStart,
    prepare_programs,
    reserved_port,
)
from local.process.children import Children
from local.start import CloudStart, Reports

QUERY = frozenset({"tokens", "bigquery"})
LAKE = frozenset({"tokens", "pubsub", "storage"})
INGEST = QUERY | LAKE | {"analyze", where.GEMINI, "load"}
ALL = INGEST | {"tiktok", "fetch", "sweep", "report"}


def can_ask_gemini(environment: Mapping[str, str]) -> bool:
    """Whether there is a key of the Developer API, or an address in place of Vertex AI's.

    GOOGLE_GEMINI_BASE_URL alone is not enough: without a key the client calls Vertex AI.
    """
    return any(environment.get(name) for name in ("GEMINI_API_KEY", "GOOGLE_VERTEX_BASE_URL"))


class AlreadyRunning(Exception):
    """Another `tta up` runs on this home."""


def prepare(root: Path | None) -> None:
    """Begin to import what a query needs of a new cloud, unless `tta up` runs on this home.

    That takes most of a second, while the caller does its own imports.
    """
    if attached(Home.at(root)) is None:
        prepare_programs(IMPORTS_OF_TABLES)


@contextmanager
def connected(
    root: Path | None = None,
    parts: frozenset[str] = ALL,
    posts: int | None = None,
    reports: Reports | None = None,
    patience_s: float = math.inf,
) -> Iterator[Endpoints]:
    """A cloud to use: the one that `tta up` runs on this home, or a new one for the block.

    It waits while another command uses the home. The environment of this process points at the
    cloud as long as the block lasts. Raises UnusableData on a full disk, and HomeInUse after
    `patience_s` seconds.
    """
    home, reports = Home.at(root), reports or Reports()
    with lock_of(home) as lock:
        require_room(home.root)
        waiting = _waiting(home, reports)
        if take_or(lock, lambda: attached(home) is not None, waiting, patience_s):
            own = _started(home, lock, parts, posts, reports, None)
            with own as endpoints, pointing_at(endpoints):
                yield endpoints
            return
        endpoints = attached(home)
        if endpoints is None:
            raise DidNotStart("`tta up` has just stopped; try again")
        with pointing_at(endpoints):
            yield endpoints


@contextmanager
def running(
    root: Path | None = None,
    parts: frozenset[str] = ALL,
    posts: int | None = None,
    reports: Reports | None = None,
    publish: bool = False,
    faults: Path | None = None,
    freshness_s: int = 0,
) -> Iterator[Endpoints]:
    """A new cloud for the block. With `publish` other commands can use it too.

    Above PUSHED_UP_TO_S seconds of freshness nothing is loaded until somebody calls `load` as the
    scheduler does (see cli/scheduler.py).

    `posts` is the size of the sandbox library; None takes the existing one, or else the
    default. `faults` is a plan of faults (see local/faults). The environment stays as
    it is (see `pointing_at`). Raises BadFaultPlan, AlreadyRunning, and DidNotStart when a part does
    not start. Then it stops the parts that have started.
    """
    home, reports = Home.at(root), reports or Reports()
    with lock_of(home) as lock:
        require_room(home.root)
        if not take_or(lock, lambda: attached(home) is not None, _waiting(home, reports)):
            raise AlreadyRunning(f"`tta up` runs on {home.root} already (process {lock.holder()}).")
        with _started(home, lock, parts, posts, reports, faults, freshness_s) as endpoints:
            if publish:
                endpoints.write(home.endpoints)
            try:
                yield endpoints
            finally:
                home.endpoints.unlink(missing_ok=True)


def attached(home: Home) -> Endpoints | None:
    """What `tta up` runs on this home, or None. The file of a killed one does not count."""
    endpoints = where.read(home.endpoints)
    if endpoints is None or not where.is_running(endpoints):
        return None
    return endpoints if _answers(endpoints.tokens) else None


def _answers(url: str) -> bool:
    host, _, port = url.removeprefix("http://").partition(":")
    with suppress(OSError, ValueError), socket.create_connection((host, int(port)), timeout=2):
        return True
    return False


def _waiting(home: Home, reports: Reports) -> Callable[[str], None]:
    def say(holder: str) -> None:
        reports.say(f"Another tta command (process {holder}) uses {home.root}; waiting for it.")

    return say


@contextmanager
def pointing_at(endpoints: Endpoints) -> Iterator[None]:
    """Let this process's Google clients find the cloud for the length of the block."""
    with with_variables(endpoints.environment()):
        yield


@contextmanager
def with_variables(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables of the environment for the length of the block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _started(
    home: Home,
    lock: Lock,
    parts: frozenset[str],
    posts: int | None,
    reports: Reports,
    faults: Path | None,
    freshness_s: int = 0,
) -> Iterator[Endpoints]:
    home.prepare()
    home.endpoints.unlink(missing_ok=True)  # an `up` that was killed leaves it
    plan = _planned(home, faults)
    gemini, raters = _gemini(reports) if where.GEMINI in parts else ({}, [])
    parts = parts if gemini else parts - {where.GEMINI}
    with ExitStack() as stack:
        ports = _Ports(stack)
        addresses = _addresses(home, parts, ports, plan)
        endpoints = replace(addresses, gemini=gemini, raters=raters, freshness_s=freshness_s)
        children = Children(home.logs, reports.trouble, inherited=[lock.descriptor])
        stack.callback(children.stop)
        with pointing_at(endpoints):
            CloudStart(home, endpoints, ports, children, reports, plan).run(parts, posts)
        children.watch()
        yield endpoints


def _planned(home: Home, faults: Path | None) -> FaultPlan:
    """The fault plan, stored in the home for the programs that read it. Raises BadFaultPlan."""
    if faults is None:
        return FaultPlan()
    plan = read_plan(faults)
    with open_private(home.faults, "wb") as file:
        file.write(faults.read_bytes())
    (home.logs / LOG).unlink(missing_ok=True)  # the log counts one run
    return plan


def _gemini(reports: Reports) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Settings and named raters of `analyze-gemini`, without the key; empty when it cannot run."""
    if not can_ask_gemini(os.environ):
        return {}, []
    from shared.config import GeminiSettings, RatersSettings, read
    from shared.errors import Misconfigured
    from shared.rating.gemini.conditions import GeminiConditions

    try:
        conditions = GeminiConditions(read(GeminiSettings), read(RatersSettings).raters)
    except Misconfigured as error:
        reports.trouble(f"Gemini is left out: {error}")
        return {}, []
    raters = [rater.document() for rater in conditions.raters]
    return conditions.settings.model_dump(exclude={"api_key"}), raters


class _Ports:
    """A port for each name, reserved until the stack closes."""

    def __init__(self, stack: ExitStack):
        self._stack = stack
        self._numbers: dict[str, int] = {}

    def __getitem__(self, name: str) -> int:
        if name not in self._numbers:
            reserved = reserved_port()
            self._numbers[name] = reserved.getsockname()[1]
            self._stack.enter_context(reserved)
        return self._numbers[name]


def _addresses(home: Home, parts: frozenset[str], ports: _Ports, plan: FaultPlan) -> Endpoints:
    """Functions have the address of their fault proxy; services have their own address."""

    def url(part: str) -> str:
        return f"http://127.0.0.1:{ports[part]}" if part in parts else ""

    def function(name: str) -> str:
        return f"http://127.0.0.1:{ports[plan.door(name)]}"

    has_messages = "pubsub" in parts
    project = where.PROJECT_ID
    topics = [where.UPLOADED, where.RECORDS] if has_messages else []
    subscriptions = [where.ANALYZE, where.GEMINI, where.LOAD] if has_messages else []
    return Endpoints(
        home=str(home.root),
        pid=os.getpid(),
        key=str(home.key),
        hash_key=str(home.hash_key),
        tokens=url("tokens"),
        storage=url("storage"),
        pubsub=url("pubsub").removeprefix("http://"),
        pubsub_admin=f"http://127.0.0.1:{ports['pubsub-admin']}" if has_messages else "",
        bigquery=url("bigquery"),
        tiktok=url("tiktok"),
        topics={name: f"projects/{project}/topics/{name}" for name in topics},
        subscriptions={name: f"projects/{project}/subscriptions/{name}" for name in subscriptions},
        functions={name: function(name) for name in FUNCTIONS if name in parts},
    )
