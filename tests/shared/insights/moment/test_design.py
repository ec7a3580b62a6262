"""The arrays of the estimate: nothing of a curve is cut off, and none weighs too much."""

from dataclasses import replace

import numpy as np
import pytest

from shared.insights.moment.design import leaving_steps, moment_design
from shared.insights.moment.estimate import window_fit
from shared.insights.moment.onset_error import onset_error
from shared.insights.moment.options import WINDOW_S, MomentOptions
from shared.insights.statistics.hazard import LeavingSteps
from tests.shared.insights.moment.audience import audience

CURVE = replace(audience(videos=1)[0], shares=np.array([1.0, 0.8, 0.9, 0.6, 0.5, 0.2]))


def test_shares_that_rise_give_negative_leaves():
    steps = leaving_steps([CURVE], 99)

    assert steps.leaves[0] / steps.at_risk[0, 0] == pytest.approx([0.2, -0.1, 0.3, 0.1, 0.0])


def test_the_last_second_is_left_out_and_a_missing_share_costs_two():
    shares = CURVE.shares.copy()
    shares[2] = np.nan

    steps = leaving_steps([replace(CURVE, shares=shares)], 99)

    assert (steps.at_risk[0] > 0).tolist() == [True, False, False, True, False]


def test_a_viral_video_weighs_hardly_more_than_others():
    viral, usual = replace(CURVE, viewers=10_000_000), replace(CURVE, viewers=10_000)

    at_risk = leaving_steps([viral, usual], 99).at_risk[:, 0]

    assert at_risk[0] < 1.11 * at_risk[1]


def test_unknown_viewers_weigh_as_the_median_of_the_others():
    curves = [replace(CURVE, viewers=viewers) for viewers in (500, None, 700)]

    weights = leaving_steps(curves, 99).at_risk[:, 0]

    assert weights[1] == pytest.approx(weights[[0, 2]].mean(), rel=0.01)


def test_cutting_negative_leaves_off_would_shrink_the_effect():
    """People rewind: shares rise where few leave, above all where fewer leave."""
    random = np.random.default_rng(3)
    curves = [
        replace(
            curve, shares=np.clip(curve.shares + 0.01 * random.normal(size=len(curve.shares)), 0, 2)
        )
        for curve in audience(videos=100, viewers=20_000, log_ratio=np.log(0.5), is_rounded=False)
    ]
    design = moment_design(curves)
    cut_off = LeavingSteps(np.maximum(design.steps.leaves, 0), design.steps.at_risk)

    as_they_are = window_fit(design, WINDOW_S, 0.0).effect.ratio
    cut = window_fit(replace(design, steps=cut_off), WINDOW_S, 0.0).effect.ratio

    assert as_they_are == pytest.approx(0.5, abs=0.05)
    assert cut > 0.6


def test_a_few_pairs_of_raters_say_nothing_of_the_error():
    error = onset_error(MomentOptions(onset_pairs=((1.0, 2.0),) * 9))

    assert (error.sd_s, error.source, error.pairs) == (0.0, "unknown", 9)


def test_an_error_that_the_caller_gives_is_used():
    assert onset_error(MomentOptions(onset_sd_s=0.7, onset_pairs=((1.0, 2.0),) * 20)).sd_s == 0.7


def test_raters_who_mean_another_event_do_not_make_onsets_blurred():
    """Their distance would be undone as an error, and the effect would look larger than it is."""
    near = [(10.0, 9.0), (10.0, 10.0), (10.0, 11.0)] * 10
    error = onset_error(MomentOptions(onset_pairs=(*near, (3.0, 25.0), (30.0, 4.0))))

    assert error.sd_s == pytest.approx(np.std([-1, 0, 1]) / np.sqrt(2), rel=0.05)
    assert (error.pairs, error.far_pairs) == (32, 2)


def test_raters_who_err_widely_keep_their_error():
    random = np.random.default_rng(5)
    pairs = tuple(map(tuple, (30 + 4 * random.normal(size=(2_000, 2))).tolist()))

    assert onset_error(MomentOptions(onset_pairs=pairs)).sd_s == pytest.approx(4, rel=0.05)
