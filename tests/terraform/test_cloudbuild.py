"""What Cloud Build runs: the files that the triggers name, with the substitutions they set."""

import re
import subprocess
from pathlib import PurePath
from typing import Any

import pytest
import yaml

from tests.terraform.conftest import ROOT

FILES = ("cloudbuild.yaml", "cloudbuild.apply.yaml")
GIVEN = {"COMMIT_SHA"}
"""What Cloud Build sets itself."""


def build(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / name).read_text())


def scripts(name: str) -> dict[str, str]:
    return {step["id"]: step["script"] for step in build(name)["steps"]}


@pytest.mark.parametrize("name", FILES)
def test_every_script_can_be_read_by_its_shell(name):
    for script in scripts(name).values():
        shell = "bash" if "bash" in script.splitlines()[0] else "sh"
        subprocess.run([shell, "-n"], input=script, text=True, check=True)


@pytest.mark.parametrize("name", FILES)
def test_every_script_stops_at_what_fails(name):
    careless = [step for step, script in scripts(name).items() if "\nset -eu" not in script]

    assert careless == []


@pytest.mark.parametrize("name", FILES)
def test_what_a_script_names_is_set(name):
    used = set(re.findall(r"\$\{?([A-Z_]+)", "\n".join(scripts(name).values())))

    assert used - GIVEN == set(build(name)["substitutions"])


def test_a_build_plans_after_the_tests_and_applies_nothing():
    script = "\n".join(scripts("cloudbuild.yaml").values())

    assert "terraform apply" not in script
    assert (
        script.index("make test") < script.index("terraform fmt -check") < script.index("-out=plan")
    )


def test_an_apply_takes_the_plan_that_was_kept():
    stored_plan = re.search(r"plan.tar.gz (\"gs://[^\"]+\")", scripts("cloudbuild.yaml")["keep"])
    taken = scripts("cloudbuild.apply.yaml")

    assert f"cp {stored_plan[1]}" in taken["plan"]
    assert re.search(r"terraform apply -input=false plan$", taken["apply"].strip())


def test_the_triggers_name_these_files_and_set_what_they_need(bootstrap):
    triggers = bootstrap.of("google_cloudbuild_trigger")

    assert {trigger["filename"] for trigger in triggers} == set(FILES)
    for trigger in triggers:
        assert set(trigger["substitutions"]) == set(build(trigger["filename"])["substitutions"])


def test_every_exception_from_a_check_has_its_reason():
    exceptions = [
        (path.name, reason)
        for path in (ROOT / "terraform").rglob("*.tf")
        for reason in re.findall(r"#checkov:skip=\w+:?(.*)", path.read_text())
    ]

    assert exceptions
    assert [exception for exception in exceptions if len(exception[1]) < 20] == []


def test_a_build_audits_every_pinned_package_and_fails_for_one_that_was_skipped():
    makefile = (ROOT / "Makefile").read_text()
    recipe = makefile.split("\naudit:")[1].split("\n\n")[0]

    assert "make audit" in scripts("cloudbuild.yaml")["test"]
    assert "--strict" in recipe
    pins = [str(path.relative_to(ROOT)) for path in ROOT.glob("**/requirements*.txt")]
    audited = [path for path in pins if not path.startswith((".", "build"))]
    assert [path for path in audited if not covered(path, recipe)] == []


def covered(path: str, recipe: str) -> bool:
    return any(PurePath(path).match(word.rstrip(";")) for word in recipe.split())
