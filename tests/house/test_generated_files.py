"""What is generated says what its sources say."""

from pathlib import Path

import pytest
import yaml

from scripts import column_names_page, generate, reference, settings_page
from shared import config
from shared.rubric_values import Values
from tests.house.tree import modules


def test_no_generated_file_has_drifted(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["generate", "--check"])

    assert generate.main() == 0, capsys.readouterr().out


def test_the_command_reference_is_what_the_program_says():
    assert reference.PAGE.read_text() == reference.page(), "run make generate"


def test_the_command_reference_depends_on_no_terminal_and_no_environment(monkeypatch):
    for name, text in {"COLUMNS": "40", "TTA_HOME": "/elsewhere", "FORCE_COLOR": "1"}.items():
        monkeypatch.setenv(name, text)

    assert reference.PAGE.read_text() == reference.page()


def test_the_page_of_column_names_is_what_the_program_knows():
    assert column_names_page.PAGE.read_text() == column_names_page.page(), "run make generate"
    assert column_names_page.NOTES.keys() <= column_names_page.NAMES.keys()


def test_the_page_of_settings_is_what_config_and_terraform_say():
    assert settings_page.PAGE.read_text() == settings_page.page(), "run make generate"


@pytest.mark.parametrize("key", settings_page.SECTIONS)
def test_each_setting_of_a_function_says_what_it_is_for(key):
    kind = settings_page.SECTIONS[key][1]

    described = list(settings_page.ABOUT[key])

    assert described == [kind.variable(field) for field in settings_page.own_fields(kind)]


def test_every_class_of_settings_has_its_part_of_the_page():
    classes = {kind for _, kind in settings_page.SECTIONS.values()}

    assert {kind for kind in vars(config).values() if _is_of_settings(kind)} == classes


def test_the_variables_of_the_command_are_read_by_it():
    texts = [module.text for module in modules("cli", "local", "shared")]

    for name in settings_page.ABOUT["tta"]:
        assert any(f'"{name}"' in text for text in texts), name


def _is_of_settings(kind: object) -> bool:
    base = config.FromEnvironment
    return isinstance(kind, type) and issubclass(kind, base) and kind is not base


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
