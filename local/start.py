"""Starts the local cloud: all programs at once, then what each needs before a video."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass

from local.endpoints import Endpoints
from local.faults.plan import FaultPlan
from local.home import Home, private_files
from local.process.background import in_background
from local.process.child import STARTS_WITHIN_S, Child, DidNotStart, prepare_programs
from local.process.children import Children
from local.programs import FAULTS, programs


@dataclass(frozen=True, slots=True)
class Reports:
    """Callbacks for progress and problems. Several threads call them."""

    say: Callable[[str], None] = lambda sentence: None
    trouble: Callable[[str], None] = lambda sentence: None


class CloudStart:
    """One start of some parts. The caller stops `children`, also when this fails."""

    def __init__(
        self,
        home: Home,
        endpoints: Endpoints,
        ports: Mapping[str, int],
        children: Children,
        reports: Reports,
        plan: FaultPlan,
    ):
        self._home = home
        self._at = endpoints
        self._children = children
        self._reports = reports
        self._programs = programs(home, endpoints, ports, plan)
        self._deadline = time.monotonic() + STARTS_WITHIN_S

    def run(self, parts: frozenset[str], posts: int | None) -> None:
        """Return when all parts answer and are set up. Raises DidNotStart."""
        prepare_programs()
        import local.provision  # noqa: F401 — import it while the programs start

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
        """The slowest first. The sandbox server waits for its library."""
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

        make_tables(self._at.project, self._at.dataset, self._reports.say)

    def _messaging(self, pubsub: "Future[None]") -> None:
        pubsub.result()
        from local.provision import make_messaging

        make_messaging(self._at.project, self._at.functions, self._at.pulls_records)

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
        from local.sandbox import POSTS, generate

        try:
            with private_files():
                generate(self._home.library, posts=posts or POSTS)
        except (OSError, ValueError) as error:
            raise DidNotStart(f"The library was not made: {error}") from error

    def _wait_for(self, jobs: "list[Future[None]]") -> None:
        """Wait for all jobs. Raises the first failure of a job or of a program."""
        open_jobs = set(jobs)
        while open_jobs:
            ended, open_jobs = wait(open_jobs, timeout=0.1, return_when=FIRST_COMPLETED)
            for job in ended:
                job.result()
            self._children.check()
