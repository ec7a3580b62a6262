"""`--demo` chooses the home of the demo, in every verb that works on a home."""

import inspect
from importlib import import_module
from pkgutil import iter_modules

import pytest
import typer

import cli.verbs
from cli.errors import UserError
from cli.options import chosen_home, location_option
from local.home import PROJECT

DEMO = PROJECT / ".local" / "demo"
WITHOUT = {"demo", "ingest"}
"""The demo itself, and what brings in videos of one's own."""


def verbs_with_a_home():
    for module in iter_modules(cli.verbs.__path__):
        verb = getattr(import_module(f"cli.verbs.{module.name}.command"), module.name)
        single = [] if isinstance(verb, typer.Typer) else [verb]
        commands = single or [info.callback for info in verb.registered_commands]
        for command in commands:
            if "home" in inspect.signature(command).parameters:
                yield module.name, command


def test_demo_chooses_the_home_of_the_demo():
    assert chosen_home(None, demo=True) == DEMO
    assert chosen_home(None, demo=False) is None


def test_a_home_that_is_given_is_used_as_it_is(tmp_path):
    assert chosen_home(tmp_path, demo=True) == tmp_path
    assert chosen_home(tmp_path, demo=False) == tmp_path


def test_the_demo_is_on_this_machine():
    with pytest.raises(UserError, match="--demo and --target: give only one of them"):
        chosen_home(None, demo=True, target="prod")


def test_what_to_type_next_names_the_place_that_was_chosen(tmp_path, monkeypatch):
    monkeypatch.delenv("TTA_HOME", raising=False)
    assert location_option(None) == ""
    assert location_option(tmp_path / "my home") == f" --home '{tmp_path}/my home'"
    assert location_option(None, "prod") == " --target prod"

    monkeypatch.setenv("TTA_HOME", str(tmp_path))
    assert location_option(tmp_path) == ""


def test_every_verb_that_looks_at_a_home_can_look_at_that_of_the_demo():
    without = {
        name
        for name, command in verbs_with_a_home()
        if "demo" not in inspect.signature(command).parameters
    }

    assert without == WITHOUT


def test_every_verb_follows_its_option():
    for name, command in verbs_with_a_home():
        if name not in WITHOUT:
            assert "home = chosen_home(home, demo" in inspect.getsource(command), name
