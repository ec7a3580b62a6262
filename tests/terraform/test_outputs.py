"""What `terraform output` prints is what the next command takes."""

import re
import tomllib
from urllib.parse import parse_qs, urlsplit

from cli.target import TargetSettings
from tests.terraform.conftest import PROJECT


def test_tta_takes_the_target_as_it_is_printed(plan):
    targets = tomllib.loads(plan.output("tta_toml"))["targets"]

    target = TargetSettings.of(targets["dev"])

    assert (target.project, target.lake_bucket) == (PROJECT, f"{PROJECT}-lake")
    assert target.freshness_s == 300
    assert (
        target.gemini["model"]
        == plan.functions()["analyze-gemini"]["environment_variables"]["GEMINI_MODEL"]
    )


def test_tta_takes_the_named_raters_as_they_are_printed():
    """As the template in outputs.tf prints them; terraform/tests compares it with a plan's."""
    table = """
    [targets.dev]
    project = "demo-project"
    lake_bucket = "demo-project-lake"

    [[targets.dev.raters]]
    daily_budget_usd = 2
    fps = 1
    name = "slow"
    """

    (rater,) = TargetSettings.of(tomllib.loads(table)["targets"]["dev"]).raters

    assert (rater.name, rater.fps, rater.daily_budget_usd) == ("slow", 1, 2)


def test_the_link_to_looker_studio_names_a_table_that_is_made(plan):
    links = plan.output("looker_studio")
    tables = {table["table_id"] for table in plan.of("google_bigquery_table")}

    linked = {parse_qs(urlsplit(link).query)["ds.tableId"][0] for link in links.values()}

    assert linked and linked <= tables


def test_the_next_commands_name_the_bucket_and_the_secrets(plan):
    commands = plan.output("next")
    secrets = [secret["secret_id"] for secret in plan.of("google_secret_manager_secret")]

    assert "tta collections put collections.yaml --target dev" in commands
    assert [name for name in secrets if f"versions add {name} " not in commands] == []


def test_the_next_commands_are_verbs_and_name_the_target(plan):
    targets = tomllib.loads(plan.output("tta_toml"))["targets"]
    commands = re.findall(r"^ *tta (\w+).* --target (\w+)", plan.output("next"), re.M)

    assert [verb for verb, _ in commands] == ["doctor", "ingest", "collections"]
    assert {target for _, target in commands} == set(targets)
