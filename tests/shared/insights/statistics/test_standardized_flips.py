"""Sums of flipped scores over their standard deviations, against matrices of all rows."""

import numpy as np
import pandas as pd
import pytest

from shared.insights.statistics import standardized_flips
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.standardized_flips import FittedModel, StandardizedFlips

DRAWS = 20_000


def orthonormal(columns, weights):
    root = np.sqrt(weights)[:, None]
    return np.linalg.qr(columns * root)[0] / root


def fitted(seed, clusters=40, creators=25):
    """A weighted fit of three columns and creators, its residual, and clusters across creators."""
    rng = np.random.default_rng(seed)
    n = 6 * clusters
    weights = rng.lognormal(0, 0.7, n)
    codes = rng.integers(0, creators, n)
    dummies = (codes[:, None] == np.arange(creators)).astype(float)
    beside = orthonormal(np.column_stack([dummies, rng.normal(size=(n, 3))]), weights)
    column = rng.normal(size=n)
    free = column - beside @ (beside.T @ (weights * column))
    error = rng.standard_t(4, n) * np.sqrt(weights)
    residual = error - weights * (beside @ (beside.T @ error))
    basis = beside[:, creators:]
    model = FittedModel(free, weights, weights**2, basis, Groups.of(codes))
    return model, residual, beside, Groups.of(rng.integers(0, clusters, n))


def by_draws(model, residual, beside, groups, seed=0):
    """The share of random signs with as large a sum over its standard deviation."""
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (DRAWS, groups.count))
    signs[0] = 1
    flipped = signs[:, groups.codes] * model.free
    of_errors = flipped - (flipped * model.weights) @ beside @ beside.T
    statistics = np.abs(flipped @ residual) / np.sqrt(of_errors**2 @ model.variances)
    return float((statistics >= statistics[0] * (1 - 1e-9)).mean())


@pytest.mark.few(3)
@pytest.mark.parametrize("seed", range(12))
def test_many_clusters_match_random_draws_of_signs(seed):
    model, residual, beside, groups = fitted(seed)

    p = StandardizedFlips(groups, model).p(residual)

    assert p == pytest.approx(by_draws(model, residual, beside, groups), abs=0.015)


def test_without_the_deviations_p_would_be_too_small():
    ratios = []
    for seed in range(12):
        model, residual, _, groups = fitted(seed)
        flips = StandardizedFlips(groups, model)
        right = flips.p(residual)
        flips._relative_deviations = lambda top: np.ones(2 ** (len(top) - 1))
        ratios.append(flips.p(residual) / right)

    assert max(ratios) < 1 and np.median(ratios) < 0.95


def test_creators_in_many_clusters_are_followed_on_average(monkeypatch):
    """The largest clusters' signs no longer matter by creator, and p hardly changes."""
    model, residual, beside, groups = fitted(3)
    monkeypatch.setattr(standardized_flips, "_MOST_CREATORS", 2)

    p = StandardizedFlips(groups, model).p(residual)

    assert p == pytest.approx(by_draws(model, residual, beside, groups), abs=0.03)


def test_no_column_beside_and_one_cluster_per_creator_is_the_plain_share():
    rng = np.random.default_rng(1)
    free, residual, ones = rng.normal(size=8), rng.normal(size=8), np.ones(8)
    each = Groups.of(range(8))
    model = FittedModel(free, ones, ones, np.empty((8, 0)), each)

    p = StandardizedFlips(each, model).p(residual)

    signs = np.array(pd.MultiIndex.from_product([(-1, 1)] * 8).tolist())
    sums = np.abs(signs @ (free * residual))
    assert p == float((sums >= abs(free @ residual) * (1 - 1e-9)).mean())


def test_scores_of_zero_reject_nothing():
    model, residual, _, groups = fitted(0)

    assert StandardizedFlips(groups, model).p(np.zeros(len(residual))) == 1.0


def test_p_is_never_below_the_chance_that_all_signs_are_alike():
    ones, each = np.ones(14), Groups.of(range(14))

    p = StandardizedFlips(each, FittedModel(ones, ones, ones, np.empty((14, 0)), each)).p(ones)

    assert p == 2.0**-13
