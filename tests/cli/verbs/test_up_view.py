"""What `tta up` says to type next names the home that it runs on."""

import re

import pytest

from cli.console import Screen
from cli.verbs.up.view import show
from local.endpoints import Endpoints


@pytest.mark.parametrize(
    ("place", "verbs"),
    [
        ("", ["fetch", "ingest", "query"]),
        (" --home /tmp/x", ["fetch", "ingest", "query"]),
        (" --demo", ["fetch", "query"]),
    ],
)
def test_each_command_works_on_the_home_that_runs(place, verbs, capsys):
    show(Screen(), Endpoints(home="/h", pid=1, key=""), None, place)

    commands = re.findall(r"^  tta (.*)$", capsys.readouterr().out, re.MULTILINE)
    assert [command.split()[0] for command in commands] == verbs
    assert all(place in command for command in commands)


@pytest.mark.parametrize(("freshness_s", "shown"), [(0, False), (60, False), (300, True)])
def test_who_waits_for_rows_learns_how_often_they_come(freshness_s, shown, capsys):
    show(Screen(), Endpoints(home="/h", pid=1, key="", freshness_s=freshness_s), None, "")

    assert ("loaded every 300 s" in capsys.readouterr().out) is shown
