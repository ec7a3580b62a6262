"""The planned roles: checked by rules, and compared with the table in the docs."""

import re
from typing import Any

import pytest

from tests.terraform.conftest import PROJECT, ROOT, Plan

TABLE = ROOT / "terraform/ROLES.md"
PRIMITIVE = {"roles/owner", "roles/editor", "roles/viewer"}
DATA = re.compile(r"roles/(storage|bigquery\.(data|admin)|pubsub|secretmanager|datastore|spanner)")
PUBLIC = {"allUsers", "allAuthenticatedUsers"}
GIVES = re.compile(
    r"api\.getAttribute\('iam\.googleapis\.com/modifiedGrantsByRole', \[\]\)"
    r"\.hasOnly\(\[('roles/[A-Za-z.]+'(, )?){5}\]\)"
)
ROWS_OF_THE_TABLE = 30
"""At least; a table that cannot be read would agree with a plan that cannot be read."""

# Type of a binding -> the word for its resource, and which value names it.
NAMED_BY = {
    "google_artifact_registry_repository_iam_member": ("repository", "repository"),
    "google_bigquery_dataset_iam_member": ("dataset", "dataset_id"),
    "google_cloud_run_v2_service_iam_member": ("function", "name"),
    "google_pubsub_subscription_iam_member": ("subscription", "subscription"),
    "google_pubsub_topic_iam_member": ("topic", "topic"),
    "google_secret_manager_secret_iam_member": ("secret", "secret_id"),
    "google_storage_bucket_iam_member": ("bucket", "bucket"),
}


def bindings(plan: Plan) -> list[dict[str, Any]]:
    return [resource for resource in plan.all() if "_iam_" in resource["type"]]


def rows(plan: Plan) -> list[tuple[str, str, str]]:
    """Account, resource and role of every planned binding, in the words of the table."""
    return sorted(
        (_account(binding["values"]["member"]), _resource(binding), binding["values"]["role"])
        for binding in bindings(plan)
    )


def _account(member: str) -> str:
    if own := re.fullmatch(
        rf"serviceAccount:tta-(.+)@{PROJECT}\.iam\.gserviceaccount\.com", member
    ):
        return own[1]
    agent = re.fullmatch(r"serviceAccount:service-\d+@(.+)\.iam\.gserviceaccount\.com", member)
    return f"agent {agent[1]}" if agent else member


def _resource(binding: dict[str, Any]) -> str:
    if binding["type"] == "google_project_iam_member":
        return _narrowed(binding["values"].get("condition") or []) or "project"
    word, name = NAMED_BY[binding["type"]]
    return f"{word} {binding['values'][name].removeprefix(PROJECT + '-')}"


def _narrowed(conditions: list[dict[str, Any]]) -> str:
    """What a condition lets a project's binding reach, if it is of a form that we know."""
    for condition in conditions:
        if GIVES.fullmatch(condition["expression"]):
            return "project, five roles only"
        form = r'resource\.name\.startsWith\("projects/_/buckets/(gcf-v2-sources)-\d+-[a-z0-9-]+"\)'
        if match := re.fullmatch(form, condition["expression"]):
            return f"buckets {match[1]}-*"
    return ""


def table(heading: str = "# Roles") -> list[tuple[str, str, str]]:
    section = re.split(r"^(?=#)", TABLE.read_text().partition(heading)[2], flags=re.M)[0]
    cells = re.findall(r"^\| ([^|]+) \| ([^|]+) \| (roles/[^|]+) \| ", section, re.M)
    return sorted(tuple(cell.strip() for cell in row) for row in cells)


def test_every_planned_role_is_in_the_table_and_the_reverse(plan):
    assert len(table()) >= ROWS_OF_THE_TABLE
    assert rows(plan) == table()


def test_no_role_is_a_primitive_one(plan):
    assert [
        binding["address"] for binding in bindings(plan) if binding["values"]["role"] in PRIMITIVE
    ] == []


def test_no_role_over_data_is_project_wide(plan):
    wide = [row for row in rows(plan) if row[1] == "project" and DATA.match(row[2])]

    assert wide == []


def test_nothing_is_public(plan):
    assert [
        binding["address"] for binding in bindings(plan) if binding["values"]["member"] in PUBLIC
    ] == []


def test_every_binding_adds_one_member_and_replaces_nobody(plan):
    assert {binding["type"].rpartition("_iam_")[2] for binding in bindings(plan)} == {"member"}


def test_nobody_has_a_key(plan):
    assert plan.of("google_service_account_key") == []


def test_every_function_runs_and_is_called_as_an_account_of_its_own(plan):
    accounts = [config["service_account_email"] for config in plan.functions().values()]
    callers = {row[0] for row in rows(plan) if row[1].startswith("function ")}

    assert len(set(accounts)) == len(accounts)
    assert callers == {"push", "scheduler"}


@pytest.mark.parametrize("name", ["push", "scheduler"])
def test_who_calls_functions_may_do_nothing_else(plan, name):
    assert {row[2] for row in rows(plan) if row[0] == name} == {"roles/run.invoker"}


def test_who_deploys_has_the_roles_of_its_table_and_no_primitive_one(bootstrap):
    assert rows(bootstrap) == table("## Deploying from Cloud Build")
    assert [row for row in rows(bootstrap) if row[2] in PRIMITIVE] == []
    assert [row for row in bindings(bootstrap) if row["values"]["member"] in PUBLIC] == []


def test_who_deploys_may_give_the_roles_that_functions_have_and_no_other(plan, bootstrap):
    (gives,) = [binding for binding in bindings(bootstrap) if binding["values"]["condition"]]
    grantable = set(re.findall(r"roles/[A-Za-z.]+", gives["values"]["condition"][0]["expression"]))

    assert grantable == {
        binding["values"]["role"]
        for binding in bindings(plan)
        if binding["type"] == "google_project_iam_member"
    }
