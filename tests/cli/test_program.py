"""`tta` before any verb: help in panels, the version, the next steps, completion."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import tomllib
import types

import pytest
import typer

from cli.__main__ import run as program
from cli.errors import READER_LEFT
from cli.main import app, flushed, status_of
from cli.panels import OTHER, PANELS, in_panels
from local.home import PROJECT
from tests.programs import python


def verbs() -> list[str]:
    return list(typer.main.get_command(app()).commands)


@pytest.fixture
def home(monkeypatch, tmp_path):
    """The folder of a clone that has stored nothing; the default home is in it."""
    (tmp_path / "requirements-dev.txt").touch()
    monkeypatch.setattr("local.home.PROJECT", tmp_path)
    monkeypatch.delenv("TTA_HOME", raising=False)
    return tmp_path / ".local"


def store(home, name: str) -> None:
    """Put an object into the lake of a home."""
    (home / "data/gcs").mkdir(parents=True)
    with sqlite3.connect(home / "data/gcs/catalogue.sqlite3") as catalogue:
        catalogue.execute("CREATE TABLE objects (name TEXT)")
        catalogue.execute("INSERT INTO objects VALUES (?)", [name])
    catalogue.close()


def alone(capsys) -> list[str]:
    assert status_of([]) == 0
    return capsys.readouterr().out.splitlines()


def test_every_verb_is_in_a_panel():
    titles = [title for title, _ in in_panels(verbs())]

    assert OTHER not in titles, f"Give the new verb a panel in {in_panels.__module__}."
    assert titles == list(PANELS)


def test_no_verb_is_in_two_panels():
    placed = [name for names in PANELS.values() for name in names]

    assert len(placed) == len(set(placed))


def test_a_verb_without_a_panel_is_listed_last():
    assert list(in_panels(["extra", "demo"])) == [("Start", ["demo"]), (OTHER, ["extra"])]


def test_help_shows_the_panels_in_their_order(capsys):
    status_of(["--help"])

    printed = capsys.readouterr().out
    positions = [printed.index(f"\n{title}:\n") for title in PANELS]
    assert positions == sorted(positions)
    assert all(re.search(rf"^  {name} +\S", printed, re.M) for name in verbs())


@pytest.mark.parametrize("words", [[], ["query"], ["plan"], ["plan", "lock"], ["rate"]])
def test_h_is_short_for_help(words, capsys):
    assert status_of([*words, "-h"]) == 0
    short = capsys.readouterr().out

    assert status_of([*words, "--help"]) == 0
    assert capsys.readouterr().out == short


def test_the_version_is_that_of_pyproject(capsys):
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]

    assert status_of(["--version"]) == 0
    assert capsys.readouterr().out == f"tta {project['version']}\n"


def test_the_newest_release_of_the_changelog_is_this_version():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    releases = re.findall(r"^## \[(\d[^\]]*)\]", (PROJECT / "CHANGELOG.md").read_text(), re.M)

    assert releases[0] == project["version"]


def test_alone_with_nothing_stored_it_names_the_demo_and_ones_own_videos(home, capsys):
    lines = alone(capsys)

    assert len(lines) == 5
    assert lines[0] == f"Nothing is stored in {home} yet. Next:"
    assert any("tta demo " in line for line in lines)
    assert any("tta ingest " in line for line in lines)
    assert not home.exists()


def test_alone_after_the_demo_it_names_the_demos_report(home, capsys):
    store(home / "demo", "videos/7.mp4")

    lines = alone(capsys)

    assert len(lines) == 5
    assert any("tta report --demo " in line for line in lines)


@pytest.mark.parametrize("name", ["videos/7.mp4", "metadata/7.json"])
def test_alone_with_videos_it_names_their_report(home, name, capsys):
    store(home / "demo", "videos/7.mp4")
    store(home, name)

    lines = alone(capsys)

    assert len(lines) == 5
    assert lines[0] == f"Videos are stored in {home}. Next:"
    assert not any("--demo" in line for line in lines)


def test_a_lake_that_holds_only_settings_has_no_videos(home, capsys):
    store(home, "config/collections.yaml")

    assert "Nothing is stored" in alone(capsys)[0]


def test_alone_it_looks_at_the_home_that_is_chosen(home, monkeypatch, tmp_path, capsys):
    store(home / "demo", "videos/7.mp4")
    monkeypatch.setenv("TTA_HOME", str(tmp_path / "chosen"))

    assert alone(capsys)[0] == f"Nothing is stored in {tmp_path / 'chosen'} yet. Next:"


def test_a_damaged_lake_is_no_reason_to_fail(home, capsys):
    (home / "data/gcs").mkdir(parents=True)
    (home / "data/gcs/catalogue.sqlite3").write_text("not a database, but some text" * 99)

    assert len(alone(capsys)) == 5


def test_the_verbs_of_the_next_steps_exist():
    from cli import next_steps

    for step, _ in (*next_steps._FIRST, *next_steps._AFTER_DEMO, *next_steps._WITH_VIDEOS):
        assert step.split()[1] in verbs()


def test_alone_imports_nothing_heavy():
    script = (
        "import sys; from cli.main import status_of; status_of([]); "
        "sys.exit(', '.join(m for m in ('google.auth', 'grpc', 'rich', 'duckdb') "
        "if m in sys.modules) or 0)"
    )

    completed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert completed.returncode == 0, completed.stderr


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("typed", "position", "completed"),
    [
        ("tta insi", 1, {"insights"}),
        ("tta re", 1, {"rebuild", "report"}),
        ("tta plan lo", 2, {"lock"}),
        ("tta insights --inp", 2, {"--input"}),
        ("tta collections ch", 2, {"check"}),
    ],
)
def test_the_tab_key_completes_verbs_options_and_choices(typed, position, completed):
    variables_of_bash = {
        "_TTA_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(position),
    }
    answer = subprocess.check_output(
        [sys.executable, "-c", "from cli.main import run; run()"],
        env=os.environ | variables_of_bash,
        text=True,
    )

    assert set(answer.split()) == completed


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_installed_for_this_user_alone(shell, tmp_path):
    environment = os.environ | {
        "HOME": str(tmp_path),
        "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
    }
    script = "from cli.main import run; run()"

    answer = subprocess.run(
        [*python(), "-c", script, "--install-completion", shell],
        env=environment,
        capture_output=True,
        text=True,
    )

    assert answer.returncode == 0, answer.stderr
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any("_TTA_COMPLETE" in path.read_text() for path in written)


def test_a_reader_that_leaves_ends_the_program_without_a_word(monkeypatch, capfd):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        sys.stdout.write("a line")
        assert flushed(0) == READER_LEFT
        sys.stdout.write("Python flushes once more at its end.")

    assert capfd.readouterr().err == ""


def test_a_broken_pipe_is_not_an_error(monkeypatch, capsys):
    def leave():
        raise BrokenPipeError

    monkeypatch.setattr("cli.next_steps.next_steps", leave)

    assert (status_of([]), capsys.readouterr().err) == (READER_LEFT, "")


def test_a_ctrl_c_amid_the_imports_is_one_word(monkeypatch, capsys):
    class Interrupted(types.ModuleType):
        def __getattr__(self, name):
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "cli.main", Interrupted("cli.main"))

    with pytest.raises(SystemExit, match="130"):
        program()

    assert capsys.readouterr().err == "Stopped.\n"


def test_a_second_ctrl_c_leaves_no_traceback(monkeypatch):
    def interrupted(arguments):
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    monkeypatch.setattr("cli.main.status_of", interrupted)
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    try:
        with pytest.raises(SystemExit, match="130"):
            program()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
