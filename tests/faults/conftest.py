"""One clean run to compare all disturbed runs with, and the library that all of them fetch."""

import os
import shutil
from pathlib import Path

import pytest

from local.sandbox import generate
from tests.faults.world import Outcome, run

POSTS = int(os.environ.get("FAULT_POSTS", "16"))


@pytest.fixture(scope="session")
def posts() -> int:
    return POSTS


@pytest.fixture(scope="session")
def library(
    rendered_library: Path,
    made_tables: Path,
    tmp_path_factory: pytest.TempPathFactory,
    posts: int,
) -> Path:
    """The library of a home that has its tables, too. Every run begins with a copy of the home."""
    root = tmp_path_factory.mktemp("faults") / "library"
    shutil.copytree(rendered_library, root)
    shutil.copytree(made_tables, root.parent / "data")
    return generate(root, posts=posts).root


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory, library: Path) -> Outcome:
    return run(tmp_path_factory.mktemp("clean"), library)
