"""How often intervals hold the truth: said where creators are few, from figures that were kept."""

from dataclasses import replace

import pytest

from shared.insights import coverage
from shared.insights.analysis import analyse
from shared.insights.coverage import (
    HEADLINE_METHODS,
    TRUSTED_FROM,
    CoverageCell,
    few_creators_warning,
    nearest_cells,
)
from shared.insights.statistics.effect import Effect
from tests.insights_tables import plan, rows, table

EFFECT = Effect("a", "views", "spearman", "count", 0.1, 0.1, -0.1, 0.3, 0.3, None, 99, 24)
CELL = CoverageCell("spearman", 18, True, 5_000, 0, 4_600, 900, 92)
CELLS = (
    CELL,
    replace(CELL, planted=False, covered=4_650),
    replace(CELL, clusters=40, covered=4_750),
    replace(CELL, clusters=40, planted=False, covered=4_740),
    replace(CELL, method="gee_nb, rate", runs=2_000, none=10, covered=1_950),
)


@pytest.fixture
def warning(monkeypatch):
    """The sentence, if the study had found this."""
    monkeypatch.setattr(coverage, "coverage_cells", lambda: CELLS)
    return few_creators_warning


def test_few_creators_have_the_worse_of_what_was_measured_on_both_sides(warning):
    assert warning([EFFECT]) == (
        "There are only 24 creators; intervals are held to their 95 % from 40 on. In simulated "
        "samples of 18 and 40 creators they held the known truth this often: Spearman's ρ in "
        "92.0 % and 94.8 % of 5,000."
    )


def test_enough_creators_have_nothing_to_be_said_of(warning):
    assert warning([replace(EFFECT, clusters=TRUSTED_FROM)]) is None
    assert warning([]) is None


def test_a_rate_has_its_own_figures_and_intervals_that_did_not_exist_do_not_count(warning):
    rate = replace(EFFECT, method="gee_nb", scale="rate")

    assert warning([rate]).endswith("a rate ratio with an exposure in 98.0 % of 1,990.")


def test_one_outcome_with_few_creators_is_said_too(warning):
    many = replace(EFFECT, clusters=500)

    assert warning([many, EFFECT]).startswith("Some estimates rest on only 24 creators; ")


def test_a_method_that_was_not_measured_is_not_given_anothers_figures(warning):
    assert warning([replace(EFFECT, method="two_lines_low")]).endswith("95 % from 40 on.")


@pytest.mark.parametrize(
    ("clusters", "sizes"),
    [(5, {8}), (8, {8}), (9, {8, 18}), (40, {40}), (299, {100, 300}), (10_000, {300})],
)
def test_the_figures_are_those_next_to_the_number_of_creators(clusters, sizes):
    assert {cell.clusters for cell in nearest_cells(clusters, ["spearman"])} == sizes


@pytest.mark.parametrize("method", HEADLINE_METHODS)
def test_the_study_asked_enough_and_the_defaults_keep_their_promise(method):
    cells = [cell for cell in coverage.coverage_cells() if cell.method == method]

    assert {cell.clusters for cell in cells} == {8, 18, 40, 100, 300}
    assert min(cell.runs for cell in cells) >= (5_000 if "spearman" in method else 1_000)
    for cell in cells:
        low, high = cell.wilson()
        assert cell.clusters < TRUSTED_FROM or low <= 0.95 <= high, cell


@pytest.mark.parametrize("method", ["spearman", "nb2"])
def test_videos_taken_for_independent_fail_beside_it(method):
    name = f"{method}, videos taken for independent"
    cells = [cell for cell in coverage.coverage_cells() if cell.method == name]

    assert len(cells) == 10
    assert max(cell.wilson()[1] for cell in cells) < 0.95


def test_a_result_carries_what_was_measured_of_its_methods():
    cells = analyse(table(rows(), plan()), plan()).document()["coverage"]

    assert {cell["clusters"] for cell in cells} == {18, 40}
    assert {cell["method"] for cell in cells} >= {*HEADLINE_METHODS}
    cell = next(cell for cell in cells if cell["method"] == "spearman")
    assert cell["coverage_low"] < cell["coverage"] == cell["covered"] / cell["runs"]


def test_without_creators_there_is_nothing_to_look_up():
    analysis_plan = plan(cluster="")

    assert analyse(table(rows(60), analysis_plan), analysis_plan).document()["coverage"] == []
