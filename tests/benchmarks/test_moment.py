"""The moment in known audiences: a short campaign, its bars, its journal and its page."""

import numpy as np
import pytest

from benchmarks.moment import campaign, world
from benchmarks.moment.campaign import CELLS, MomentCell, counts_of
from benchmarks.moment.results import PAGE, MomentCounts, stored, with_figures
from benchmarks.moment.world import Audience, watched
from benchmarks.study.campaign import Journal
from shared.insights.moment.curve_rules import sort_curves
from shared.insights.moment.design import moment_design
from shared.insights.moment.options import MomentOptions
from shared.insights.moment.seconds import Curve

RUNS = 60


@pytest.fixture(scope="module")
def counts():
    cell = MomentCell(Audience(60, 5_000, 1, is_late=False))
    return MomentCounts(cell, counts_of(cell.name, 0, RUNS))


@pytest.mark.campaign
def test_little_is_claimed_where_nothing_is_planted(counts):
    assert counts.false_positives <= 0.15
    assert counts.share("neighbours", "null runs") > 0.5


def test_the_interval_holds_the_truth_with_onsets_off_by_a_second(counts):
    assert counts.covered >= 0.85
    assert counts.power >= 0.8
    assert counts.ratio == pytest.approx(0.9, abs=0.02)


def test_a_sample_depends_on_its_chunk_alone():
    name = CELLS[0].name

    assert counts_of(name, 3, 2) == counts_of(name, 3, 2)
    assert counts_of(name, 3, 2) != counts_of(name, 4, 2)


def test_the_arrays_are_those_of_curves_that_pass_the_rules(monkeypatch):
    """The campaign skips the objects of the product, which would take most of its time."""
    samples = []
    from_arrays = world._design
    monkeypatch.setattr(world, "_design", lambda *args: samples.append(args) or from_arrays(*args))
    design = next(watched(Audience(20, 500, 2, is_late=True), 0, 1)).design
    audience, shares, lengths, marked_s, _ = samples[0]

    curves = [
        Curve(f"{row:03}", "", audience.viewers, shares[row, : length + 1], length, marked_s[row])
        for row, length in enumerate(lengths)
    ]
    of_curves = moment_design(sort_curves(curves, MomentOptions()).usable)

    np.testing.assert_allclose(of_curves.onsets_s, design.onsets_s)
    np.testing.assert_allclose(of_curves.steps.at_risk, design.steps.at_risk)
    np.testing.assert_allclose(of_curves.steps.leaves, design.steps.leaves, atol=1e-9)


def test_a_stopped_campaign_continues_from_its_journal(tmp_path, monkeypatch):
    monkeypatch.setattr(campaign, "CELLS", CELLS[:2])
    monkeypatch.setattr(campaign, "PLACEBO_CELLS", ())
    started = []
    monkeypatch.setattr(
        campaign, "counts_of", lambda name, chunk: started.append(name) or {"null runs": 100}
    )
    log = Journal(tmp_path / "journal.jsonl")
    log.keep(CELLS[0], 0, {"moment": {"null runs": 100}})

    totals = campaign.campaign(log, 100, processes=1)

    assert started == [CELLS[1].name]
    assert totals[CELLS[0].name]["null runs"] == totals[CELLS[1].name]["null runs"] == 100


def test_the_stored_figures_miss_no_bar():
    assert {row.cell.name: list(row.misses()) for row in stored() if any(row.misses())} == {}


def test_the_page_has_the_stored_figures():
    page = PAGE.read_text(encoding="utf-8")

    assert with_figures(page, stored()) == page
