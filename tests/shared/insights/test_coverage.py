"""Measured coverage: the warning for few creators, and the stored figures of the study."""

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
    """The warning, if these were the figures of the study."""
    monkeypatch.setattr(coverage, "coverage_cells", lambda: CELLS)
    return few_creators_warning


def test_few_creators_get_the_lower_coverage_of_the_two_nearest_sizes(warning):
    assert warning([EFFECT]) == (
        "There are only 24 creators; intervals are held to their 95 % from 40 on. In simulated "
        "samples of 18 and 40 creators they held the known truth this often: Spearman's ρ in "
        "92.0 % and 94.8 % of 5,000."
    )


def test_enough_creators_get_no_warning(warning):
    assert warning([replace(EFFECT, clusters=TRUSTED_FROM)]) is None
    assert warning([]) is None


def test_a_rate_has_its_own_coverage_and_missing_intervals_do_not_count(warning):
    rate = replace(EFFECT, method="gee_nb", scale="rate")

    assert warning([rate]).endswith("a rate ratio with an exposure in 98.0 % of 1,990.")


def test_one_outcome_with_few_creators_gets_a_warning_too(warning):
    many = replace(EFFECT, clusters=500)

    assert warning([many, EFFECT]).startswith("Some estimates rest on only 24 creators; ")


def test_a_method_without_figures_does_not_get_those_of_another(warning):
    assert warning([replace(EFFECT, method="two_lines_low")]).endswith("95 % from 40 on.")


@pytest.mark.parametrize(
    ("clusters", "sizes"),
    [(5, {8}), (8, {8}), (9, {8, 18}), (40, {40}), (299, {100, 300}), (10_000, {300})],
)
def test_the_figures_come_from_the_nearest_numbers_of_creators(clusters, sizes):
    assert {cell.clusters for cell in nearest_cells(clusters, ["spearman"])} == sizes


@pytest.mark.parametrize("method", HEADLINE_METHODS)
def test_the_study_has_enough_runs_and_the_defaults_keep_their_coverage(method):
    cells = [cell for cell in coverage.coverage_cells() if cell.method == method]

    assert {cell.clusters for cell in cells} == {8, 18, 40, 100, 300}
    assert min(cell.runs for cell in cells) >= (5_000 if "spearman" in method else 1_000)
    for cell in cells:
        low, high = cell.wilson()
        assert cell.clusters < TRUSTED_FROM or low <= 0.95 <= high, cell


@pytest.mark.parametrize("method", ["spearman", "nb2"])
def test_intervals_for_independent_videos_miss_their_coverage(method):
    name = f"{method}, videos taken for independent"
    cells = [cell for cell in coverage.coverage_cells() if cell.method == name]

    assert len(cells) == 10
    assert max(cell.wilson()[1] for cell in cells) < 0.95


def test_a_result_has_the_measured_coverage_of_its_methods():
    cells = analyse(table(rows(), plan()), plan()).document()["coverage"]

    assert {cell["clusters"] for cell in cells} == {18, 40}
    assert {cell["method"] for cell in cells} >= {*HEADLINE_METHODS}
    cell = next(cell for cell in cells if cell["method"] == "spearman")
    assert cell["coverage_low"] < cell["coverage"] == cell["covered"] / cell["runs"]


def test_without_creators_there_is_no_coverage():
    analysis_plan = plan(cluster="")

    assert analyse(table(rows(60), analysis_plan), analysis_plan).document()["coverage"] == []
