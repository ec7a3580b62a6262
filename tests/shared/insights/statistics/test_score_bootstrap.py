"""The score bootstrap: its p against an enumeration of all signs, its interval against p."""

from itertools import product
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.insights.statistics import count_models
from shared.insights.statistics.cluster_covariance import information
from shared.insights.statistics.rate_ratios import rate_ratios
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.score_bootstrap import (
    ALPHA,
    ScoreBootstrap,
    flipped_sums,
    sign_flip_p,
)
from tests.warnings_as_errors import WARNINGS_AS_ERRORS

pytestmark = WARNINGS_AS_ERRORS


def written_out(scores, total):
    """The share of all sums with other signs that are at least as far from zero."""
    signs = np.array(list(product((-1.0, 1.0), repeat=len(scores))))
    return float((np.abs(signs @ scores) >= abs(total) * (1 - 1e-12)).mean())


@pytest.mark.few(12)
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("spread", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("creators", [7, 14])
def test_p_is_the_share_of_all_signs(seed, spread, creators):
    draw = np.random.default_rng((seed, creators))
    scores = draw.normal(size=creators) * draw.lognormal(0, spread, creators)

    p = sign_flip_p(scores, scores.sum())

    assert p == pytest.approx(written_out(scores, scores.sum()), abs=0.004)


def test_a_small_p_is_right_as_a_ratio():
    scores = np.random.default_rng(3).lognormal(0, 0.5, 16)
    total = 0.8 * scores.sum()

    assert written_out(scores, total) < 0.005
    assert sign_flip_p(scores, total) == pytest.approx(written_out(scores, total), rel=0.05)


def test_many_creators_match_random_draws_of_signs():
    draw = np.random.default_rng(0)
    scores = draw.lognormal(0, 1, 150)
    sums = np.abs(draw.choice([-1.0, 1.0], (50_000, 150)) @ scores)

    for share in (0.2, 0.05, 0.01):
        total = np.quantile(sums, 1 - share)
        assert sign_flip_p(scores, total) == pytest.approx(share, abs=4 * np.sqrt(share / 50_000))


def test_five_creators_reject_nothing_at_five_percent():
    assert sign_flip_p(np.ones(5), 5.0) == 2**-4
    assert sign_flip_p(np.ones(6), 6.0) == 2**-5 < ALPHA


def test_one_creator_who_outweighs_all_others_rejects_nothing():
    assert sign_flip_p(np.array([100.0] + [1.0] * 20), 100.0) > 0.4


@given(st.lists(st.floats(-1e6, 1e6), max_size=12), st.floats(-1e7, 1e7))
@example([2.225e-313], 1.0)
def test_any_scores_give_a_probability(scores, total):
    assert 0 <= sign_flip_p(np.array(scores, dtype=float), total) <= 1


@given(st.floats(0.01, 1e3))
def test_the_unit_of_the_scores_does_not_matter(unit):
    scores = np.array([3.0, -1, 2, 0, 5, 1, -2])

    assert sign_flip_p(scores * unit, 8 * unit) == pytest.approx(sign_flip_p(scores, 8.0))


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=16), st.floats(0, 1e4))
@example([1.0] * 6, 6.0)
@example([0.0, 3.0], 3.0)
def test_what_is_searched_for_the_ends_is_below_zero_exactly_where_p_is_below_five_percent(
    scores, total
):
    sums = flipped_sums(np.array(scores), total)

    assert (sums.excess < 0) == (sums.p < ALPHA)


def counted(seed=0, n=200, creators=25):
    draw = np.random.default_rng(seed)
    codes = np.sort(draw.integers(0, creators, n))
    x = draw.normal(size=(2, n)) + draw.normal(size=(2, creators))[:, codes]
    y = draw.poisson(np.exp(3 + 0.4 * x[0] + 0.3 * x[1] + draw.normal(size=creators)[codes]))
    return y.astype(float), np.column_stack([np.ones(n), *x]), Groups.of(codes)


def fitted(column=1):
    y, x, groups = counted()
    model = count_models.negative_binomial(y, x, np.zeros(len(y)))
    parts = information(x, model.weights, groups)
    return ScoreBootstrap(column, x, y, model, parts, groups), model


def test_p_is_one_at_the_estimate():
    test, model = fitted()

    assert test.p(float(model.beta[1])) == pytest.approx(1, abs=1e-3)


def test_the_ends_of_the_interval_are_where_p_is_five_percent():
    test, _ = fitted()

    span = test.interval(0.1)

    assert test.p(span.low) == pytest.approx(ALPHA, abs=1e-6)
    assert test.p(span.high) == pytest.approx(ALPHA, abs=1e-6)
    assert (span.p < ALPHA) == (span.low > 0 or span.high < 0)


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_with_few_creators_an_end_is_on_a_step_of_p_and_takes_few_tests(seed):
    """p is a staircase then, and halving an interval until the step is found takes 30 tests."""
    y, x, groups = counted(seed, n=80, creators=10)
    model = count_models.negative_binomial(y, x, np.zeros(len(y)))
    test = ScoreBootstrap(1, x, y, model, information(x, model.weights, groups), groups)
    with patch.object(test, "tests", wraps=test.tests) as tests:
        span = test.interval(0.1)

    assert tests.call_count < 40
    for end, outwards in ((span.low, -1e-7), (span.high, 1e-7)):
        assert test.p(end - outwards) >= ALPHA > test.p(end + outwards)


def test_the_other_columns_are_refitted_to_first_order():
    """Against the score with the other coefficients fitted anew at each value."""
    y, x, groups = counted(1, n=1500, creators=60)
    model = count_models.negative_binomial(y, x, np.zeros(len(y)))
    test = ScoreBootstrap(1, x, y, model, information(x, model.weights, groups), groups)

    for value in (0.2, 0.3, 0.5):
        other_columns, at = x[:, [0, 2]], value * x[:, 1]
        beta = count_models._newton(y, other_columns, at, model.alpha, np.zeros(2))
        mean = np.exp(at + other_columns @ beta)
        weight = mean / (1 + model.alpha * mean)
        share = np.linalg.solve(
            (other_columns.T * weight) @ other_columns, (other_columns.T * weight) @ x[:, 1]
        )
        scores = groups.sums(
            (x[:, 1] - other_columns @ share) * (y - mean) / (1 + model.alpha * mean)
        )
        assert test.p(value) == pytest.approx(sign_flip_p(scores, scores.sum()), abs=0.03)


def corrected_scores(free, other_columns, weights, residual, groups):
    """Each creator's score P' (I - H)^(-1/2) r, where H is the creator's part of the hat matrix."""
    bread = np.linalg.inv((other_columns.T * weights) @ other_columns)
    scores = []
    for creator in range(groups.count):
        rows = groups.codes == creator
        root = np.sqrt(weights[rows])
        hat = root[:, None] * (other_columns[rows] @ bread @ other_columns[rows].T) * root
        shares, axes = np.linalg.eigh(np.eye(rows.sum()) - hat)
        inverse = root[:, None] * (axes * shares**-0.5 @ axes.T) / root
        scores.append(free[rows] @ inverse @ residual[rows])
    return np.array(scores)


@pytest.mark.parametrize("weak", [0.0, 1.0])
def test_the_leverage_correction_is_the_inverse_square_root_of_i_minus_h(weak, monkeypatch):
    """Against (I - H)^(-1/2) written out for each creator, by series and by eigenvectors."""
    monkeypatch.setattr("shared.insights.statistics.score_bootstrap._WEAK", weak)
    y, x, groups = counted(n=400, creators=200)
    model = count_models.negative_binomial(y, x, np.zeros(len(y)))
    weights, other_columns = model.weights, x[:, [0, 2]]
    test = ScoreBootstrap(1, x, y, model, information(x, weights, groups), groups)
    residual = model.scores(y)

    expected = corrected_scores(test._free, other_columns, weights, residual, groups)
    scores = groups.sums(test._corrected * residual)
    assert scores[:20] == pytest.approx(expected[:20], rel=1e-4)


def unequal_creators(seed):
    """Eight creators with 40 to 2 videos; the largest determines much of the other coefficients."""
    draw = np.random.default_rng(seed)
    codes = np.repeat(np.arange(8), [40, 12, 8, 6, 5, 4, 3, 2])
    x = 0.5 * draw.normal(size=(2, 80)) + draw.normal(size=(2, 8))[:, codes]
    noise = draw.normal(size=80) + 0.3 * draw.normal(size=8)[codes]
    y = draw.poisson(np.exp(3 + 0.3 * x[0] + 0.3 * x[1] + noise))
    return y.astype(float), np.column_stack([np.ones(80), *x]), Groups.of(codes)


@pytest.mark.parametrize("seed", [0, 6, 7])
def test_p_flips_the_signs_of_scores_that_are_corrected_for_leverage(seed):
    """Against all 2^8 sums of the scores, with each creator's (I - H)^(-1/2) written out."""
    y, x, groups = unequal_creators(seed)
    model = count_models.negative_binomial(y, x, np.zeros(len(y)))
    weights, column, other_columns = model.weights, x[:, 1], x[:, [0, 2]]
    cross = other_columns.T * weights
    free = column - other_columns @ np.linalg.solve(cross @ other_columns, cross @ column)
    mean = np.exp(x @ model.beta - model.beta[1] * free)  # where the coefficient is 0
    residual = (y - mean) / (1 + model.alpha * mean)
    plain = groups.sums(free * residual)
    corrected = corrected_scores(free, other_columns, weights, residual, groups)

    p = ScoreBootstrap(1, x, y, model, information(x, weights, groups), groups).p(0.0)

    assert p == pytest.approx(written_out(corrected, plain.sum()), abs=1e-9)
    assert p > 1.5 * written_out(plain, plain.sum())  # without the correction p is too small


def test_zero_is_in_the_interval_where_only_uncorrected_scores_reject_it():
    y, x, groups = unequal_creators(6)
    model = count_models.negative_binomial(y, x, np.zeros(len(y)))
    test = ScoreBootstrap(1, x, y, model, information(x, model.weights, groups), groups)

    span = test.interval(0.1)

    test._corrected = test._free
    assert test.interval(0.1).low > 0
    assert span.low is None or span.low < 0


def test_too_few_creators_give_an_interval_without_an_end_and_a_note():
    draw = np.random.default_rng(0)
    x = draw.normal(size=40)
    y = draw.poisson(np.exp(3 + x)).astype(float)

    effect = rate_ratios(y, pd.DataFrame({"x": x}), None, Groups.of(np.arange(40) % 5)).effect(
        "x", "views"
    )

    assert (effect.ci_low, effect.ci_high) == (None, None) and effect.p == 2**-4
    assert "open end" in effect.note and effect.interval == "signs"


def test_a_fit_does_not_change_its_design():
    y, x, _ = counted()
    design = pd.DataFrame(x[:, 1:], columns=["a", "b"])
    before = design.copy()

    rate_ratios(y, design, None, Groups.of(np.arange(len(y)) % 25))

    assert design.equals(before)
