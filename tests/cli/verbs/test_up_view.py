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
