"""An installed `tta` has every file that it reads, and works from a folder without the project."""

import json
import os
import subprocess
import sys

import pytest

from tests.house.interface import _ratings, _videos, _write
from tests.house.tree import ROOT
from tests.install.tree import product_files

PLAN = (
    "columns: [video_id, creator, views, unexpectedness]\npredictors: [unexpectedness]\n"
    "outcomes: [views]\nprimary: {predictor: unexpectedness, outcome: views, scale: count}\n"
    "cluster: creator\nresamples: 100\nseed: 1\n"
)


@pytest.fixture
def tta(site, tmp_path):
    """Run the installed program, as its script does, in an empty folder."""
    script = tmp_path / "bin/tta"
    script.parent.mkdir()
    script.write_text("from cli.__main__ import run\nif __name__ == '__main__':\n    run()\n")
    (tmp_path / "empty").mkdir()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("TTA_", "PYTHON"))
    } | {"PYTHONPATH": str(site), "XDG_DATA_HOME": str(tmp_path / "data")}

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(script), *map(str, words)]
        return subprocess.run(
            command, cwd=tmp_path / "empty", env=environment, capture_output=True, text=True
        )

    return run


def test_the_wheel_holds_exactly_the_files_of_the_product(wheel):
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert packed == product_files(ROOT)


def test_the_installed_program_runs_from_its_own_folder(site):
    script = "import cli, local.home; print(cli.__file__, local.home.is_installed())"
    environment = os.environ | {"PYTHONPATH": str(site), "PYTHONSAFEPATH": "1"}

    answer = subprocess.check_output([sys.executable, "-c", script], env=environment, text=True)

    assert answer.split() == [str(site / "cli/__init__.py"), "True"]


def test_help_lists_the_verbs(tta):
    assert "insights" in tta("--help").stdout


def test_doctor_finds_everything_and_the_home_in_the_users_data_folder(tta, tmp_path):
    answer = tta("doctor", "--json")

    checks = {check["name"]: check for check in json.loads(answer.stdout)}
    assert answer.returncode == 0, answer.stdout
    assert checks["home"]["detail"] == str(tmp_path / "data" / "tta")
    assert checks["packages"]["detail"].endswith(" as declared")
    assert list((tmp_path / "empty").iterdir()) == []


@pytest.mark.campaign
def test_knowledge_is_searched(tta):
    assert json.loads(tta("knowledge", "search", "surprise", "--json").stdout)


def test_a_card_is_not_added_to_what_an_upgrade_replaces(tta):
    answer = tta("knowledge", "add", ROOT / "shared/knowledge/cards/meyer-1997.md")

    assert answer.returncode == 1
    assert "clone" in answer.stderr


@pytest.mark.campaign
def test_a_table_is_analysed(tta, tmp_path):
    videos = _write(tmp_path / "videos.csv", _videos())
    (tmp_path / "plan.yaml").write_text(PLAN)

    answer = tta("insights", "--input", videos, "--plan", tmp_path / "plan.yaml", "--json")

    assert answer.returncode == 0, answer.stderr
    assert "unexpectedness" in answer.stdout


@pytest.mark.campaign
def test_ratings_are_validated(tta, tmp_path):
    answer = tta("validate", "--input", _write(tmp_path / "ratings.csv", _ratings()), "--json")

    assert answer.returncode == 0, answer.stderr


def test_a_module_of_the_working_directory_is_not_taken_for_ours(tta, tmp_path):
    for name in ("random.py", "local.py", "shared.py"):
        (tmp_path / "empty" / name).write_text("raise SystemExit('not ours')\n")

    answer = tta("query", "SELECT 1 AS n", "--json")

    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == [{"n": 1}]
