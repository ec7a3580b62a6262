"""How the local cloud comes up: every program at once, then what each needs before a video."""

import os
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from local.endpoints import Endpoints
from local.faults.kinds import PROXIED
from local.faults.plan import Plan
from local.functions import FUNCTIONS, SHUTDOWN_S
from local.home import Home
from local.process.background import in_background
from local.process.child import STARTS_WITHIN_S, Child, Program, prepare_programs, tail
from local.process.children import Children

FAULTS = "faults"
_COUNT = re.compile(r"(\d+)/(\d+)")


@dataclass(frozen=True, slots=True)
class Reports:
    """Who is told what while the cloud starts and runs; called from several threads."""

    say: Callable[[str], None] = lambda sentence: None
    trouble: Callable[[str], None] = lambda sentence: None
    library: Callable[[int, int], None] = lambda done, total: None


class Start:
    """One start of some parts. Whoever made `children` stops them, also when this fails."""

    def __init__(
        self,
        home: Home,
        endpoints: Endpoints,
        ports: Mapping[str, int],
        children: Children,
        reports: Reports,
        plan: Plan,
    ):
        self._home = home
        self._at = endpoints
        self._children = children
        self._reports = reports
        self._programs = _programs(home, endpoints, ports, plan)
        self._deadline = time.monotonic() + STARTS_WITHIN_S

    def run(self, parts: frozenset[str], posts: int | None) -> None:
        """Return when all parts answer and are set up. Raises DidNotStart."""
        prepare_programs()
        import local.provision  # noqa: F401 — takes as long, and happens meanwhile

        begun = {name: self._begin(name) for name in self._order(parts)}
        ready = {name: in_background(self._when_ready, child) for name, child in begun.items()}
        jobs = list(ready.values())
        if "bigquery" in parts:
            jobs.append(in_background(self._tables, ready["bigquery"]))
        if "pubsub" in parts:
            messaging = in_background(self._messaging, ready["pubsub"])
            bucket = in_background(self._bucket, ready["storage"], messaging)
            jobs += [messaging, bucket]
        if "tiktok" in parts:
            jobs.append(in_background(self._sandbox, posts, bucket))
        self._wait_for(jobs)

    def _order(self, parts: frozenset[str]) -> list[str]:
        """The slowest first; the sandbox server waits for its library."""
        return [name for name in self._programs if name in {*parts, FAULTS} and name != "tiktok"]

    def _begin(self, name: str) -> Child:
        if name == "tokens":
            self._make_key()
        return self._children.start(self._programs[name])

    def _make_key(self) -> None:
        from local.emulators.tokens import make_key

        make_key(self._home.key, self._at.project, f"{self._at.tokens}/token")

    def _when_ready(self, child: Child) -> None:
        child.wait_ready(self._deadline)

    def _tables(self, bigquery: "Future[None]") -> None:
        bigquery.result()
        from local.provision import make_tables

        make_tables(self._at.project, self._at.dataset)

    def _messaging(self, pubsub: "Future[None]") -> None:
        pubsub.result()
        from local.provision import make_messaging

        make_messaging(self._at.project, self._at.functions)

    def _bucket(self, storage: "Future[None]", messaging: "Future[None]") -> None:
        storage.result()
        messaging.result()
        from local.provision import make_bucket

        make_bucket(self._at.project, self._at.bucket)

    def _sandbox(self, posts: int | None, bucket: "Future[None]") -> None:
        self._make_library(posts)
        server = self._children.start(self._programs["tiktok"])
        from local.provision import make_collection
        from local.sandbox.library import Library

        library = Library.load(self._home.library)
        bucket.result()
        make_collection(self._at.project, self._at.bucket, library, self._at.tiktok)
        server.wait_ready(self._deadline)

    def _make_library(self, posts: int | None) -> None:
        from local.sandbox.library import Library, LibraryMissing

        try:
            if posts in (None, len(Library.load(self._home.library).posts)):
                return
        except LibraryMissing:
            pass
        wanted = [] if posts is None else ["--posts", str(posts)]
        program = Program(
            "library", "local.sandbox", ["--out", str(self._home.library), *wanted], {}, grace_s=1
        )
        log = self._home.logs / "library.log"
        self._children.run(program, on_look=lambda: self._tell_progress(tail(log, lines=1)))
        # The clock of the servers does not run while the clips are made.
        self._deadline = time.monotonic() + STARTS_WITHIN_S

    def _tell_progress(self, written: str) -> None:
        if counts := _COUNT.findall(written):
            done, total = counts[-1]
            self._reports.library(int(done), int(total))

    def _wait_for(self, jobs: "list[Future[None]]") -> None:
        """Until all are done; the first failure, of a job or of a program, ends it."""
        open_jobs = set(jobs)
        while open_jobs:
            done, open_jobs = wait(open_jobs, timeout=0.1, return_when=FIRST_COMPLETED)
            for job in done:
                job.result()
            self._children.check()


# Where the functions' clients look for a service that may fail.
_DOORS = {"storage": "STORAGE_EMULATOR_HOST", "bigquery": "BIGQUERY_EMULATOR_HOST"}
_TO_GEMINI = ("GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL")


def _programs(
    home: Home, at: Endpoints, ports: Mapping[str, int], plan: Plan
) -> dict[str, Program]:
    """Every program, in the order in which they start.

    Pub/Sub and the functions stop first: a delivery that is cut off comes again, while one that
    finds its storage gone would retry for half a minute.
    """

    def program(name: str, module: str, *arguments: object, **options: Any) -> Program:
        words = [*map(str, arguments), "--port", str(ports[name])]
        return Program(name, module, words, at.environment() | options.pop("env", {}), **options)

    data, project = home.data, ("--project", at.project)
    faults = ("--faults", home.faults, "--logs", home.logs) if plan.rules else ()
    some = [
        program(
            "bigquery", "local.emulators.bigquery", "--data", data / "bigquery", *project, stage=2
        ),
        program("tokens", "local.emulators.tokens", stage=2),
    ]
    if at.pubsub:
        some += [
            program(
                "pubsub",
                "local.emulators.pubsub",
                *("--data", data / "pubsub", "--key", home.key),
                *("--admin-port", ports["pubsub-admin"]),
                *faults,
                grace_s=3,
            ),
            program(
                "storage",
                "local.emulators.gcs",
                *("--data", data / "gcs", "--pubsub", at.pubsub),
                stage=2,
            ),
        ]
        doors = {name: _url(ports, plan, service) for service, name in _DOORS.items()}
        if "gemini" in plan.rules:
            doors |= {name: _url(ports, plan, "gemini") for name in _gemini_here()}
        some += [
            program(
                name,
                "local.functions",
                name,
                env={**at.function_settings(), **doors, **function.settings},
                stage=0,
                grace_s=SHUTDOWN_S,
            )
            for name, function in FUNCTIONS.items()
            if name in at.functions
        ]
    if at.tiktok:
        some.append(
            program(
                "tiktok",
                "local.sandbox.api",
                "--library",
                home.library,
                "--quiet",
                *faults,
                stage=2,
            )
        )
    if plan.rules:
        some.append(_proxies(home, at, ports, plan))
    return {one.name: one for one in some}


def _url(ports: Mapping[str, int], plan: Plan, service: str) -> str:
    return f"http://127.0.0.1:{ports[plan.door(service)]}"


def _gemini_here() -> dict[str, int]:
    """The variables that lead to a stand-in of Gemini on this machine, and its port."""
    addresses = {name: urlsplit(os.environ.get(name, "")) for name in _TO_GEMINI}
    return {
        name: address.port
        for name, address in addresses.items()
        if address.hostname == "127.0.0.1" and address.port
    }


def _proxies(home: Home, at: Endpoints, ports: Mapping[str, int], plan: Plan) -> Program:
    """The program in front of whatever the plan lets fail."""
    targets = {name: ports[name] for name in (*_DOORS, *at.functions)}
    for port in _gemini_here().values():
        targets["gemini"] = port
    routes = [
        f"--route={name}={ports[plan.door(name)]}:{targets[name]}"
        for name in PROXIED
        if name in plan.rules and name in targets
    ]
    words = ["--plan", str(home.faults), "--logs", str(home.logs), *routes]
    return Program(FAULTS, "local.faults", words, at.environment())
