"""Quantiles, tails, ranks and adjusted p-values, to the last digit of scipy.stats."""

import numpy as np
import pytest
from scipy import stats

from shared.insights.statistics import distributions as ours

CHANCES = np.array([1e-12, 0.025, 0.5, 0.975])
VALUES = np.array([-40.0, -1.96, 0.0, 0.3, 8.0, np.inf])
DEGREES = (1, 2.5, 39, 1e7)


@pytest.mark.parametrize("df", DEGREES)
def test_students_t_and_chi_square(df):
    assert_same(ours.t_quantile(CHANCES, df), stats.t.ppf(CHANCES, df))
    assert_same(ours.t_tail(VALUES, df), stats.t.sf(VALUES, df))
    assert_same(ours.t_cdf(VALUES, df), stats.t.cdf(VALUES, df))
    assert_same(ours.chi2_quantile(CHANCES, df), stats.chi2.ppf(CHANCES, df))
    assert_same(ours.chi2_tail(VALUES[2:], df), stats.chi2.sf(VALUES[2:], df))


def test_the_normal_and_the_gamma_distribution():
    assert_same(ours.normal_quantile(CHANCES), stats.norm.ppf(CHANCES))
    assert_same(ours.normal_tail(VALUES), stats.norm.sf(VALUES))
    assert_same(ours.normal_cdf(VALUES), stats.norm.cdf(VALUES))
    assert_same(ours.gamma_tail(VALUES[2:], 2.5, 0.7), stats.gamma.sf(VALUES[2:], 2.5, scale=0.7))


@pytest.mark.parametrize("values", [[3.0], [2, 2, 2], [5, 1, 5, 3, 1, 1], [0.1, -7.5, 0.1, 9]])
def test_ranks_with_ties(values):
    assert_same(ours.ranks(values), stats.rankdata(values))


@pytest.mark.parametrize("ps", [[0.04], [0.9, 0.01, 0.04, 0.01, 1.0], [0.0, 0.2, 0.3, 0.31, 0.32]])
def test_p_values_adjusted_for_false_discoveries(ps):
    assert_same(ours.false_discovery_control(ps), stats.false_discovery_control(ps))
    np.testing.assert_allclose(
        ours.false_discovery_control(ps, any_dependence=True),
        stats.false_discovery_control(ps, method="by"),
    )


def assert_same(actual, expected):
    np.testing.assert_array_equal(actual, expected)
