"""The sums and names in the pages about operation agree with the code and the plan."""

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

COST = (ROOT / "docs/guides/cost.md").read_text()
DEPLOY = (ROOT / "docs/guides/deploy.md").read_text()
LIMITS = (ROOT / "docs/reference/functions.md").read_text().partition("\n## fetch")[0]
ESTIMATE = COST.partition("## Estimate first")[2].partition("\n## ")[0]
COSTS = dict(re.findall(r"^\| `?([A-Za-z-]+)[^|]*\| ([^|]*\| [^|]*) \|$", ESTIMATE, re.M))
ON = date(2026, 11, 24)
CPU_SECOND, GIB_SECOND = 0.000024, 0.0000025
"""US dollars on demand in europe-west1; https://cloud.google.com/run/pricing"""
VERB = re.compile(r"(?:^ *|`)tta ([a-z]+[\w-]*)", re.MULTILINE)


def cost(row: str) -> float:
    return float(COSTS[row].rpartition("| ")[2])


def test_gemini_costs_what_the_estimate_says():
    settings = GeminiSettings(api_key="")
    estimate_of_video = estimate_call(30.0, True, GeminiCondition(settings))
    low, high = estimate_of_video.cost_usd(Prices.load(), settings.model, ON)

    assert settings.model in ESTIMATE
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
    variables = set(re.findall(r"`([a-z]+_[a-z_]+)`", LIMITS))

    assert variables
    assert [name for name in variables if f'variable "{name}"' not in declared] == []


def test_every_verb_that_is_named_is_one():
    offered = {path.parent.name for folder in cli.verbs.__path__ for path in _commands(folder)}
    pages = [*ROOT.glob("docs/guides/*.md"), *ROOT.glob("docs/tutorials/*.md")]
    named = {verb for page in pages for verb in VERB.findall(page.read_text())}

    assert len(named) > 10
    assert {verb.replace("-", "_") for verb in named} <= offered


def _commands(folder: str):
    return (ROOT / folder).glob("*/command.py")


def test_the_three_commands_are_the_same_wherever_they_are_said():
    commands = re.search(r"\n\n((?:    .*\n){3})\n", DEPLOY)[1]

    assert commands in (ROOT / "README.md").read_text()
    for command in ("services enable cloudresourcemanager", "terraform init", "terraform apply"):
        assert command in (ROOT / "terraform/main.tf").read_text()
