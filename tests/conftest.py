"""How the suite is shared out among processes: what shares a running cloud stays together."""

import fcntl
import gc
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from random import Random
from typing import Any

import certifi
import pytest
from _pytest.runner import runtestprotocol
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from shared.concurrency import in_one_thread
from tests.bytecode import compile_once
from tests.collected import are_all_wanted, take_over
from tests.programs import fork_clouds, start_programs
from tests.sql.witness import watch
from tests.workers import fork_workers, start_forking

in_one_thread()  # before numpy is imported: several processes share few cores
gc.disable()  # while tests are collected: nearly all of those objects stay

# The suite looks at the same few examples each time, so that it says the same of the same code.
# `make campaigns` draws 300 new ones: pytest --hypothesis-profile=campaign -m hypothesis FILE.
settings.register_profile("suite", derandomize=True, max_examples=30, deadline=None)
settings.register_profile("campaign", max_examples=300, deadline=None)
settings.load_profile("suite")

TRANSLATIONS = "TTA_TRANSLATIONS"
"""A folder in which all local BigQueries of one run share their translations of statements.

A translation takes longer than the statement. The next run translates anew: a change of our own
parts of the translator must not meet what was stored before it.
"""

ONE_PROCESS = (
    *("faults", "house", "install", "pipeline", "sql", "terraform", "shared/warehouse"),
    "shared/insights/report",
)
"""Folders whose tests share what is costly to start, and take longest. Other files stand alone."""

WITH = {
    "browser/": "shared/insights/report",
    "local/emulators/test_guard.py": "shared/insights/report",
}
"""What joins a folder. The tests of pages open the report that the others have made, and pages and
programs ask the same servers."""

ALONE = (
    "pipeline/test_rate_verb.py",
    "pipeline/test_validate_verb.py",
)
"""Files of these folders that start what they need anyway, or run for long."""

FIRST = (
    *("faults", "shared/insights/report", "shared/warehouse", "pipeline", *ALONE, "house"),
    *("contract/test_decoder_deaths.py", "stand_ins/test_cloud_run.py"),
    *("shared/rating/signals/test_signals.py", "shared/test_http.py", "stand_ins/test_gemini.py"),
)
"""What takes longest, or waits. The faults wait for minutes, whatever the number of cores. By their
names files that wait would come together, when a core has nothing else to do, or come last."""


def pytest_configure(config: pytest.Config) -> None:
    """Where `make test` asks for it, write down every statement that BigQuery is sent."""
    watch()
    if TRANSLATIONS not in os.environ:  # the processes of the suite inherit it
        os.environ[TRANSLATIONS] = folder = tempfile.mkdtemp()
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        config.add_cleanup(lambda: os.environ.pop(TRANSLATIONS))
    fork_clouds()
    ssl.create_default_context = share_public_authorities(ssl.create_default_context)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Before xdist starts its processes: its own hook of this name runs last."""
    if getattr(session.config.option, "numprocesses", None):
        compile_once(session.config)
        folder = tempfile.mkdtemp()
        session.config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        if are_all_wanted(session.config):
            start_programs(session.config, Path(folder))
        start_forking(session.config, Path(folder))
        forget_older_runs(session.config)


def forget_older_runs(config: pytest.Config) -> None:
    """Delete the folders of older runs now, while one core imports the tests and another is idle.

    pytest would delete 40,000 files after the last test, and everybody would wait for it.
    """
    base = config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    if base.name.startswith("pytest-"):  # else somebody chose the folder
        command = [sys.executable, "-m", "tests.older_runs", str(base.parent)]
        deleting = subprocess.Popen(command)
        config.add_cleanup(lambda: deleting.wait() and None)


def pytest_xdist_setupnodes(config: pytest.Config, specs: list[Any]) -> None:
    fork_workers(config, specs)


def share_public_authorities(create: Any) -> Any:
    """Read the public certificate authorities once per process.

    Each client of Gemini and of a media server reads them when it is built, which takes up to
    30 ms of CPU. The tests build thousands, for servers without TLS. A context of other
    authorities is always a new one.
    """
    public = {certifi.where(), os.environ.get("SSL_CERT_FILE")}
    shared = lru_cache(create)

    def context(*purpose: Any, cafile: Any = None, capath: Any = None, cadata: Any = None) -> Any:
        make = shared if cafile in public and cafile and cadata is None else create
        return make(*purpose, cafile=cafile, capath=capath, cadata=cadata)

    return context


def pytest_xdist_auto_num_workers() -> int:
    """Three more than there are cores, for many of these tests wait for a process of their own."""
    return len(os.sched_getaffinity(0)) + 3


class GroupScheduling(LoadScopeScheduling):
    """A group of tests goes to one process, as the same class of xdist does with a module.

    `--dist loadgroup` would read marks, but xdist 3.8 writes them into an attribute that pytest 9
    no longer reads: every process then starts clouds and makes plans of its own.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid)

    def add_node_collection(self, node: Any, collection: Sequence[str]) -> None:
        super().add_node_collection(node, collection)
        if names := self.registered_collections.get(node):
            self.registered_collections[node] = IndexedNames(names)

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        """Forget the test. At each test xdist counts what is pending among all that it sent."""
        nodeid = self.registered_collections[node][item_index]
        del self.assigned_work[node][_group(nodeid)][nodeid]
        self._reschedule(node)


class IndexedNames(list[str]):
    """Names of tests that know their indices. xdist looks up each of ten thousand by comparing."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(names)
        self._indices = {name: index for index, name in enumerate(names)}

    def index(self, name: str, *_: Any) -> int:
        return self._indices[name]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> GroupScheduling:
    return GroupScheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> bool | None:
    return take_over(session)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Have a process of xdist say of a test what came of it, once.

    By itself it would also say that the test begins, was set up, was torn down, and ends. That
    takes a millisecond of CPU, in two processes together.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ or item.config.getoption("durations"):
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    return True


def pytest_collection_finish() -> None:
    """The collector need not look at modules and tests again, nor often at what tests make."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)  # 7 % of the processor time of tests, for some megabytes
    gc.enable()


@pytest.hookimpl(tryfirst=True)  # before campaigns are deselected
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long groups go first, so that none begins when all others have ended."""
    leave_most_to_campaigns(items)
    rank = {group: number for number, group in enumerate(FIRST)}
    items.sort(key=lambda item: rank.get(_group(item.nodeid), len(FIRST)))


def leave_most_to_campaigns(items: list[pytest.Item]) -> None:
    """Of the examples of a test that is marked `few(n)`, n are drawn by its name for the suite."""
    examples: dict[str, list[pytest.Item]] = {}
    for item in items:
        marks = {mark.name for mark in item.own_markers}  # its function's, and its parameters'
        if "few" in marks and "campaign" not in marks:
            examples.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for name, group in examples.items():
        (number,) = group[0].get_closest_marker("few").args  # type: ignore[union-attr]
        drawn = Random(name).sample(range(len(group)), min(number, len(group)))
        for place in set(range(len(group))) - set(drawn):
            group[place].add_marker(pytest.mark.campaign)


def _group(nodeid: str) -> str:
    return _group_of_file(nodeid.partition("::")[0].removeprefix("tests/"))


@cache
def _group_of_file(path: str) -> str:
    if path in ALONE:
        return path
    path = next((folder + "/" for begin, folder in WITH.items() if path.startswith(begin)), path)
    return next((folder for folder in ONE_PROCESS if path.startswith(f"{folder}/")), path)


@pytest.fixture(scope="session")
def every_server(
    rendered_library: Path, made_tables: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, Any], str]]:
    """Every server that the product opens on this machine, and the address of Pub/Sub's gRPC."""
    from tests.doors import open_servers

    home = tmp_path_factory.mktemp("doors") / "home"
    shutil.copytree(rendered_library, home / "library")
    shutil.copytree(made_tables, home / "data")
    with open_servers(home) as servers_and_grpc:
        yield servers_and_grpc


@pytest.fixture(scope="session")
def rendered_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small sandbox library, which is rendered once for all processes of the suite.

    Copy it: `generate` keeps the clips of a copy, whatever its seed and number of posts.
    """
    from local.home import private_files
    from local.sandbox import generate

    with private_files():  # as in a home: copies keep the modes
        return generate(folder_of_the_run(tmp_path_factory) / "library", posts=24).root


@pytest.fixture(scope="session")
def made_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a home with empty tables, made once for all processes of the suite. Copy it.

    A new home makes its tables and views in half a second of CPU.
    """
    from local.cloud import QUERY, running

    home = folder_of_the_run(tmp_path_factory) / "tables"
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            with running(home, QUERY):
                pass
    return home / "data"


def folder_of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The temporary folder that all processes of the suite share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
