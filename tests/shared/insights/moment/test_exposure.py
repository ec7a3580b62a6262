"""A step's exposure is the part of it after an onset, as expected where the onset has an error."""

import numpy as np
import pytest

from shared.insights.moment.exposure import after, between

ONSETS_S = np.array([2.0, 4.25])


def test_a_second_in_which_the_onset_lies_counts_in_part():
    exposure = after(ONSETS_S, 6, 0.0, 0.0)

    assert exposure.tolist() == [[0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 0.75, 1]]


@pytest.mark.parametrize("sd_s", [0.0, 0.5, 2.0])
def test_the_exposures_of_a_window_add_up_to_its_length(sd_s):
    exposure = between(np.array([20.0, 25.3]), 60, (0.0, 5.0), sd_s)

    assert exposure.sum(axis=1) == pytest.approx([5.0, 5.0])
    assert exposure.max() <= 1


def test_with_an_error_it_is_the_mean_over_onsets():
    errors = np.random.default_rng(1).normal(size=200_000) * 1.5
    drawn = between(4.25 + errors, 12, (0.0, 5.0), 0.0).mean(axis=0)

    np.testing.assert_allclose(between(ONSETS_S[1:], 12, (0.0, 5.0), 1.5)[0], drawn, atol=0.005)
