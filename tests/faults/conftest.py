"""One clean run to compare all disturbed runs with."""

import os

import pytest

from tests.faults.world import Left, run

POSTS = int(os.environ.get("FAULT_POSTS", "24"))


@pytest.fixture(scope="session")
def posts() -> int:
    return POSTS


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory, posts: int) -> Left:
    return run(tmp_path_factory.mktemp("clean"), posts, None)
