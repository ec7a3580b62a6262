"""`tta doctor`: what is missing, and what to do about it."""

import json
from pathlib import Path

import pytest

from cli.main import status_of
from cli.verbs.doctor import checks
from local.home import Home


def checks_in(home: Path) -> dict[str, checks.Check]:
    return {check.name: check for check in checks.run_checks(Home.at(home))}


def test_this_machine_is_ready(tmp_path, capsys):
    assert status_of(["doctor", "--home", str(tmp_path)]) == 0

    assert "NO " not in capsys.readouterr().out


def test_a_home_that_cannot_be_written_is_told_with_what_to_do(tmp_path):
    (tmp_path / "file").write_text("")

    home = checks_in(tmp_path / "file" / "home")["home"]

    assert not home.ok
    assert "--home" in home.todo


def test_what_is_missing_makes_the_exit_status_1(tmp_path, capsys):
    (tmp_path / "key.json").write_text("{")

    assert status_of(["doctor", "--json", "--home", str(tmp_path)]) == 1

    document = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert (document["key"]["ok"], document["python"]["ok"]) == (False, True)
    assert "Delete it" in document["key"]["todo"]


def test_endpoints_of_a_killed_up_are_told_and_are_no_fault(tmp_path):
    (tmp_path / "endpoints.json").write_text("{}")

    check = checks_in(tmp_path)["endpoints"]

    assert check.ok
    assert "killed" in check.detail


def test_too_little_disk_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "LEAST_FREE_BYTES", 2**60)

    assert not checks_in(tmp_path)["disk"].ok


def test_another_version_of_a_package_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "_installed", lambda name: "0.0.1")

    assert "not as pinned" in checks_in(tmp_path)["packages"].detail


@pytest.mark.parametrize("error", [OSError("no"), RuntimeError("no"), ImportError("no")])
def test_a_check_that_breaks_is_a_finding_and_no_crash(tmp_path, error):
    def broken(home: Home) -> str:
        raise error

    check = checks._checked("x", broken, "mend it", Home.at(tmp_path))

    assert not check.ok
    assert "no" in check.detail


def test_a_wording_that_there_is_not_is_told_with_its_entry(tmp_path, monkeypatch):
    monkeypatch.setenv("RATERS", '[{"name": "odd", "wording": "e"}]')

    model = checks_in(tmp_path)["model"]

    assert model.ok is False
    assert "entry 1 (odd), key wording" in model.detail
    assert "Correct that variable" in model.todo


def test_the_model_of_a_named_rater_that_was_retired_is_told(tmp_path, monkeypatch):
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    monkeypatch.setenv("RATERS", '[{"name": "old", "model": "gemini-3.6-flash"}]')

    model = checks_in(tmp_path)["model"]

    assert model.ok is False
    assert "gemini-3.6-flash was retired on 2026-11-19" in model.detail
