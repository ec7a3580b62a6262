"""Terms lead to their meaning, and text of strangers stays text."""

import re

import pytest

from shared.insights.report.figures import figures
from shared.insights.report.glossary import TERMS, explained
from shared.insights.report.sections import SECTIONS, empty_figures, sections_with
from tests.report_world import HOSTILE, report_of, rows, text_of, usual_page, usual_report


def test_the_first_use_of_a_term_leads_to_its_meaning():
    markup = explained("A 95 % interval is wide. Another 95 % interval is not.")

    assert markup.count('href="#term-interval"') == 1
    assert text_of(markup) == "A 95 % interval is wide. Another 95 % interval is not."


def test_words_that_only_contain_a_term_are_left_alone():
    assert "<a" not in explained("The duration of an explanation")


@pytest.mark.parametrize(
    "text", [HOSTILE, 'p = .01 "<b>" & ratio <script>', "p < .001 a&#39;s plan"]
)
def test_markup_in_a_sentence_stays_text(text):
    markup = explained(text)

    assert text_of(markup) == text
    tags = re.findall(r"<(\w+)", markup)
    assert set(tags) <= {"a", "code"}


def test_what_a_person_types_is_code():
    assert "<code>sampling_frame</code>" in explained("set sampling_frame in the plan")
    assert "<code>tta rate --replicates 3</code>" in explained("(tta rate --replicates 3)")


def test_the_page_explains_every_term_once():
    markup = usual_page()

    for term in TERMS:
        assert markup.count(f'id="means-{term.key}"') == 1


def test_empty_figures_fold_into_one_list():
    data = report_of(rows(3))
    page_figures = figures(data)

    folded = empty_figures(data, page_figures)

    titles = [title for each in folded for title in each.titles]
    assert sorted(titles) == sorted(
        figure.title for figure in page_figures if not figure.rows and figure.missing
    )
    assert len(folded) < len(titles)


def test_a_section_without_figures_is_left_out():
    assert sections_with(frozenset({"halo"}))[0].figures == ("halo",)
    assert len(sections_with(frozenset({"halo"}))) == 1
    everything = {name for section in SECTIONS for name in section.figures}
    assert everything == {figure.name for figure in figures(usual_report())} | {"scatter", "shapes"}
