"""The programs of the local cloud: what each is started with, and when it stops."""

import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from local.endpoints import Endpoints
from local.faults.kinds import PROXIED
from local.faults.plan import FaultPlan
from local.functions import FUNCTIONS, SHUTDOWN_S
from local.home import Home
from local.process.child import Program

FAULTS = "faults"
# Where the functions' clients look for a service that may fail.
_DOORS = {"storage": "STORAGE_EMULATOR_HOST", "bigquery": "BIGQUERY_EMULATOR_HOST"}
_TO_GEMINI = ("GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL")


def programs(
    home: Home, endpoints: Endpoints, ports: Mapping[str, int], plan: FaultPlan
) -> dict[str, Program]:
    """Every program by its name, in the order in which they start.

    Pub/Sub and the functions stop first: a delivery that is cut off comes again, while a function
    without storage would retry for half a minute.
    """
    setup = _Setup(home, endpoints, ports, plan)
    parts = [setup.warehouse(), setup.messaging(), setup.functions(), setup.sandbox()]
    listed = [program for part in parts for program in part]
    if plan.rules:
        listed.append(setup.proxies())
    return {program.name: program for program in listed}


class _Setup:
    """Arguments and environment of each program."""

    def __init__(self, home: Home, endpoints: Endpoints, ports: Mapping[str, int], plan: FaultPlan):
        self._home = home
        self._at = endpoints
        self._ports = ports
        self._plan = plan
        self._faults = ("--faults", home.faults, "--logs", home.logs) if plan.rules else ()

    def warehouse(self) -> Iterator[Program]:
        data = self._home.data / "bigquery"
        yield self._program(
            "bigquery",
            "local.emulators.bigquery",
            *("--data", data, "--project", self._at.project),
            stage=2,
        )
        yield self._program("tokens", "local.emulators.tokens", stage=2)

    def messaging(self) -> Iterator[Program]:
        if not self._at.pubsub:
            return
        data = self._home.data
        yield self._program(
            "pubsub",
            "local.emulators.pubsub",
            *("--data", data / "pubsub", "--key", self._home.key),
            *("--admin-port", self._ports["pubsub-admin"]),
            *self._faults,
            grace_s=3,
        )
        yield self._program(
            "storage",
            "local.emulators.gcs",
            *("--data", data / "gcs", "--pubsub", self._at.pubsub),
            stage=2,
        )

    def functions(self) -> Iterator[Program]:
        if not self._at.pubsub:
            return
        doors = {variable: self._url(service) for service, variable in _DOORS.items()}
        if "gemini" in self._plan.rules:
            doors |= {variable: self._url("gemini") for variable in _gemini_here()}
        for name, function in FUNCTIONS.items():
            if name in self._at.functions:
                yield self._program(
                    name,
                    "local.functions",
                    name,
                    environment={**self._at.function_settings(), **doors, **function.settings},
                    stage=0,
                    grace_s=SHUTDOWN_S,
                )

    def sandbox(self) -> Iterator[Program]:
        if not self._at.tiktok:
            return
        yield self._program(
            "tiktok",
            "local.sandbox.api",
            *("--library", self._home.library, "--quiet"),
            *self._faults,
            stage=2,
        )

    def proxies(self) -> Program:
        """The program in front of all that the plan lets fail."""
        targets = {name: self._ports[name] for name in (*_DOORS, *self._at.functions)}
        for port in _gemini_here().values():
            targets["gemini"] = port
        routes = [
            f"--route={name}={self._ports[self._plan.door(name)]}:{targets[name]}"
            for name in PROXIED
            if name in self._plan.rules and name in targets
        ]
        words = ["--plan", str(self._home.faults), "--logs", str(self._home.logs), *routes]
        return Program(FAULTS, "local.faults", words, self._at.environment())

    def _program(
        self,
        name: str,
        module: str,
        *arguments: object,
        environment: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Program:
        words = [*map(str, arguments), "--port", str(self._ports[name])]
        variables = self._at.environment() | dict(environment or {})
        return Program(name, module, words, variables, **options)

    def _url(self, service: str) -> str:
        return f"http://127.0.0.1:{self._ports[self._plan.door(service)]}"


def _gemini_here() -> dict[str, int]:
    """The variables that point to a stand-in of Gemini on this machine, and its port."""
    addresses = {name: urlsplit(os.environ.get(name, "")) for name in _TO_GEMINI}
    return {
        name: address.port
        for name, address in addresses.items()
        if address.hostname == "127.0.0.1" and address.port
    }
