"""Placebo onsets are those of other videos, and give a p that is uniform without an effect."""

from dataclasses import replace

import numpy as np
import pytest

from shared.insights.moment.design import moment_design
from shared.insights.moment.options import WINDOW_S
from shared.insights.moment.placebo import PlaceboOnsets, placebo_p
from tests.shared.insights.moment.audience import audience


def test_a_placebo_onset_is_of_another_video_and_lies_within_the_curve():
    curves = [replace(curve, shares=curve.shares[:20]) for curve in audience(videos=5)]
    curves = [
        replace(curve, duration_s=20.0, onset_s=float(3 + at)) for at, curve in enumerate(curves)
    ] + [replace(curve, video_id=f"x{curve.video_id}") for curve in audience(videos=5, seed=2)]
    design = moment_design(curves)
    draws = PlaceboOnsets(design)

    onsets_s = np.stack([draws.onsets_s[draws.draw(1, number)] for number in range(50)])

    assert set(onsets_s.ravel()) <= set(design.onsets_s)
    assert onsets_s[:, :5].max() <= 18


def test_a_draw_rests_on_seed_and_number_alone():
    draws = PlaceboOnsets(moment_design(audience(videos=10)))

    assert draws.draw(1, 7).tolist() == draws.draw(1, 7).tolist()
    assert draws.draw(1, 7).tolist() != draws.draw(2, 7).tolist()


@pytest.mark.campaign
def test_without_an_effect_small_p_values_are_rare():
    p_values = [
        placebo_p(moment_design(audience(videos=15, seed=seed)), WINDOW_S, 0.0, 39, seed)
        for seed in range(60)
    ]

    assert 0.35 < np.mean(p_values) < 0.65
    assert sum(p <= 0.1 for p in p_values) <= 13
