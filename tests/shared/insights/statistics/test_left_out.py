"""Sums without a block of rows are those of a table of weights."""

import numpy as np
import pytest
from scipy import sparse

from shared.insights.agreement.alpha import alpha
from shared.insights.agreement.bland_altman import bland_altman
from shared.insights.agreement.icc import iccs
from shared.insights.agreement.kappa import kappa
from shared.insights.statistics import estimate
from shared.insights.statistics.left_out import LeftOutBlocks
from shared.insights.statistics.weighted_correlation import pearson, spearman

ROWS, BLOCKS, SETS = 53, 10, range(3, 8)


@pytest.fixture
def left_out() -> LeftOutBlocks:
    return LeftOutBlocks.of(ROWS, BLOCKS, SETS)


def test_it_stands_for_weights_that_are_0_in_one_block(left_out):
    table = np.asarray(left_out)

    assert table.shape == (len(SETS), ROWS) == (len(left_out), ROWS)
    for weights, block in zip(table, SETS, strict=True):
        assert np.flatnonzero(weights == 0).tolist() == list(range(block, ROWS, BLOCKS))


def test_its_sums_are_those_of_the_table(left_out):
    random = np.random.default_rng(0)
    column, columns = random.normal(size=ROWS), random.normal(size=(ROWS, 3))
    mask, table = random.random(ROWS) < 0.5, np.asarray(left_out)
    few = sparse.csr_array(columns * (columns > 1))

    assert left_out @ column == pytest.approx(table @ column)
    assert left_out @ columns == pytest.approx(table @ columns)
    assert left_out @ few == pytest.approx(table @ few)
    assert left_out.sum(axis=1) == pytest.approx(table.sum(axis=1))
    assert left_out[:, mask] @ column[mask] == pytest.approx(table[:, mask] @ column[mask])


def test_intervals_over_blocks_are_those_of_tables_of_weights(monkeypatch):
    random = np.random.default_rng(1)
    true = random.normal(size=(1_500, 1))
    pair = np.round(50 + 10 * (true + 0.7 * random.normal(size=(1_500, 2))))
    gaps = pair.copy()
    gaps[random.random(pair.shape) < 0.1] = np.nan

    def intervals():
        limits = bland_altman(*gaps.T)
        return [
            *(alpha(gaps, level) for level in ("ordinal", "interval")),
            *(kappa(gaps, weighting) for weighting in ("linear", "quadratic")),
            *(limits.bias, limits.lower, limits.upper, limits.trend),
            *iccs(pair),
            pearson(*gaps.T),
            spearman(*gaps.T),
        ]

    by_sums = intervals()
    lazily = estimate._weights
    monkeypatch.setattr(estimate, "_weights", lambda n: map(np.asarray, lazily(n)))

    for with_sums, with_tables in zip(by_sums, intervals(), strict=True):
        numbers = (
            (each.estimate, each.ci_low, each.ci_high, each.n) for each in (with_sums, with_tables)
        )
        assert next(numbers) == pytest.approx(next(numbers), rel=1e-10)
