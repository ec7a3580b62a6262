"""The README reads easily: short sentences, a screen per reader, and terms that are explained."""

import re
import shlex
from pathlib import Path

import pytest

from cli.main import root_command
from tests.docs.prose import MEAN_WORDS, long_sentences, mean_words, prose

README = (Path(__file__).parents[2] / "README.md").read_text()
READERS = ("analysts", "psychologists", "data scientists", "engineers")
LINES_OF_A_SCREEN = 56

TERMS = {
    "95 % interval": "The true number lies within the **95 % interval**",
    "plan": "A **plan** says which column is what",
    "rater": "A **rater** gives scores",
    "Gemini": "**Gemini**, Google's model",
    "rubric": "the **rubric**, our list of",
    "BigQuery": "tables of BigQuery, Google's database for analysis",
    "collection": "A collection is a standing query",
    "Pub/Sub": "Pub/Sub carries the messages",
}
"""A term, and the words that explain it."""
INTERNAL = re.compile(
    r"BigQuery|Pub/Sub|Cloud Storage|emulat|schema|function|bucket|Terraform|serverless|rubric|"
    r"rater|signals|Gemini|metadata|KPI|fixture|endpoint",
    re.IGNORECASE,
)


def section(title: str) -> str:
    match = re.search(rf"^## {title}\n(.*?)(?=^## )", README, re.MULTILINE | re.DOTALL)
    assert match, title
    return match[1]


def test_sentences_are_short():
    assert long_sentences(README) == []
    assert mean_words(README) <= MEAN_WORDS


def test_the_first_result_comes_without_a_word_of_internals():
    before_result = README.partition("<picture>")[0]

    assert INTERNAL.findall(before_result.replace("Google Cloud", "")) == []


@pytest.mark.parametrize("reader", READERS)
def test_each_reader_has_a_screen(reader):
    assert len(section(f"For {reader}").splitlines()) <= LINES_OF_A_SCREEN


def commands() -> list[list[str]]:
    """The words of each command line of `tta` in the text and in its blocks."""
    lines = re.findall(r"`(tta [^`]+)`|^ *(?:\w+=… )?(tta [^\n`]+)$", README, re.MULTILINE)
    return [shlex.split(inline or block)[1:] for inline, block in lines]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_a_command_of_the_readme_has_a_verb_and_options_that_exist(words):
    command = root_command()
    while words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], [*words[1:], ""]

    options = {name for parameter in command.params for name in parameter.opts}
    assert not hasattr(command, "commands")
    assert {word for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize(("term", "explanation"), TERMS.items())
def test_a_term_is_explained_where_it_is_first_used(term, explanation):
    text = " ".join(prose(README).split())
    first_use = re.search(rf"(?<![\w/-]){re.escape(term)}s?(?!\w)", text)

    assert explanation in text
    assert first_use and first_use.start() >= text.index(explanation)
