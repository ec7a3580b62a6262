"""How the suite is shared out among processes: what shares a running cloud stays together."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from shared.concurrency import in_one_thread
from tests.sql.witness import watch

in_one_thread()  # before numpy is imported: several processes share few cores

# The suite looks at the same examples each time, so that it says the same of the same code; what
# has not been looked at yet is for a campaign: pytest --hypothesis-profile=campaign FILE.
settings.register_profile("suite", derandomize=True)
settings.register_profile("campaign", max_examples=300)
settings.load_profile("suite")

ONE_PROCESS = ("faults", "pipeline", "sql", "terraform", "shared/warehouse")
"""Folders whose tests share what is costly to start, and take longest. Other files stand alone."""

TESTS = Path(__file__).parent


def pytest_configure() -> None:
    """Where `make test` asks for it, write down every statement that BigQuery is sent."""
    watch()


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, for half of these tests wait for a process of their own."""
    return len(os.sched_getaffinity(0)) + 1


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in its own hook, which would come first
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long groups go first, so that none begins when all others have ended."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=lambda item: _group(item) not in ONE_PROCESS)


def _group(item: pytest.Item) -> str:
    path = item.path.relative_to(TESTS).as_posix()
    return next((folder for folder in ONE_PROCESS if path.startswith(f"{folder}/")), path)
