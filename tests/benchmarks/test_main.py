"""What `python -m benchmarks` offers, says and keeps, without measuring anything."""

import json

import pytest

from benchmarks import __main__ as command
from benchmarks import table
from benchmarks.table import Measurement


@pytest.fixture
def suites(monkeypatch, tmp_path):
    """Suites in place of the real ones, and where their results go."""

    class Suite:
        def __init__(self, outcome):
            self._outcome = outcome

        def measurements(self):
            if isinstance(self._outcome, Exception):
                raise self._outcome
            yield self._outcome

    def use(**suites):
        modules = {f"benchmarks.{name}": Suite(outcome) for name, outcome in suites.items()}
        monkeypatch.setattr(command, "SUITES", tuple(suites))
        monkeypatch.setattr(command, "import_module", modules.__getitem__)
        monkeypatch.setattr(table.save, "__defaults__", (tmp_path / "results.json",))
        return tmp_path / "results.json"

    return use


FAST = Measurement("how fast", 3.0, 2.0, "python -m benchmarks one", "quite")
SLOW = Measurement("how slow", 3.0, 2.0, "python -m benchmarks two", is_most=True)
TOLD = Measurement("how it is", 3.0, None, "python -m benchmarks two")


def test_help_lists_every_suite_with_what_it_measures(capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(["--help"])

    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert [name for name in command.SUITES if f"  {name}" not in text] == []
    assert "Imports at a cold start" in text


def test_all_figures_are_shown_and_kept_with_bar_and_command(suites, capsys):
    results = suites(one=FAST, two=TOLD)

    assert command.main([]) == 0

    rows = json.loads(results.read_text())
    assert [(row["name"], row["measured"], row["bar"], row["ok"]) for row in rows] == [
        ("how fast", 3.0, 2.0, True),
        ("how it is", 3.0, None, True),
    ]
    assert rows[0]["command"] == "python -m benchmarks one"
    assert "how fast" in capsys.readouterr().out


def test_a_figure_beyond_its_bar_is_a_failure_and_kept(suites, capsys):
    results = suites(one=FAST, two=SLOW)

    assert command.main([]) == 1

    assert "MISSED" in capsys.readouterr().out
    assert [row["ok"] for row in json.loads(results.read_text())] == [True, False]


def test_a_suite_that_cannot_measure_is_a_failure_and_hides_no_other(suites, capsys):
    results = suites(one=OSError("no browser"), two=FAST)

    assert command.main([]) == 1

    output = capsys.readouterr()
    assert "how fast" in output.out
    assert "Not measured: one" in output.err and "no browser" in output.err
    assert not results.exists(), "half of a table was kept as if it were one"


def test_part_of_the_suites_leaves_the_kept_table_alone(suites):
    results = suites(one=FAST, two=SLOW)

    assert command.main(["one"]) == 0
    assert not results.exists()
