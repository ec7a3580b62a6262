"""The runbook has a section for each alert, and none for an alert that does not exist."""

import re

from tests.terraform.conftest import ROOT

ALERTS = (ROOT / "terraform/modules/observability/alerts.tf").read_text()
RUNBOOK = (ROOT / "docs/runbook.md").read_text()


def test_each_alert_has_its_section_and_each_section_its_alert():
    named = re.findall(r'^  display_name += "(.+: .+)"$', ALERTS, re.MULTILINE)

    assert len(named) == ALERTS.count('resource "google_monitoring_alert_policy"')
    assert re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE) == named


def test_an_alert_without_all_of_its_steps_names_the_runbook():
    documentation = re.findall(r'^    content   = "(.+)"$', ALERTS, re.MULTILINE)
    pointing = [text for text in documentation if "has the steps" in text]

    assert pointing and all("docs/runbook.md has the steps" in text for text in pointing)
