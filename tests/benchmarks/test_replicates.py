"""Three answers of reliability .6 give the fact row .82, and the headline that share of truth."""

import numpy as np
import pytest

from benchmarks.replicates import ANSWERS, ReplicateWorld, measured, records
from shared.insights.agreement.replicates import spearman_brown


@pytest.fixture(scope="module")
def runs():
    """Figures (samples, numbers of answers, 2) of samples that `python -m benchmarks` draws too."""
    return np.array([measured(ReplicateWorld.draw(seed)) for seed in range(12)])


def test_the_fact_row_has_the_reliability_that_spearman_and_brown_promise(runs):
    reliability = dict(zip(ANSWERS, runs[:, :, 0].mean(axis=0), strict=True))

    assert reliability[1] == pytest.approx(0.60, abs=0.02)
    assert reliability[3] == pytest.approx(0.82, abs=0.02)
    for answers, value in reliability.items():
        assert value == pytest.approx(spearman_brown(0.6, answers), abs=0.02)


def test_the_headline_loses_less_of_the_planted_ratio(runs):
    share = dict(zip(ANSWERS, runs[:, :, 1].mean(axis=0), strict=True))

    assert share[1] == pytest.approx(0.60, abs=0.08)
    assert share[3] - share[1] == pytest.approx(0.22, abs=0.06)


def test_each_answer_is_a_rating_of_its_own():
    world = ReplicateWorld.draw(0, creators=2, videos=3)

    sent = list(records(world.answers[:, :2]))

    assert [each.rating.replicate for each in sent] == [0] * 6 + [1] * 6
    assert sent[7].video_id == sent[1].video_id
