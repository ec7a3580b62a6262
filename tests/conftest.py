"""How the suite is shared out among processes: what shares a running cloud stays together."""

from pathlib import Path

import pytest

from shared.insights.one_thread import in_one_thread

in_one_thread()  # before numpy is imported: several processes share few cores

ONE_PROCESS = {"faults", "pipeline", "terraform", "warehouse"}
"""Folders whose tests share what is costly to start; all other files stand alone."""

TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder, *rest = item.path.relative_to(TESTS).parts
        group = folder if folder in ONE_PROCESS else "/".join([folder, *rest])
        item.add_marker(pytest.mark.xdist_group(group))
