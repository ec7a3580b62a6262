"""Curves that cannot answer are left out by name; those that may mislead are flagged."""

from dataclasses import replace

import numpy as np
import pytest

from shared.insights.moment.curve_rules import sort_curves
from shared.insights.moment.options import MomentOptions
from shared.insights.moment.seconds import Curve

SHARES = np.round(np.exp(-0.05 * np.arange(31)), 2)
GOOD = Curve("v1", "ana", 1_000, SHARES, duration_s=30.0, onset_s=10.5)


def with_share(second: int, share: float) -> Curve:
    shares = SHARES.copy()
    shares[second] = share
    return replace(GOOD, shares=shares)


LEFT_OUT = {
    "no_onset": replace(GOOD, onset_s=None),
    "too_few_points": replace(GOOD, shares=np.where(np.arange(31) < 4, SHARES, np.nan)),
    "not_a_share": replace(GOOD, shares=100 * SHARES),
    "negative_share": with_share(5, -0.01),
    "too_few_viewers": replace(GOOD, viewers=10),
    "longer_than_the_video": replace(GOOD, duration_s=20.0),
    "onset_outside_the_video": replace(GOOD, onset_s=31.0),
    "nothing_before_the_onset": replace(GOOD, onset_s=0.4),
    "nothing_in_the_window": replace(GOOD, onset_s=29.5),
    "nobody_leaves": replace(GOOD, shares=np.ones(31)),
}


def test_parts_in_a_file_of_percents_are_not_shares():
    sorted_curves = sort_curves([replace(GOOD, shares=SHARES / 100)], MomentOptions())

    assert sorted_curves.left_out == {"not_a_share": (GOOD.video_id,)}


@pytest.mark.parametrize("reason", LEFT_OUT)
def test_a_curve_that_cannot_answer_is_left_out_by_name(reason):
    sorted_curves = sort_curves([LEFT_OUT[reason]], MomentOptions())

    assert sorted_curves.left_out == {reason: ("v1",)}
    assert sorted_curves.usable == ()


FLAGGED = {
    "rising_shares": with_share(5, 0.9),
    "missing_seconds": with_share(5, np.nan),
    "viewers_unknown": replace(GOOD, viewers=None),
    "creator_unknown": replace(GOOD, creator=""),
}


@pytest.mark.parametrize("flag", FLAGGED)
def test_a_curve_that_may_mislead_is_flagged_and_used(flag):
    sorted_curves = sort_curves([FLAGGED[flag]], MomentOptions())

    assert sorted_curves.flags == {flag: ("v1",)}
    assert len(sorted_curves.usable) == 1


def test_a_second_reading_of_a_video_is_left_out():
    sorted_curves = sort_curves([GOOD, GOOD], MomentOptions())

    assert sorted_curves.left_out == {"second_reading": ("v1",)}
    assert len(sorted_curves.usable) == 1


def test_a_video_without_one_of_its_seconds_still_answers_by_the_others():
    sorted_curves = sort_curves([with_share(12, np.nan)], MomentOptions())

    assert sorted_curves.left_out == {}
