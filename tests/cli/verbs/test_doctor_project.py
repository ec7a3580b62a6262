"""`tta doctor --project`: what Google says of a project becomes a finding with what to do about it.

The answers have the shapes of Google's references; they come over the wire, from a server here.
"""

import json
import re
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import hcl2
import pytest
from google.oauth2.credentials import Credentials

from cli.errors import UserError
from cli.main import status_of
from cli.verbs.doctor.project import checks as deployable
from cli.verbs.doctor.project import google_apis
from cli.verbs.doctor.project.checks import run_checks
from cli.verbs.doctor.project.deployment import Deployment
from cli.verbs.doctor.project.google_apis import GoogleApis
from tests.loopback import Reply, Request, serving
from tests.programs import python

ROOT = Path(__file__).parents[3]
PROJECT = "demo-project"
PLACE = Deployment(PROJECT, "europe-west1", "gemini-3.5-flash-lite", "global")
QUOTA = f"/serviceusage/v1beta1/projects/{PROJECT}/services/run.googleapis.com/consumerQuotaMetrics"
MODEL = "/aiplatform/v1/publishers/google/models/gemini-3.5-flash-lite"
PROJECTS = f"/cloudresourcemanager/v3/projects/{PROJECT}"


def service(api: str, state: str) -> dict[str, str]:
    return {"name": f"projects/1/services/{api}.googleapis.com", "state": state}


def limits(metric: str, **regions: int) -> dict[str, Any]:
    buckets = [
        {"effectiveLimit": str(limit), "dimensions": {"region": region.replace("_", "-")}}
        for region, limit in regions.items()
    ]
    default = {"effectiveLimit": "0", "defaultLimit": "0"}
    limit = {"metric": metric, "quotaBuckets": [default, *buckets]}
    return {"metric": metric, "consumerQuotaLimits": [limit]}


def error(status: int, message: str, reason: str = "") -> tuple[int, dict[str, Any]]:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}]
    body = {"code": status, "message": message, "status": "X", "details": details if reason else []}
    return status, {"error": body}


class World:
    """A project that lacks nothing; a test takes something away."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {
            PROJECTS: {"state": "ACTIVE", "displayName": "Demo"},
            f"{PROJECTS}:testIamPermissions": {"permissions": list(deployable.ROLES.values())},
            f"/cloudbilling/v1/projects/{PROJECT}/billingInfo": {
                "billingEnabled": True,
                "billingAccountName": "billingAccounts/012345-6789AB-CDEF01",
            },
            f"/serviceusage/v1/projects/{PROJECT}/services:batchGet": {
                "services": [service(api, "ENABLED") for api in deployable.APIS]
            },
            QUOTA: {
                "metrics": [
                    limits("run.googleapis.com/cpu_allocation", europe_west1=20_000),
                    limits("run.googleapis.com/mem_allocation", europe_west1=40 * 2**30),
                ]
            },
            MODEL: {"name": "publishers/google/models/gemini-3.5-flash-lite", "launchStage": "GA"},
        }
        self.requests: list[Request] = []

    def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        response = self.answers.get(urlsplit(request.path).path)
        status, content = response if isinstance(response, tuple) else (200, response)
        if response is None:
            status, content = error(404, f"not found: {request.path}")
        return Reply(status, json.dumps(content).encode(), {"Content-Type": "application/json"})


@pytest.fixture(autouse=True)
def _a_day_on_which_the_default_model_is_served(monkeypatch):
    monkeypatch.setattr(deployable, "today", lambda: date(2026, 11, 27))


@pytest.fixture
def world():
    return World()


@pytest.fixture
def google(world):
    with serving(world.answer) as server:
        yield GoogleApis(Credentials("token"), PROJECT, lambda api: f"{server.url}/{api}")


@pytest.fixture
def checks(world, google):
    """Check name -> the finding."""

    def check(deployment: Deployment = PLACE) -> dict[str, Any]:
        return {check.name: check for check in run_checks(deployment, google)}

    return check


def test_a_project_that_has_everything_is_ready(checks):
    assert [check.ok for check in checks().values()] == [True] * len(deployable.CHECKS)


def test_nothing_is_changed_by_asking(world, checks):
    checks()

    posted = [urlsplit(request.path).path for request in world.requests if request.method != "GET"]
    assert posted == [f"{PROJECTS}:testIamPermissions"]


def test_a_project_that_is_not_there_is_told(world, checks):
    world.answers[PROJECTS] = error(403, "The caller does not have permission")

    assert checks()["project"].ok is False
    assert "spelling" in checks()["project"].todo


def test_the_first_api_that_terraform_needs_is_named_with_its_command(world, checks):
    world.answers[PROJECTS] = error(403, "It has not been used", "SERVICE_DISABLED")

    todo = checks()["project"].todo
    assert f"gcloud services enable cloudresourcemanager.googleapis.com --project {PROJECT}" in todo


def test_a_project_that_is_being_deleted_is_no_project(world, checks):
    world.answers[PROJECTS] = {"state": "DELETE_REQUESTED"}

    assert "DELETE_REQUESTED" in checks()["project"].detail


def test_a_project_without_billing_gets_the_page_to_link_one(world, checks):
    world.answers[f"/cloudbilling/v1/projects/{PROJECT}/billingInfo"] = {"billingEnabled": False}

    assert "billing/linkedaccount" in checks()["billing"].todo


def test_missing_permissions_are_told_as_the_roles_that_give_them(world, checks):
    granted = [
        permission
        for permission in deployable.ROLES.values()
        if not permission.startswith("pubsub")
    ]
    world.answers[f"{PROJECTS}:testIamPermissions"] = {"permissions": granted}

    assert "for roles/pubsub.admin." in checks()["roles"].todo


def test_who_may_do_nothing_gets_an_empty_answer_and_is_told_all_roles(world, checks):
    world.answers[f"{PROJECTS}:testIamPermissions"] = {}

    assert all(role in checks()["roles"].todo for role in deployable.ROLES)


def test_apis_that_are_off_are_terraforms_to_switch_on(world, checks):
    services = [
        service(api, "DISABLED" if api == "pubsub" else "ENABLED") for api in deployable.APIS
    ]
    world.answers[f"/serviceusage/v1/projects/{PROJECT}/services:batchGet"] = {"services": services}

    assert checks()["apis"].ok and "Terraform switches on pubsub" in checks()["apis"].detail


def test_in_a_deployment_no_api_is_off(world, checks):
    services = [
        service(api, "DISABLED" if api == "pubsub" else "ENABLED") for api in deployable.APIS
    ]
    world.answers[f"/serviceusage/v1/projects/{PROJECT}/services:batchGet"] = {"services": services}
    deployment = Deployment(PROJECT, "europe-west1", PLACE.model, "global", is_deployed=True)

    assert checks(deployment)["apis"].todo.startswith(
        "Run: gcloud services enable pubsub.googleapis.com"
    )


def test_a_quota_below_the_largest_function_is_told(world, checks):
    metric = limits("run.googleapis.com/cpu_allocation", europe_west1=4_000, us_east1=90_000)
    world.answers[QUOTA]["metrics"][0] = metric

    assert checks()["quota"].ok is False
    assert "cpu_allocation" in checks()["quota"].detail


def test_a_region_of_which_no_quota_is_known_cannot_be_told(world, checks):
    world.answers[QUOTA] = {}

    assert checks()["quota"].ok is None


def test_a_model_that_is_not_offered_there_is_told(world, checks):
    world.answers[MODEL] = error(404, "Publisher model not found")

    assert checks()["model"].ok is False
    assert "gemini_location" in checks()["model"].todo


def test_a_model_that_is_not_for_everybody_is_told(world, checks):
    world.answers[MODEL] = {"name": "x", "launchStage": "PRIVATE_PREVIEW"}

    assert "PRIVATE_PREVIEW" in checks()["model"].detail


def test_a_model_is_asked_for_where_it_will_answer(world, checks):
    path = "/europe-west4-aiplatform/v1/publishers/google/models/gemini-3.6-flash"
    world.answers[path] = {"name": "x", "launchStage": "GA"}

    deployment = Deployment(PROJECT, "europe-west1", "gemini-3.6-flash", "europe-west4")

    assert checks(deployment)["model"].detail == "europe-west4 offers gemini-3.6-flash (GA)"


def test_what_google_does_not_say_stops_no_other_check(world, checks):
    world.answers[f"/cloudbilling/v1/projects/{PROJECT}/billingInfo"] = error(500, "Internal error")

    assert checks()["billing"].ok is None
    assert [check.ok for name, check in checks().items() if name != "billing"] == [True] * (
        len(deployable.CHECKS) - 1
    )


def test_an_answer_that_is_no_json_cannot_be_told(google, monkeypatch):
    with serving(lambda request: Reply(200, b"<html>")) as server:
        google.address = lambda api: f"{server.url}/{api}"

        findings = run_checks(PLACE, google)

    assert {
        check.ok for check in findings if check.name not in ("lifetime", "canary", "partitions")
    } == {None}


@pytest.mark.parametrize("path", [QUOTA, f"{PROJECTS}:testIamPermissions"])
def test_an_answer_of_another_form_cannot_be_told(world, checks, path):
    world.answers[path] = {"metrics": [7], "permissions": 7}

    assert None in {check.ok for check in checks().values()}


def test_the_project_pays_for_the_question(world, checks):
    checks()

    assert {request.headers.get("x-goog-user-project") for request in world.requests} == {PROJECT}


def test_the_command_prints_findings_and_its_status(world, google, monkeypatch, capsys):
    world.answers[MODEL] = error(404, "Publisher model not found")
    monkeypatch.setattr(google_apis.GoogleApis, "logged_in", lambda project: google)

    status = status_of(["doctor", "--project", PROJECT])

    output = capsys.readouterr()
    assert status == 1
    assert "NO  model: global offers no gemini-3.5-flash-lite" in output.out
    assert "Error: Not ready: model." in output.err


def test_json_is_all_that_is_printed(world, google, monkeypatch, capsys):
    monkeypatch.setattr(google_apis.GoogleApis, "logged_in", lambda project: google)

    assert status_of(["doctor", "--project", PROJECT, "--json"]) == 0
    assert [check["name"] for check in json.loads(capsys.readouterr().out)] == list(
        deployable.CHECKS
    )


def test_nobody_logged_in_is_told_how_to(monkeypatch):
    def nobody(**options: Any) -> None:
        raise google_apis.DefaultCredentialsError("none")

    monkeypatch.setattr(google_apis.google.auth, "default", nobody)

    with pytest.raises(UserError, match="gcloud auth application-default login"):
        GoogleApis.logged_in(PROJECT)


def test_no_project_is_wrong_use(monkeypatch, capsys):
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)

    assert status_of(["doctor", "--region", "europe-west1"]) == 2
    assert "--project ID" in capsys.readouterr().err


def test_the_apis_are_those_that_terraform_switches_on():
    switched = set(
        re.findall(r'"(\w+)\.googleapis\.com",', (ROOT / "terraform/project.tf").read_text())
    )

    assert set(deployable.APIS) == switched | {"serviceusage"}


def test_the_roles_are_those_that_cloud_build_deploys_with():
    with (ROOT / "terraform/bootstrap/main.tf").open() as file:
        makes = re.findall(r"roles/[A-Za-z.]+", str(hcl2.load(file)["locals"][0]["makes"]))

    roles = set(deployable.ROLES) | {"roles/logging.logWriter"}  # for a build's own log
    assert roles == {*makes, "roles/resourcemanager.projectIamAdmin"}


def test_what_is_checked_by_default_is_what_terraform_deploys_by_default():
    with (ROOT / "terraform/variables.tf").open() as file:
        variables = {
            k.strip('"'): v for block in hcl2.load(file)["variable"] for k, v in block.items()
        }
    deployment = Deployment.of("local", PROJECT, "europe-west1", None, None)

    for name, value in (
        ("gemini_model", deployment.model),
        ("gemini_location", deployment.location),
        ("region", deployment.region),
    ):
        assert variables[name]["default"].strip('"') == value


def test_the_library_of_the_lookup_is_loaded_for_the_lookup_alone():
    code = (
        "import sys, cli.main, cli.verbs.doctor.project.checks; cli.main.app(); "
        "print('google.cloud.aiplatform_v1' in sys.modules)"
    )
    completed = subprocess.run([*python(), "-c", code], capture_output=True, text=True, cwd=ROOT)

    assert completed.stdout.strip() == "False", completed.stderr


def test_no_function_requires_the_library_of_the_lookup():
    requirements = [path.read_text() for path in ROOT.glob("functions/*/requirements.txt")]

    assert requirements
    assert not any("google-cloud-aiplatform" in text for text in requirements)


def test_a_long_answer_is_asked_for_whole(world, checks):
    checks()

    (quota_request,) = [
        request for request in world.requests if "consumerQuotaMetrics" in request.path
    ]
    assert parse_qs(urlsplit(quota_request.path).query)["view"] == ["FULL"]


def test_a_retired_model_is_lacking_and_says_which_to_choose(checks):
    gone = checks(Deployment(PROJECT, "europe-west1", "gemini-3.6-flash", "global"))["lifetime"]

    assert not gone.ok
    assert gone.ok is not None
    assert "was retired on 2026-11-19" in gone.detail
    assert "gemini-3.5-flash-lite" in gone.todo


def test_the_models_of_named_raters_are_checked_too(checks):
    place = replace(PLACE, named_models=("gemini-3.6-flash",))

    gone = checks(place)["lifetime"]

    assert gone.ok is False
    assert "gemini-3.6-flash was retired on 2026-11-19" in gone.detail


def test_a_model_without_a_price_is_told(checks):
    unpriced = checks(replace(PLACE, named_models=("gemini-99",)))["lifetime"]

    assert unpriced.ok is None
    assert "gemini-99 has no price" in unpriced.detail


def test_an_end_that_comes_is_told_and_does_not_stop_a_deployment(checks, monkeypatch):
    monkeypatch.setattr(deployable, "today", lambda: date(2027, 1, 1))

    soon = checks(Deployment(PROJECT, "europe-west1", "gemini-3.7-flash", "global"))["lifetime"]

    assert (soon.ok, "retires on 2027-01-28" in soon.detail) == (None, True)
    assert "gemini-3.5-flash-lite" in soon.todo


DEPLOYED = replace(PLACE, is_deployed=True, bucket="lake")
LATEST = "/storage/storage/v1/b/lake/o/canary%2Fgemini%2Flatest.json"


def verdict(**fields: Any) -> dict[str, Any]:
    return {"day": "2026-11-26", "rater": "gemini/m/1.0", "config_hash": "c", "ok": True} | fields


@pytest.mark.parametrize(
    ("answer", "ok", "words"),
    [
        (verdict(), True, "no change"),
        (verdict(is_baseline=True), True, "the baseline"),
        (
            verdict(ok=False, findings=[{"kind": "answers", "sentence": "positivity moved"}]),
            False,
            "changed: positivity moved",
        ),
        (verdict(ok=None, put_off="the day is spent"), True, "postponed, the day is spent"),
        (verdict(day="2026-11-24"), None, "it last ran on 2026-11-24"),
        (verdict(ok="?"), None, "not known"),
        (error(404, "No such object"), None, "it has not run yet"),
        (error(500, "Internal error"), None, "not known"),
    ],
)
def test_the_canary_of_a_deployment_is_read_off_its_lake(world, checks, answer, ok, words):
    world.answers[LATEST] = answer

    check = checks(DEPLOYED)["canary"]

    assert (check.ok, words in check.detail) == (ok, True), check


def test_before_a_deployment_there_is_no_canary_to_read(world, checks):
    assert checks()["canary"].ok
    assert not [request for request in world.requests if "canary" in request.path]


JOBS = f"/bigquery/bigquery/v2/projects/{PROJECT}/jobs"
FACT = f"/bigquery/bigquery/v2/projects/{PROJECT}/datasets/tiktok/tables/fact_video_analytics"


@pytest.mark.parametrize(
    ("stored", "read", "ok", "words"),
    [
        ("9000000", "0", True, "its own days, of 9,000,000 bytes"),
        ("9000000", "9500000", False, "9,500,000 bytes whatever its days"),
        ("0", "0", True, "of 0 bytes"),
        ("9000000", None, None, "not known"),
    ],
)
def test_a_dry_run_says_whether_a_batch_reads_its_own_days_alone(
    world, checks, stored, read, ok, words
):
    world.answers[FACT] = {"numBytes": stored}
    world.answers[JOBS] = {"statistics": {} if read is None else {"totalBytesProcessed": read}}

    check = checks(replace(DEPLOYED, dataset="tiktok"))["partitions"]

    assert (check.ok, words in check.detail) == (ok, True), check
    (sent,) = [request for request in world.requests if request.path.endswith("/jobs")]
    configuration = json.loads(sent.body)["configuration"]
    assert configuration["dryRun"] is True
    assert configuration["query"]["query"].startswith("-- Written by")
