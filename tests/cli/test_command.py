"""The command `tta`: its verbs, its exit statuses, its way of saying what is wrong."""

import subprocess
import sys

import pytest

import cli.verbs
from cli.main import root_command, status_of
from shared.errors import Transient

HEAVY = (
    "google.cloud.storage",
    "google.cloud.bigquery",
    "google.auth",
    "pydantic",
    "grpc",
    "av",
    "numpy",
    "duckdb",
    "flask",
    "requests",
)


@pytest.fixture
def verb(monkeypatch, tmp_path):
    """Make a verb out of a function body: a folder beside the others, as anyone would add one."""

    def add(body: str) -> None:
        (tmp_path / "extra").mkdir()
        (tmp_path / "extra/__init__.py").touch()
        (tmp_path / "extra/command.py").write_text(f"def extra(word: str = 'x'):\n    {body}\n")
        monkeypatch.setattr("cli.main.root_command", root_command.__wrapped__)  # as a new process
        monkeypatch.setattr(cli.verbs, "__path__", [*cli.verbs.__path__, str(tmp_path)])
        for module in ("cli.verbs.extra", "cli.verbs.extra.command"):
            monkeypatch.delitem(sys.modules, module, raising=False)

    return add


def test_help_lists_the_verbs(capsys):
    assert status_of(["--help"]) == 0

    listed = capsys.readouterr().out
    assert all(name in listed for name in ("demo", "up", "ingest", "fetch", "query", "doctor"))


def test_a_new_folder_is_a_new_verb(verb, capsys):
    verb("print('said', word)")

    assert status_of(["extra", "--word", "hello"]) == 0
    assert capsys.readouterr().out == "said hello\n"


def test_help_imports_nothing_heavy():
    script = (
        "import sys; from cli.main import status_of; status_of(['--help']); "
        f"sys.exit(', '.join(m for m in {HEAVY} if m in sys.modules) or 0)"
    )

    completed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert completed.returncode == 0, completed.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nonsense"], "There is no command 'nonsense'"),
        (["query"], "`tta query` needs SQL"),
        (["demo", "--posts", "3"], "--posts"),
        (["ingest"], "Nothing to ingest"),
        (["query", "SELECT 1", "--max-gb", "inf"], "--max-gb"),
        (["query", "SELECT 1", "--max-gb", "nan"], "--max-gb"),
    ],
)
def test_wrong_use_is_status_2_and_a_sentence(arguments, sentence, capsys):
    assert status_of(arguments) == 2

    message = capsys.readouterr().err
    assert sentence in message
    assert "Traceback" not in message


def test_a_refusal_is_told_without_a_traceback(verb, capsys):
    verb("from cli.errors import UserError; raise UserError('There is no such thing.')")

    assert status_of(["extra"]) == 1
    assert capsys.readouterr().err == "Error: There is no such thing.\n"


def test_a_part_that_does_not_start_is_told_in_its_own_words(verb, capsys):
    verb("from local.process.child import DidNotStart; raise DidNotStart('storage ended')")

    assert status_of(["extra"]) == 1
    assert capsys.readouterr().err == "Error: storage ended\n"


def test_a_file_that_cannot_be_read_is_named(verb, capsys):
    verb("open('/no/such/file')")

    assert status_of(["extra"]) == 1
    assert capsys.readouterr().err == "Error: /no/such/file: No such file or directory\n"


def test_a_defect_says_how_to_see_more(verb, capsys):
    verb("{}['lost']")

    assert status_of(["extra"]) == 1
    message = capsys.readouterr().err
    assert "KeyError: 'lost'" in message and "TTA_DEBUG=1" in message
    assert "Traceback" not in message


def test_tta_debug_shows_the_traceback(verb, capsys, monkeypatch):
    monkeypatch.setenv("TTA_DEBUG", "1")
    verb("{}['lost']")

    status_of(["extra"])

    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_is_status_130(verb, capsys):
    verb("raise KeyboardInterrupt")

    assert status_of(["extra"]) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_what_bigquery_refuses_is_told_by_its_first_sentence():
    from google.api_core.exceptions import BadRequest

    from cli.errors import sentence

    error = BadRequest("Syntax error at [1:7]; reason: invalidQuery\n\nLocation: US")

    assert sentence(error) == "Syntax error at [1:7]"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (Transient("storage: Read timed out."), "storage: Read timed out.\n"),
        (TimeoutError(), "No answer came in time.\n"),
        (TimeoutError("the request took longer than it may"), "longer than it may\n"),
    ],
)
def test_what_does_not_answer_is_reported_with_what_to_do(error, says):
    from cli.errors import sentence

    message = sentence(error)

    assert says in message
    assert message.endswith("Try again in a minute. `tta doctor` finds what does not answer.")


def test_a_stage_that_does_not_exist_is_wrong_use_and_not_nothing_failed(capsys, tmp_path):
    assert status_of(["failed", "--stage", "nope", "--home", str(tmp_path)]) == 2

    assert "Use one of load, analyze, fetch, rebuild" in capsys.readouterr().err


def test_a_wrong_plan_of_faults_is_told_with_line_and_key_before_anything_starts(capsys, tmp_path):
    plan = tmp_path / "faults.yaml"
    plan.write_text("storage: {503: 0.1}\nload:\n  kil: 0.1\n")

    assert status_of(["up", "--faults", str(plan), "--home", str(tmp_path / "home")]) == 2

    assert f"--faults: {plan}, line 3, load: kil is not a fault" in capsys.readouterr().err
    assert not (tmp_path / "home" / "logs").exists() or not any((tmp_path / "home/logs").iterdir())


def test_a_plan_of_faults_that_is_not_there_is_named(capsys, tmp_path):
    missing = tmp_path / "missing.yaml"

    assert status_of(["up", "--faults", str(missing), "--home", str(tmp_path / "home")]) == 1

    assert str(missing) in capsys.readouterr().err
