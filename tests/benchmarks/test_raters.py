"""The worlds of 18 raters: what choosing one claims, and what all together do, over a few runs."""

import json
from collections import Counter

import numpy as np
import pytest

from benchmarks.raters import __main__ as program
from benchmarks.raters.campaign import CELLS, RUNS, verdict
from benchmarks.raters.world import RATERS, sample

BY_NAME = {cell.name: cell for cell in CELLS}


def counts_of(name, runs):
    counts = Counter()
    for number in range(runs):
        counts.update(verdict(BY_NAME[name], number))
    return counts


@pytest.mark.campaign  # the suite judges the stored results of two thousand runs
def test_choosing_among_raters_claims_too_much_and_their_joint_verdict_does_not():
    counts = counts_of("no effect", 12)

    assert counts["chosen"] >= 3
    assert counts["joint"] <= 1


@pytest.mark.campaign
def test_all_together_find_a_true_effect_about_as_often_as_the_best_rater_known_in_advance():
    counts = counts_of("effect", 12)

    assert counts["best"] >= 5
    assert counts["joint"] >= 0.8 * counts["best"]
    assert counts["joint_wrong"] == 0


def test_raters_of_a_world_agree_as_models_do_and_the_best_is_the_most_reliable():
    videos = sample(BY_NAME["no effect"].world, 0)

    correlations = np.corrcoef(videos.ratings.T)[np.triu_indices(RATERS, 1)]
    assert 0.5 < correlations.mean() < 0.75
    assert videos.best == RATERS - 1
    assert np.isnan(sample(BY_NAME["no effect, 15 % absent"].world, 0).ratings).mean() > 0.1


def test_the_stored_results_hold_their_bars_over_two_thousand_runs():
    worlds = json.loads(program.FILE.read_text(encoding="utf-8"))["worlds"]

    by_name = {world["world"]: world for world in worlds}
    assert by_name["no effect"]["runs"] >= RUNS
    assert by_name["effect"]["runs"] >= RUNS
    for name, counts in by_name.items():
        assert list(program.misses(BY_NAME[name], counts)) == []


@pytest.mark.campaign
@pytest.mark.parametrize("name", BY_NAME)
def test_no_world_misses_a_bar_by_far(name):
    counts = counts_of(name, 200)

    slack = 3 * np.sqrt(0.06 * 0.94 / 200)
    if not BY_NAME[name].world.effect and "carry" not in name:
        assert counts["joint"] / 200 <= 0.06 + slack
