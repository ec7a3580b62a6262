"""The code writes the log lines that metrics count."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import hcl2
import pytest

from tests.terraform.conftest import ROOT

MODULE = ROOT / "terraform/modules/observability"


@dataclass(frozen=True)
class Line:
    """A log line that the code writes: its fields, where they are written out beside it."""

    path: Path
    fields: set[str] | None

    def has(self, field: str) -> bool:
        if self.fields is not None:
            return field in self.fields
        sources = (path.read_text() for path in self.path.parent.glob("*.py"))
        return any(f'"{field}"' in text for text in sources)


@cache
def lines() -> dict[str, Line]:
    """Message -> the line."""
    by_event = {}
    texts = {path: path.read_text() for path in (ROOT / "shared").rglob("*.py")}
    for path in (path for path, text in texts.items() if "extra=" in text):
        for node in ast.walk(ast.parse(texts[path])):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="log")),
                    args=[ast.Constant(value=message), *_],
                    keywords=[ast.keyword(arg="extra", value=extra)],
                ):
                    by_event[message] = Line(path, _keys(extra))
    return by_event


def _keys(extra: ast.expr) -> set[str] | None:
    if isinstance(extra, ast.Dict):
        return {key.value for key in extra.keys if isinstance(key, ast.Constant)}
    return None


def metrics() -> dict[str, dict]:
    with (MODULE / "metrics.tf").open() as file:
        return hcl2.load(file)["locals"][0]["metrics"]


def bare(text: str) -> str:
    return text.strip('"')


def fields(metric: dict) -> list[str]:
    """Top-level fields of the line that a metric takes."""
    value = [metric["value"]] if metric["value"] else []
    return [bare(field).split(".")[0] for field in [*metric["labels"], *value]]


@pytest.mark.parametrize("name", metrics())
def test_the_line_that_is_counted_is_written(name):
    assert bare(metrics()[name]["message"]) in lines()


@pytest.mark.parametrize("name", metrics())
def test_the_fields_that_are_taken_are_written_beside_it(name):
    metric = metrics()[name]
    line = lines()[bare(metric["message"])]

    assert [field for field in fields(metric) if not line.has(field)] == []


def test_every_chart_asks_for_a_metric_that_is_made():
    dashboard = (MODULE / "dashboard.tf").read_text()
    charted = set(re.findall(r"googleapis_com:user_([a-z_]+?)(?:_sum|_count)?\{", dashboard))

    assert charted == set(metrics())


def test_alerts_rest_on_no_metric_that_a_first_apply_has_only_just_made():
    assert "logging.googleapis.com/user" not in (MODULE / "alerts.tf").read_text()


def test_a_person_hears_of_everything_that_needs_one_and_what_to_do(plan):
    policies = plan.of("google_monitoring_alert_policy")

    assert {policy["display_name"].split(":")[0] for policy in policies} == {
        "Backlog",
        "Budget",
        "Bytes",
        "Canary",
        "Collection",
        "Dead letters",
        "Errors",
        "Gemini",
        "Job",
        "Kept as failed",
        "Model",
    }
    assert [
        policy["display_name"] for policy in policies if not policy["documentation"][0]["content"]
    ] == []


def test_the_line_that_an_alert_waits_for_is_written():
    alerts = (MODULE / "alerts.tf").read_text()
    waited_for = set(re.findall(r'jsonPayload\.message=\\"([^"\\]+)\\"', alerts))

    assert waited_for
    assert waited_for <= set(lines())
