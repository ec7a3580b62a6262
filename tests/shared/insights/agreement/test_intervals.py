"""Intervals over videos hold what they promise: a short version of `make coverage`."""

import json

import numpy as np
import pytest

from benchmarks.coverage.__main__ import main
from benchmarks.coverage.panels import PanelDesign, simulate
from shared.insights.statistics.estimate import (
    CORRELATION,
    MOST_BLOCKS,
    PLAIN,
    SHARE,
    intraclass,
    jackknife_estimate,
    jackknife_replicates,
    weighted_mean,
    wilson,
)


@pytest.mark.parametrize(
    ("design", "panels"),
    [
        (PanelDesign("scores", 50, 4, 0.6, 0.3), 100),
        pytest.param(PanelDesign("scores", 50, 3, 0.6), 300, marks=pytest.mark.campaign),
        pytest.param(PanelDesign("scores", 50, 4, 0.6, 0.3), 300, marks=pytest.mark.campaign),
    ],
)
def test_intervals_hold_the_truth_in_95_of_100_panels(design, panels):
    campaign = simulate(design, panels)

    for name, covered in campaign["coverage"].items():
        assert covered["of"] == panels
        assert covered["low"] <= 0.95 <= covered["high"], name


def test_the_committed_campaign_has_a_thousand_panels_and_keeps_its_bars(capsys):
    assert main(["--show"]) == 0

    shown = capsys.readouterr().out
    assert "(2,000 simulated)" in shown and "MISSED" not in shown


def test_a_campaign_that_was_stopped_goes_on_where_it_was(tmp_path, monkeypatch, capsys):
    ran = []

    def run(design, panels):
        ran.append(design.key)
        return {"design": design.key, "panels": panels, "coverage": {}}

    monkeypatch.setattr("benchmarks.coverage.panels.simulate", run)
    monkeypatch.setattr("benchmarks.coverage.effects.simulate", run)
    monkeypatch.setattr("benchmarks.coverage.ratios.simulate", run)
    monkeypatch.setattr("benchmarks.coverage.people.simulate", run)
    results = tmp_path / "results.jsonl"
    main(["--results", str(results)])
    lines = results.read_text().splitlines()
    results.write_text("\n".join(lines[:-1]) + "\n" + lines[-1][:20])  # killed while writing

    again = len(ran)
    main(["--results", str(results)])

    assert ran[again:] == [json.loads(lines[-1])["design"]]
    assert "agreement" in capsys.readouterr().out


def test_the_interval_of_a_mean_is_students():
    from scipy import stats

    values = np.random.default_rng(0).normal(size=30)

    estimate = jackknife_estimate(weighted_mean(values), 30, PLAIN)

    low, high = stats.t.interval(0.95, 29, values.mean(), stats.sem(values))
    assert (estimate.ci_low, estimate.ci_high) == (pytest.approx(low), pytest.approx(high))


def test_a_figure_that_no_video_changes_claims_no_certainty():
    estimate = jackknife_estimate(weighted_mean(np.full(9, 0.4)), 9, CORRELATION)

    assert (estimate.estimate, estimate.ci_low) == (pytest.approx(0.4), None)
    assert "no video changes it" in estimate.note


def test_very_many_videos_are_left_out_in_blocks():
    values = np.random.default_rng(0).normal(size=2 * MOST_BLOCKS + 7)

    assert len(jackknife_replicates(weighted_mean(values), len(values))) == MOST_BLOCKS
    estimate = jackknife_estimate(weighted_mean(values), len(values), PLAIN)
    assert estimate.ci_high - estimate.ci_low == pytest.approx(
        2 * 1.96 / len(values) ** 0.5, rel=0.1
    )


@pytest.mark.parametrize("scale", [PLAIN, CORRELATION, SHARE, intraclass(2), intraclass(7)])
def test_a_scale_leads_forward_and_back(scale):
    for value in (0.05, 0.5, 0.93):
        assert scale.back(scale.forward(value)) == pytest.approx(value)


def test_wilsons_interval_is_statsmodels():
    from statsmodels.stats.proportion import proportion_confint

    estimate = wilson(37, 41)

    low, high = proportion_confint(37, 41, method="wilson")
    assert (estimate.estimate, estimate.n) == (37 / 41, 41)
    assert (estimate.ci_low, estimate.ci_high) == (pytest.approx(low), pytest.approx(high))
    assert wilson(0, 0).estimate is None
