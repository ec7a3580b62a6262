"""Intervals of means over views hold what was planted, and see that it is not zero."""

import pytest

from benchmarks.watching import OUTCOMES, is_missed, missed


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_intervals_hold_the_planted_ratio(outcome):
    assert missed(outcome, 20, OUTCOMES[outcome][1], runs=30) <= 0.2


def test_a_sample_is_the_same_each_time():
    assert [is_missed("hook_rate_3s", 12, 0.02, 5) for _ in range(2)] in ([True] * 2, [False] * 2)
