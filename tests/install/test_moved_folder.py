"""`make` in a folder that was moved or copied sets the environment up again."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.tree import ROOT

SET_UP_AGAIN = "Its environment is set up again."


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with an environment that is up to date, in a path with a blank."""
    folder = tmp_path / "my project"
    (folder / ".venv").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements-dev.txt", "requirements-uv.txt"):
        shutil.copy(ROOT / name, folder)
    (folder / ".venv/.ready").write_text(f"{folder.resolve()}/.venv\n")
    return folder


def plan(folder: Path) -> str:
    """What `make setup` would do."""
    command = ["make", "--dry-run", "setup"]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def test_an_environment_at_its_own_path_is_kept(project):
    assert "venv" not in plan(project)


@pytest.mark.parametrize("act", [Path.rename, shutil.copytree])
def test_a_moved_or_copied_folder_is_set_up_again(act, project, tmp_path):
    act(project, tmp_path / "elsewhere")

    steps = plan(tmp_path / "elsewhere")

    assert SET_UP_AGAIN in steps
    assert "-m venv --clear" in steps


def test_a_link_to_an_environment_of_another_folder_is_kept(project, tmp_path):
    environment = (project / ".venv").rename(tmp_path / "environment")
    (environment / ".ready").write_text(f"{environment.resolve()}\n")
    (project / ".venv").symlink_to(environment)

    assert "venv" not in plan(project)


def test_the_set_up_writes_the_path_down(project):
    (project / ".venv/.ready").unlink()

    assert "pwd -P) >.venv/.ready" in plan(project)
