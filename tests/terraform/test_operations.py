"""The sums and names in docs/operations.md agree with the code and the plan."""

import re
from datetime import date

import pytest

import cli.verbs
from benchmarks.warehouse_cost.batches import busy_loader
from benchmarks.warehouse_cost.billing import bills, usd
from benchmarks.warehouse_cost.records import ANCHOR, listing, ratings
from benchmarks.warehouse_cost.world import TablesAtRest, row_shape
from shared.config import GeminiSettings
from shared.rating.gemini.estimate import estimate_call
from shared.rating.gemini.prices import Prices
from shared.rating.gemini.question import GeminiCondition
from tests.terraform.conftest import ROOT

TEXT = (ROOT / "docs/operations.md").read_text()
RECKONED = TEXT.partition("## What it costs")[2].partition("\n### ")[0]
COSTS = dict(re.findall(r"^\| `?([A-Za-z-]+)[^|]*\| ([^|]*\| [^|]*) \|$", RECKONED, re.M))
ON = date(2026, 11, 24)
CPU_SECOND, GIB_SECOND = 0.000024, 0.0000025
"""US dollars on demand in europe-west1; https://cloud.google.com/run/pricing"""


def cost(row: str) -> float:
    return float(COSTS[row].rpartition("| ")[2])


def test_gemini_costs_what_the_estimate_says():
    settings = GeminiSettings(api_key="")
    estimate_of_video = estimate_call(30.0, True, GeminiCondition(settings))
    low, high = estimate_of_video.cost_usd(Prices.load(), settings.model, ON)

    assert settings.model in TEXT
    assert COSTS["Gemini"].endswith(f"| {1_000 * low:.2f} to {1_000 * high:.2f}")


@pytest.mark.parametrize("function", ["fetch", "analyze-gemini", "analyze-signals", "load"])
def test_a_function_costs_what_its_seconds_cost(function):
    seconds, cpus, gib = re.search(
        r"([\d,]+) s of (\d) CPUs? and (\d) GiB", COSTS[function]
    ).groups()
    second = int(cpus) * CPU_SECOND + int(gib) * GIB_SECOND

    assert cost(function) == pytest.approx(int(seconds.replace(",", "")) * second, abs=0.005)


@pytest.mark.parametrize("function", ["fetch", "analyze-gemini", "analyze-signals", "load"])
def test_a_function_has_the_size_that_is_reckoned_with(plan, function):
    cpus, gib = re.search(r"of (\d) CPUs? and (\d) GiB", COSTS[function]).groups()
    planned = plan.functions()[function]

    assert (planned["available_cpu"], planned["available_memory"]) == (cpus, f"{gib}Gi")


def test_batches_of_one_cost_what_the_model_says():
    noon = ANCHOR.replace(hour=12)
    batches = [[listing(0, noon, 0)], *([rated] for rated in ratings(0, noon))]
    world = TablesAtRest(1_000, row_shape())

    billed = sum(
        bill.billed_bytes
        for records in batches
        for bill in bills(busy_loader().sent_for(records), world)
    )

    assert "3,000 batches of one record" in COSTS["BigQuery"]
    assert cost("BigQuery") == round(1_000 * usd(billed), 2)


def test_every_variable_to_turn_is_one():
    declared = (ROOT / "terraform/variables.tf").read_text()
    section = TEXT.partition("## Limits")[2].partition("\n## ")[0]
    variables = set(re.findall(r"`([a-z]+_[a-z_]+)`", section))

    assert variables
    assert [name for name in variables if f'variable "{name}"' not in declared] == []


def test_every_verb_that_is_named_is_one():
    offered = {path.parent.name for folder in cli.verbs.__path__ for path in _commands(folder)}
    verbs = set(re.findall(r"^    tta (\w+)|`tta (\w+)", TEXT, re.M))

    assert {first or second for first, second in verbs} <= offered


def _commands(folder: str):
    return (ROOT / folder).glob("*/command.py")


def test_the_three_commands_are_the_same_wherever_they_are_said():
    commands = re.search(r"\n\n((?:    .*\n){3})\n", TEXT.partition("## Deploy\n")[2])[1]

    assert commands in (ROOT / "README.md").read_text()
    for command in ("services enable cloudresourcemanager", "terraform init", "terraform apply"):
        assert command in (ROOT / "terraform/main.tf").read_text()
