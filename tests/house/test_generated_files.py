"""What is generated says what its sources say."""

from pathlib import Path

import yaml

from scripts import generate, reference
from shared.rubric_values import Values


def test_no_generated_file_has_drifted(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["generate", "--check"])

    assert generate.main() == 0, capsys.readouterr().out


def test_the_command_reference_is_what_the_program_says():
    assert reference.PAGE.read_text() == reference.page(), "run make generate"


def test_the_command_reference_depends_on_no_terminal_and_no_environment(monkeypatch):
    for name, text in {"COLUMNS": "40", "TTA_HOME": "/elsewhere", "FORCE_COLOR": "1"}.items():
        monkeypatch.setenv(name, text)

    assert reference.PAGE.read_text() == reference.page()


def test_the_twelve_questions_of_the_prototype_all_keep_a_place():
    rubric = yaml.safe_load(generate.RUBRIC.read_text())

    questions = {field["prototype"] for field in rubric["dimensions"] if "prototype" in field}

    assert questions == set(range(1, 13))


def test_every_score_has_five_anchors():
    rubric = yaml.safe_load(generate.RUBRIC.read_text())

    scores = [field for field in rubric["dimensions"] if field["type"] == "score"]

    assert all(list(field["anchors"]) == [0, 25, 50, 75, 100] for field in scores)


def test_every_dimension_is_asked_for_in_the_prompt():
    prompt = Path(generate.ROOT / "shared/rating/prompt.txt").read_text()

    assert [name for name in Values.model_fields if f"\n{name}:" not in prompt] == []
