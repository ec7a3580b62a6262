"""Power, design effect, false discoveries, equivalence and influence against their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from shared.insights.statistics.effect import Effect, notes
from shared.insights.statistics.equivalence import equivalence
from shared.insights.statistics.multiplicity import with_q
from shared.insights.statistics.power import (
    design_effect,
    icc1,
    n_needed,
    power_of_test,
    smallest_rho,
)
from shared.insights.statistics.resampling import Groups
from tests.warnings_as_errors import WARNINGS_AS_ERRORS

pytestmark = WARNINGS_AS_ERRORS


def effect(p=0.5, estimate=0.02, se=0.03):
    return Effect("x", "y", "spearman", "count", estimate, se, None, None, p, None, 500, 200)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_q_is_statsmodels_benjamini_hochberg(ps):
    effects = with_q([effect(p) for p in ps])

    assert [corrected.q for corrected in effects] == pytest.approx(
        multipletests(ps, method="fdr_bh")[1].tolist(), abs=1e-12
    )


def test_the_primary_and_what_has_no_p_are_outside_the_family():
    effects = with_q(
        [effect(0.04), effect(0.01), effect(None, None, None), effect(0.03)], primary=0
    )

    assert [corrected.q for corrected in effects] == [
        None,
        pytest.approx(0.02),
        None,
        pytest.approx(0.03),
    ]


def test_without_a_family_there_is_no_q():
    assert with_q([]) == ()
    assert with_q([effect(0.01)], primary=0)[0].q is None


def test_an_effect_refuses_nan_and_infinity():
    with pytest.raises(ValueError, match="estimate is nan"):
        effect(estimate=float("nan"))


def test_an_undefined_number_is_none_in_the_document():
    document = effect(None, None, None).document()

    assert (document["estimate"], document["q"], document["n"]) == (None, None, 500)


def test_notes_join_their_parts():
    assert (notes([None, "a", "b"]), notes([None])) == ("a; b", None)


@pytest.mark.parametrize(("rho", "n"), [(0.05, 3138), (0.10, 783), (0.20, 194), (0.30, 85)])
def test_videos_needed_are_the_textbooks_times_the_inflation_of_spearman(rho, n):
    assert n_needed(rho) == pytest.approx(3 + 1.06 * (n - 3), rel=0.005)
    assert n_needed(-rho) == n_needed(rho)


def test_the_number_needed_reaches_the_power():
    needed = n_needed(0.1, power=0.9, design_effect=2.5)

    assert power_of_test(0.1, needed, 2.5) == pytest.approx(0.9, abs=0.001)
    assert smallest_rho(needed, 0.9, 2.5) == pytest.approx(0.1, abs=1e-4)


def test_the_power_at_rho_zero_is_the_size_of_the_test():
    assert power_of_test(0.0, 1000) == pytest.approx(0.05)


def test_three_videos_have_no_power_and_find_no_correlation():
    assert (power_of_test(0.9, 3), smallest_rho(3)) == (0.05, None)


@pytest.mark.parametrize("call", [lambda: n_needed(0), lambda: power_of_test(1, 10)])
def test_impossible_correlations_are_refused(call):
    with pytest.raises(ValueError, match="rho"):
        call()


@pytest.mark.campaign
def test_power_is_the_share_of_significant_samples():
    draw = np.random.default_rng(0)
    runs, n = 2000, 150
    x = draw.normal(size=(runs, n))
    y = 0.2 * x + np.sqrt(1 - 0.04) * draw.normal(size=(runs, n))
    rho = 6 / np.pi * np.arcsin(0.1)  # Spearman's of a normal pair with Pearson's .2

    hits = sum(stats.spearmanr(a, b)[1] < 0.05 for a, b in zip(x, y, strict=True))

    low, high = stats.binomtest(hits, runs).proportion_ci(0.99, "wilson")
    assert low - 0.02 <= power_of_test(rho, n) <= high + 0.02


def test_icc_is_the_share_of_variance_between_creators():
    draw = np.random.default_rng(1)
    codes = np.repeat(np.arange(2000), draw.integers(1, 8, 2000))
    level = np.sqrt(0.4) * draw.normal(size=2000)[codes]

    icc = icc1(level + np.sqrt(0.6) * draw.normal(size=len(codes)), Groups.of(codes))

    assert icc == pytest.approx(0.4, abs=0.04)


def test_icc_of_equal_groups_is_the_textbooks():
    values = np.array([[9.0, 2], [6, 1], [8, 4], [7, 1]])
    between = 2 * values.mean(axis=1).var(ddof=1)
    within = values.var(axis=1, ddof=1).mean()

    icc = icc1(values.ravel(), Groups.of(np.repeat(range(4), 2)))

    assert icc == pytest.approx((between - within) / (between + within))


def test_icc_is_none_where_no_creator_has_two_videos_or_nothing_varies():
    assert icc1(np.arange(5.0), Groups.of(range(5))) is None
    assert icc1(np.ones(6), Groups.of("aabbcc")) is None


def test_the_design_effect_is_one_without_repeats_and_m_where_creators_are_constant():
    values = np.random.default_rng(0).normal(size=50)

    assert design_effect(values, values, Groups.of(range(50))) == 1
    tenfold = np.repeat(values, 10)
    inflation = design_effect(tenfold, tenfold, Groups.of(np.repeat(range(50), 10)))
    assert inflation == pytest.approx(10)


def test_a_tight_interval_within_the_bound_is_equivalent_and_a_wide_one_is_not():
    assert equivalence(effect(se=0.03), 0.10).equivalent
    assert not equivalence(effect(se=0.08), 0.10).equivalent


@given(st.floats(-0.5, 0.5), st.floats(0.001, 0.3), st.floats(0.02, 0.5))
def test_equivalence_is_the_ninety_percent_interval_inside_the_bound(estimate, se, bound):
    test = equivalence(effect(estimate=estimate, se=se), bound)

    if abs(test.p - 0.05) > 1e-9:
        assert test.equivalent == (-bound < test.low and test.high < bound)


def test_an_effect_without_an_estimate_is_not_equivalent():
    test = equivalence(effect(None, None, None), 0.1)

    assert (test.p, test.equivalent) == (None, False)


@pytest.mark.parametrize("bound", [1.0, 0])
def test_a_bound_outside_the_scale_is_refused(bound):
    with pytest.raises(ValueError, match="bound"):
        equivalence(effect(), bound)
