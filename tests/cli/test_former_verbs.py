"""Verbs of version 0.1 answer with the command line of today, and are not listed."""

import pytest
import typer

from cli.former_verbs import FORMER_VERBS
from cli.main import app, status_of


@pytest.mark.parametrize(
    ("former", "today"),
    [
        ("estimate clips/ --fps 1", "tta rate clips/ --fps 1 --estimate"),
        ("backfill all --target prod", "tta rate all --target prod --batch"),
        ("replay --stage load", "tta failed --stage load --replay"),
        ("deploy check --project my-project", "tta doctor --project my-project"),
        ("deploy check --target=dev --json", "tta doctor --target=dev --json"),
        ("deploy", "tta doctor --project ID"),
        ("smoke --target dev", "tta doctor --target dev --clip"),
        ("smoke --help", "tta doctor --help"),
    ],
)
def test_a_former_verb_answers_with_the_command_line_of_today(former, today, capsys):
    verb, *arguments = former.split()

    assert status_of([verb, *arguments]) == 2

    assert capsys.readouterr().err == f"Error: `tta {verb}` is now `{today}`.\n"


def verbs() -> set[str]:
    return set(typer.main.get_command(app()).commands)


def test_former_verbs_are_not_verbs_and_lead_to_verbs():
    assert not FORMER_VERBS.keys() & verbs()
    assert {verb for verb, _ in FORMER_VERBS.values()} <= verbs()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("rate all --estimate --batch", "Give only one of --estimate and --batch."),
        ("rate all --fps 1", "--fps belongs to --estimate: add --estimate."),
        ("rate all --estimate --no-wait", "--no-wait belongs to --batch: add --batch."),
        ("rate all --estimate --rater signals", "--estimate: signals costs nothing."),
        ("rate all --batch --rater signals", "--batch: signals has no batches."),
        ("rate all", "Name the rater: --rater gemini, or --rater signals"),
        ("failed --dry-run", "--dry-run belongs to --replay: add --replay."),
        ("doctor --model x", "--model: name the project, too: --project ID."),
        ("doctor --clip --project p", "name it with --target."),
        ("doctor --timeout 3", "--timeout belongs to --clip: add --clip."),
    ],
)
def test_an_option_of_another_use_is_refused_with_the_option_that_it_needs(words, sentence, capsys):
    assert status_of(words.split()) == 2

    assert sentence in capsys.readouterr().err
