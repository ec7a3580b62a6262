"""One wheel for all tests: built as an installer builds it, and unpacked as one unpacks it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.install.tree import copy_project

_BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel of the project, whose folder still has a module that an earlier build left."""
    folder = tmp_path_factory.mktemp("wheel")
    project = copy_project(folder / "project")
    deleted = project / "build/lib/cli/verbs/deleted/command.py"
    deleted.parent.mkdir(parents=True)
    deleted.touch()
    command = [sys.executable, "-c", _BUILD, str(folder)]
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


@pytest.fixture(scope="session")
def site(wheel: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like site-packages that holds the wheel."""
    folder = tmp_path_factory.mktemp("site")
    wheel.extractall(folder)
    return folder
