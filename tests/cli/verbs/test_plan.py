"""`tta plan`: a plan is checked, locked before its data are analysed, and listed afterwards."""

import json
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

import cli.cloud
import cli.verbs.plan.run
from cli.main import status_of
from shared.insights.plan_file import default_text
from tests.fakes import LakeInMemory
from tests.insights_tables import PLAN, plan, rows, write_csv


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TTA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def plan_path(tmp_path):
    (tmp_path / "plan.yaml").write_text(PLAN)
    return tmp_path / "plan.yaml"


@pytest.fixture
def lake(monkeypatch):
    """The lake of the star schema's ledger."""
    lake = LakeInMemory()

    @contextmanager
    def opened(*_, **__):
        yield SimpleNamespace(dataset="tiktok")

    monkeypatch.setattr(cli.cloud, "open_cloud", opened)
    monkeypatch.setattr(cli.verbs.plan.run, "lake_of", lambda endpoints: lake)
    return lake


def run(*arguments) -> int:
    return status_of([*map(str, arguments)])


def test_the_shipped_plan_can_be_printed(capsys):
    assert run("plan", "print") == 0

    assert capsys.readouterr().out == default_text()


def test_a_good_plan_is_told_with_its_question_and_hash(plan_path, capsys):
    assert run("plan", "check", plan_path) == 0
    assert run("plan", "check", plan_path, "--json") == 0

    line, _, document = capsys.readouterr().out.partition("\n")
    assert line == f"plan.yaml is good: unexpectedness × views (count), plan {plan().hash}."
    assert json.loads(document)["plan"] == plan().hash


def test_every_problem_of_a_plan_is_told(plan_path, capsys):
    plan_path.write_text(PLAN.replace("outcomes:", "outcoms:") + "primry: 1\n")

    assert run("plan", "check", plan_path) == 2

    message = capsys.readouterr().err
    assert "line 4: there is no key outcoms (did you mean outcomes?)" in message
    assert "line 10: there is no key primry (did you mean primary?)" in message


def test_a_locked_plan_is_confirmatory_and_another_is_exploratory(plan_path, tmp_path, capsys):
    videos, other = tmp_path / "videos.csv", tmp_path / "other.yaml"
    other.write_text(PLAN.replace("seed: 1", "seed: 2"))

    assert run("plan", "lock", plan_path, "--input", videos) == 0
    write_csv(videos, rows())
    for file in (plan_path, other):
        assert run("insights", "--input", videos, "--plan", file) == 0

    output = capsys.readouterr()
    assert f"Plan {plan().hash} (unexpectedness × views (count)) is locked since" in output.out
    assert output.err.index("Confirmatory: the plan was locked on") < output.err.index("Explorat")


def test_the_json_has_the_verdict_on_a_plan_that_names_its_raters(plan_path, tmp_path, capsys):
    keys = "raters: [signals/]\nfirst_released_after: 2026-08-01\n"
    plan_path.write_text(PLAN.replace("unexpectedness]\n", "unexpectedness, rater]\n", 1) + keys)
    videos = write_csv(tmp_path / "videos.csv", [row | {"rater": "gemini/m/2.0"} for row in rows()])

    run("plan", "lock", plan_path, "--input", videos)
    assert "confirmatory only with models released after this lock" in capsys.readouterr().err
    run("insights", "--input", videos, "--plan", plan_path, "--json")

    registration = json.loads(capsys.readouterr().out)["registration"]
    assert registration["verdict"] == "exploratory"
    assert registration["reason"].endswith(
        "gemini/m/2.0 is not among the raters that the plan names"
    )


def test_a_plan_without_raters_has_no_registration_in_its_json(plan_path, tmp_path, capsys):
    videos = write_csv(tmp_path / "videos.csv", rows())

    run("insights", "--input", videos, "--plan", plan_path, "--json")

    assert json.loads(capsys.readouterr().out)["registration"] is None


def test_a_lock_after_a_run_says_so(plan_path, tmp_path, capsys):
    videos = write_csv(tmp_path / "videos.csv", rows())
    run("insights", "--input", videos, "--plan", plan_path)

    assert run("plan", "lock", plan_path, "--input", videos) == 0
    assert "1 plan was run on these data before" in capsys.readouterr().err

    run("insights", "--input", videos, "--plan", plan_path)
    assert "after these data had been analysed" in capsys.readouterr().err


def test_the_first_lock_stands(plan_path, lake, capsys):
    plan_path.write_text(default_text())
    run("plan", "lock", plan_path, "--json")
    first = json.loads(capsys.readouterr().out)

    assert run("plan", "lock", plan_path) == 0

    output = capsys.readouterr()
    assert "was locked already, at" in output.out
    assert len(list(lake.names("ledger/fact_video_analytics%40tiktok/lock-"))) == 1
    assert first["runs_before"] == 0


def test_the_ledger_of_a_table_is_listed(plan_path, tmp_path, capsys):
    videos = write_csv(tmp_path / "videos.csv", rows())
    run("plan", "lock", plan_path, "--input", videos)
    run("insights", "--input", videos, "--plan", plan_path)
    capsys.readouterr()

    assert run("plan", "list", "--input", videos, "--json") == 0
    entries = json.loads(capsys.readouterr().out)
    assert run("plan", "list", "--input", videos) == 0
    table = capsys.readouterr().out
    assert run("plan", "list", "--input", tmp_path / "other.csv") == 0

    assert [(entry["kind"], entry["plan"]) for entry in entries] == [
        ("lock", plan().hash),
        ("run", plan().hash),
    ]
    assert plan().hash in table and "unexpectedness × views" in table
    assert "No plan was run on this table" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check", "none.yaml"], "none.yaml: it does not exist."),
        (["lock", "{plan}", "--input", "v.csv", "--target", "prod"], "give only one of them"),
        (["lock", "{plan}"], "The star schema has no column creator"),
        (["lock", "{plan}"], "For a table of your own, give --input FILE."),
    ],
)
def test_wrong_use_is_a_sentence_and_locks_nothing(arguments, says, plan_path, lake, capsys, home):
    words = [argument.format(plan=plan_path) for argument in arguments]

    assert run("plan", *words) == 2

    assert says in capsys.readouterr().err
    assert not home.exists() and not list(lake.names(""))
