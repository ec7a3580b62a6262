"""The job for long work is planned as `tta` and the job's program expect it."""

import re
import tomllib

import pytest

from cli.region_job import JOB, PROGRAM
from cli.target import TargetSettings
from shared import config
from shared.config import LakeWorkSettings
from tests.terraform.conftest import ROOT
from tests.terraform.test_operations import CPU_SECOND, GIB_SECOND
from tests.terraform.zips import zip_contents

CLOUD_RUN_SETS = {"CLOUD_RUN_TASK_ATTEMPT"}
LEFT_ALONE = {"HASH_KEY", "REQUEST_TIMEOUT_S"}
"""The secret is read instead; the time-out was measured."""


@pytest.fixture(scope="module")
def job(plan):
    (job,) = plan.of("google_cloud_run_v2_job")
    return job


@pytest.fixture(scope="module")
def container(job):
    (container,) = job["template"][0]["template"][0]["containers"]
    return container


@pytest.fixture(scope="module")
def environment(container) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in container["env"]}


def test_tta_asks_for_the_job_by_its_name_and_region(plan, job):
    target = TargetSettings.of(tomllib.loads(plan.output("tta_toml"))["targets"]["dev"])

    assert (job["name"], job["location"]) == (JOB, target.region)


def test_the_program_that_an_execution_starts_is_in_the_zip(container):
    assert container["command"] == ["launcher"]
    assert tuple(container["args"]) == PROGRAM
    assert PROGRAM[1] in zip_contents("report")


def test_the_job_sets_what_its_program_reads(environment):
    fields = {LakeWorkSettings.variable(name) for name in LakeWorkSettings.model_fields}

    assert set(environment) == fields - CLOUD_RUN_SETS - LEFT_ALONE


def test_the_program_takes_the_planned_values(environment, job, monkeypatch):
    for name in CLOUD_RUN_SETS | LEFT_ALONE:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    settings = config.read(LakeWorkSettings)

    assert settings.last_attempt == job["template"][0]["template"][0]["max_retries"]


def test_the_job_runs_as_an_account_of_its_own(job, plan):
    account = job["template"][0]["template"][0]["service_account"]

    assert account.startswith("tta-lake-work@")
    assert account not in [
        function["service_account_email"] for function in plan.functions().values()
    ]


def test_no_execution_runs_beside_another_task_of_its_own(job):
    assert (job["template"][0]["task_count"], job["template"][0]["parallelism"]) == (1, 1)


def test_the_image_that_the_job_runs_has_its_own_system(plan):
    whole = [
        function["name"]
        for function in plan.of("google_cloudfunctions2_function")
        if function["build_config"][0]["on_deploy_update_policy"]
    ]

    assert whole == ["report"]


def test_the_documentation_says_its_size_and_price(container):
    page = (ROOT / "docs/reference/functions.md").read_text()
    cpus, gib, usd = re.search(
        r"has (\d)\s+CPUs,\s+(\d+) GiB .* costs about ([\d.]+) US dollars an hour", page
    ).groups()

    assert container["resources"][0]["limits"] == {"cpu": cpus, "memory": f"{gib}Gi"}
    assert float(usd) == round(3_600 * (int(cpus) * CPU_SECOND + int(gib) * GIB_SECOND), 2)
