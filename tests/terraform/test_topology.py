"""The cloud that Terraform plans is the cloud that runs on a laptop."""

import json
import re
from string import Template

import pytest

from cli.verbs.doctor.project.checks import LARGEST
from local import endpoints
from local import provision as wiring
from local.functions import FUNCTIONS
from local.served import bytes_of
from shared.storage.layout import VIDEOS
from shared.warehouse.tables import definitions
from shared.warehouse.views import description, templates
from tests.terraform.conftest import PROJECT, ROOT, VIEWS_OF_VIEWS


def subscriptions(plan):
    return {
        subscription["name"]: subscription for subscription in plan.of("google_pubsub_subscription")
    }


def pushes(plan):
    return {
        name: subscription
        for name, subscription in subscriptions(plan).items()
        if subscription["push_config"]
    }


def served_by_functions(plan):
    """The subscriptions that are no dead letters'."""
    return {
        name: subscription
        for name, subscription in subscriptions(plan).items()
        if not name.endswith(wiring.DEAD)
    }


def test_topics_are_the_same(plan):
    assert {topic["name"] for topic in plan.of("google_pubsub_topic")} == set(wiring.TOPICS)


def test_functions_are_the_same(plan):
    assert set(plan.functions()) == {deployed_name(name) for name in FUNCTIONS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_served_here_as_it_is_deployed(plan, name):
    deployed, here = plan.functions()[deployed_name(name)], FUNCTIONS[name].served
    environment = deployed["environment_variables"]

    assert deployed["max_instance_request_concurrency"] == here.concurrency
    assert deployed["timeout_seconds"] == here.timeout_s
    assert bytes_of(deployed["available_memory"]) == here.memory
    # Cloud Run sets the timeout itself.
    assert here.environment == {
        "WORKERS": environment["WORKERS"],
        "THREADS": environment["THREADS"],
        "CLOUD_RUN_TIMEOUT_SECONDS": str(deployed["timeout_seconds"]),
    }


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_a_function_is_told_here_is_what_it_is_told_there(plan, name):
    environment = plan.functions()[deployed_name(name)]["environment_variables"]

    assert {key: environment.get(key) for key in FUNCTIONS[name].settings} == (
        FUNCTIONS[name].settings
    )


def deployed_name(name: str) -> str:
    return endpoints.ANALYZE if name == "analyze" else name


def test_the_subscriptions_of_functions_are_named_as_here(plan):
    assert {endpoints.ANALYZE, endpoints.LOAD} < set(served_by_functions(plan))


def test_records_wait_to_be_pulled_and_uploads_are_pushed(plan):
    assert set(served_by_functions(plan)) - set(pushes(plan)) == {endpoints.LOAD}


def test_deliveries_end_and_come_again_as_here(plan):
    for subscription in served_by_functions(plan).values():
        policy = subscription["dead_letter_policy"][0]
        assert subscription["ack_deadline_seconds"] == wiring.ACK_DEADLINE_S
        assert policy["max_delivery_attempts"] == wiring.MAX_DELIVERY_ATTEMPTS


def test_raters_hear_of_finished_files_and_load_of_every_record(plan):
    heard = {name: it["filter"] or "" for name, it in served_by_functions(plan).items()}

    assert heard.pop(endpoints.LOAD) == ""
    assert set(heard.values()) == {wiring.UPLOADS_ONLY}


def test_every_topic_that_is_pushed_has_a_dead_letter_subscription_named_after_it(plan):
    pushed = {endpoints.UPLOADED, endpoints.RECORDS}

    others = set(subscriptions(plan)) - set(served_by_functions(plan))
    assert others == {f"{topic}{wiring.DEAD}" for topic in pushed}


def test_the_notification_is_of_videos_as_here(plan):
    (notification,) = plan.of("google_storage_notification")

    assert notification["object_name_prefix"] == VIDEOS
    assert notification["event_types"] == ["OBJECT_FINALIZE"]
    assert notification["payload_format"] == "JSON_API_V1"


def test_tables_are_the_same_to_the_last_column(plan):
    tables = {table["table_id"]: table for table in plan.of("google_bigquery_table")}

    for name, definition in definitions().items():
        schema = json.loads((ROOT / f"shared/warehouse/schema/{name}.json").read_text())
        assert json.loads(tables[name]["schema"]) == schema
        assert tables[name]["clustering"] == definition["cluster"]
        (constraints,) = tables[name]["table_constraints"]
        assert constraints["primary_key"][0]["columns"] == definition["key"]
        assert references(constraints) == definition.get("references", {})
        partitions = tables[name]["time_partitioning"] + tables[name]["range_partitioning"]
        assert {each["field"] for each in partitions} == {definition.get("partition")} - {None}
        assert (tables[name]["labels"] or {}) == labels(definition)


def labels(definition) -> dict[str, str]:
    """As a migration labels its tables: by a computed partition, and by what scores are."""
    partition = definition.get("partition")
    is_computed = partition not in (None, *definition["key"])
    scores = {"scores": definition["scores"]} if "scores" in definition else {}
    return ({"partition": partition} if is_computed else {}) | scores


def references(constraints) -> dict[str, str]:
    return {
        key["column_references"][0]["referencing_column"]: key["referenced_table"][0]["table_id"]
        for key in constraints["foreign_keys"]
    }


def test_a_table_that_was_made_by_an_earlier_version_is_moved_not_made_again(plan):
    """Addresses without `module.warehouse`, under which they are written."""
    moves = (ROOT / "terraform/modules/warehouse/moved.tf").read_text()
    earlier = definitions().keys() - {"fact_rating_detail", "fact_retention"} | {"kpis_at_age"}
    planned = {
        resource["address"].removeprefix("module.warehouse.")
        for resource in plan.all()
        if resource["values"].get("table_id") in earlier
    }

    assert set(re.findall(r"to   = (.*)", moves)) == planned


def test_every_view_is_made_of_its_file(plan):
    files = {
        name: Template(text).substitute(dataset=f"{PROJECT}.tiktok")
        for name, text in (templates() | VIEWS_OF_VIEWS).items()
    }

    assert views(plan) == files


def test_a_view_over_views_is_made_after_them(plan):
    steps = {
        resource["values"]["table_id"]: resource["address"].split(".")[3]
        for resource in plan.all()
        if resource["values"].get("table_id") in VIEWS_OF_VIEWS
    }

    assert steps == {
        "on_a_table": "views",
        "on_a_view": "views_of_views",
        "on_both": "views_of_those",
    }


def test_a_view_is_described_by_the_comment_at_its_head(plan):
    described = {
        table["table_id"]: table["description"]
        for table in plan.of("google_bigquery_table")
        if table["view"]
    }

    files = templates() | VIEWS_OF_VIEWS
    assert described == {name: description(text) for name, text in files.items()}


def views(plan) -> dict[str, str]:
    tables = plan.of("google_bigquery_table")
    return {table["table_id"]: table["view"][0]["query"] for table in tables if table["view"]}


def test_every_column_has_a_description(plan):
    bare = [
        (table["table_id"], column["name"])
        for table in plan.of("google_bigquery_table")
        if not table["view"]
        for column in json.loads(table["schema"])
        if not column.get("description")
    ]

    assert bare == []


@pytest.mark.parametrize("table", sorted(definitions()))
def test_every_column_of_a_schema_is_merged_and_the_reverse(table):
    schema = json.loads((ROOT / f"shared/warehouse/schema/{table}.json").read_text())
    statement = (ROOT / f"shared/warehouse/merge/{table}.sql").read_text()
    inserted = re.search(r"INSERT \(([^)]*)\)|INSERT (ROW)", statement)

    assert inserted, "no INSERT found"
    assert {name.strip() for name in inserted[1].split(",")} == {
        column["name"] for column in schema
    }


@pytest.mark.parametrize("table", sorted(definitions()))
def test_every_column_that_is_inserted_has_a_value_of_its_own(table):
    statement = (ROOT / f"shared/warehouse/merge/{table}.sql").read_text()
    columns, values = re.search(
        r"INSERT \(([^)]*)\)\s*VALUES \(([^)]*)\)", statement, re.S
    ).groups()

    assert [f"source.{name.strip()}" for name in columns.split(",")] == [
        value.strip() for value in values.split(",")
    ]


@pytest.mark.parametrize("table", sorted(set(definitions()) - {"dim_lang", "fact_rating_detail"}))
def test_what_is_updated_is_every_column_but_key_and_partition(table):
    schema = json.loads((ROOT / f"shared/warehouse/schema/{table}.json").read_text())
    statement = (ROOT / f"shared/warehouse/merge/{table}.sql").read_text()
    definition = definitions()[table]
    fixed = {*definition["key"], definition["partition"]}
    columns = {column["name"] for column in schema} - fixed
    updates = re.findall(r"UPDATE SET(.*?)\nWHEN ", statement, re.S)

    assert updates
    for updated in updates:
        assert {*re.findall(r"^  (\w+) = ", updated, re.M)} == columns
        # The times of fields are read once, above: source.caption_time
        assert all(f"source.{name}" in updated for name in columns - {"field_times"})


def test_the_check_before_a_deployment_knows_the_largest_function(plan):
    largest = {
        "run.googleapis.com/cpu_allocation": max(
            int(function["available_cpu"]) * 1_000 * function["max_instance_count"]
            for function in plan.functions().values()
        ),
        "run.googleapis.com/mem_allocation": max(
            bytes_of(function["available_memory"]) * function["max_instance_count"]
            for function in plan.functions().values()
        ),
    }

    assert largest == LARGEST
