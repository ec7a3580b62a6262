"""What Terraform would make: its plan, from a program that plans without an account."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = "demo-project"
VARIABLES = (f"project_id={PROJECT}",)
REPOSITORY = f"projects/{PROJECT}/locations/europe-west1/connections/c/repositories/r"
BOOTSTRAP = (f"project_id={PROJECT}", f"repository={REPOSITORY}")
PLANS_WITHIN_S = 300


class Plan:
    """A plan as `terraform show -json` prints it."""

    def __init__(self, content: dict[str, Any]):
        self._content = content

    def all(self) -> Iterator[dict[str, Any]]:
        """Every planned resource: its address, type, index and values."""
        yield from _resources(self._content["planned_values"]["root_module"])

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Values of the resources of one type."""
        return [resource["values"] for resource in self.all() if resource["type"] == kind]

    def zips(self) -> dict[str, dict[str, Any]]:
        """Function -> its archive_file: `source` (a list of filename and content), `output_md5`."""
        data = self._content["prior_state"]["values"]["root_module"]["resources"]
        return {
            source["index"]: source["values"] for source in data if source["type"] == "archive_file"
        }

    def output(self, name: str) -> Any:
        return self._content["planned_values"]["outputs"][name]["value"]

    def functions(self) -> dict[str, dict[str, Any]]:
        """Function -> its service_config."""
        return {
            function["name"]: function["service_config"][0]
            for function in self.of("google_cloudfunctions2_function")
        }


def _resources(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _resources(child)


def planned(
    root: Path,
    target: Path,
    module: str = "terraform",
    variables: Sequence[str] = VARIABLES,
) -> Plan:
    """The plan of a tree. Skips the test, aloud, when there is no program that could make it."""
    program = os.environ.get("TFCHECK")
    if not program:
        pytest.skip("no plan: set TFCHECK to a program that plans offline, then make test")
    words = [word for variable in variables for word in ("--var", variable)]
    command = [program, root / module, "--root", root, "--plan-json", target, *words]
    result = subprocess.run(command, capture_output=True, text=True, timeout=PLANS_WITHIN_S)
    assert result.returncode == 0, result.stdout + result.stderr
    return Plan(json.loads(target.read_text()))


VIEWS_OF_VIEWS = {
    name: f"-- One row per rating, {name}.\n{statement}\n"
    for name, statement in {
        "on_a_table": "SELECT video_id FROM `${dataset}.fact_rating`",
        "on_a_view": "SELECT video_id FROM `${dataset}.on_a_table`",
        "on_both": "SELECT * FROM `${dataset}.on_a_view`"
        " JOIN `${dataset}.on_a_table` USING (video_id)",
    }.items()
}
"""Views that the planned tree has besides its own. They show the order in which views are made."""


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a plan reads, without what a plan leaves behind, and with further views.

    Of `shared/` it holds the warehouse and a room with folders of its own. Terraform compares every
    file of a zip with every other: with all of `shared/` a plan takes half a minute more.
    """
    target = tmp_path_factory.mktemp("tree")
    leave = shutil.ignore_patterns("__pycache__", ".build", ".terraform", "*.tfstate*", "*.tfvars")
    for folder in ("functions", "terraform", "shared/warehouse", "shared/tiktok"):
        shutil.copytree(ROOT / folder, target / folder, ignore=leave)
    for path in (ROOT / "shared").glob("*.py"):
        shutil.copy(path, target / "shared")
    for name, text in VIEWS_OF_VIEWS.items():
        (target / f"shared/warehouse/views/{name}.sql").write_text(text)
    return target


@pytest.fixture(scope="session")
def plan(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return planned(tree, tmp_path_factory.mktemp("plan") / "plan.json")


@pytest.fixture(scope="session")
def bootstrap(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The plan of what deploying from Cloud Build rests on."""
    target = tmp_path_factory.mktemp("bootstrap") / "plan.json"
    return planned(tree, target, "terraform/bootstrap", BOOTSTRAP)
