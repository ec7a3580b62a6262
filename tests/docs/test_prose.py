"""Tutorials and guides have short sentences, and explain a term where it first stands."""

import pytest

from tests.docs import prose
from tests.docs.pages import DOCS, lessons

TERMS = prose.terms((DOCS / "glossary.md").read_text())
LESSONS = pytest.mark.parametrize(
    "page", lessons(), ids=lambda page: page.relative_to(DOCS).as_posix()
)


@LESSONS
def test_sentences_are_short(page):
    text = page.read_text()

    assert prose.long_sentences(text) == []
    assert prose.mean_words(text) <= prose.MEAN_WORDS


@LESSONS
def test_a_term_is_explained_or_linked_where_it_first_stands(page):
    assert prose.unexplained(page.read_text(), TERMS) == []


def test_the_glossary_has_terms_and_their_other_names():
    glossary = '- <a id="a"></a>**curve**, or long curve: how many. A **dot** is one.\n'

    assert prose.terms(glossary) == ["curve", "dot", "long curve"]
    assert len(TERMS) > 20


@pytest.mark.parametrize(
    "text",
    [
        "A **plan** says what you ask. The plan is a file.",
        "Write a [plan](../glossary.md#plan).",
        "Nothing of it. The command `tta plan` is code, and planned is another word.",
        "# Your plan\n\n| plan |\n|---|\n\n```sh\nplan\n```\n",
    ],
)
def test_an_explained_term_passes(text):
    assert prose.unexplained(text, ["plan"]) == []


@pytest.mark.parametrize(
    "text", ["Write the plans. A **plan** is a file.", "Write a [plan](../reference/insights.md)."]
)
def test_a_term_before_its_explanation_is_named(text):
    (problem,) = prose.unexplained(text, ["plan"])

    assert problem == ("plan", text.partition(" A ")[0])


def test_an_item_of_a_list_is_a_sentence():
    assert prose.sentences("You need:\n\n- one file\n- a table\n\n1. Then this. And `that`.") == [
        *("You need:", "one file", "a table", "Then this.", "And `that`.")
    ]
