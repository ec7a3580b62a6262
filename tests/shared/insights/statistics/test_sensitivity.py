"""Robustness values, bounds and E-values against PySensemakr, R's EValue and episensr.

`pysensemakr.json` holds what PySensemakr 0.0.8 says about its own data, `darfur`, and the t, F and
df of its regressions by statsmodels; scripts/pysensemakr.py writes it.
"""

import json
from math import log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.insights.statistics.sensitivity import (
    Confounder,
    adjusted,
    as_strong_as,
    e_value,
    equal_strength,
    group_partial_r2,
    partial_r2,
    robustness_value,
)
from tests import statsmodels_parts as sm

ORACLE = json.loads((Path(__file__).parent / "pysensemakr.json").read_text())
SAME = {"rel": 1e-6, "abs": 1e-9}


def columns_of(bounds, *names):
    return [[bound[name] for name in names] for bound in bounds]


def test_robustness_values_are_those_of_pysensemakr():
    rows = ORACLE["robustness_values"]

    ours = [robustness_value(row["t"], row["df"], row["q"], row["alpha"]) for row in rows]

    assert ours == pytest.approx([row["value"] for row in rows], **SAME)
    assert sum(0 < value < 1 for value in ours) > 20


def test_the_partial_r2_is_that_of_pysensemakr():
    assert partial_r2(ORACLE["outcome"]["t"], ORACLE["outcome"]["df"]) == pytest.approx(
        ORACLE["partial_r2"], **SAME
    )


@pytest.mark.parametrize("benchmark", ORACLE["benchmarks"], ids=lambda row: row["name"])
def test_bounds_and_adjusted_estimates_are_those_of_pysensemakr(benchmark):
    fit = ORACLE["outcome"]
    r2 = {
        side: group_partial_r2(benchmark[side]["f"], benchmark["columns"], benchmark[side]["df"])
        for side in ("treatment", "outcome")
    }
    assert r2["treatment"] == pytest.approx(benchmark["r2_treatment"], **SAME)
    assert r2["outcome"] == pytest.approx(benchmark["r2_outcome"], **SAME)

    ours = []
    for times in (1, 2, 3):
        confounder = as_strong_as(Confounder(r2["treatment"], r2["outcome"]), times)
        result = adjusted(fit["estimate"], fit["se"], fit["df"], confounder)
        ours.append(
            [confounder.r2_predictor, confounder.r2_outcome, result.estimate, result.se, result.t]
        )

    names = ("r2dz_x", "r2yz_dx", "adjusted_estimate", "adjusted_se", "adjusted_t")
    np.testing.assert_allclose(ours, columns_of(benchmark["bounds"], *names), rtol=1e-6)


@pytest.mark.parametrize("row", ORACLE["strong_benchmarks"])
def test_bounds_of_strong_benchmarks_are_those_of_pysensemakr(row):
    seen = Confounder(row["r2_treatment"], row["r2_outcome"])

    ours = [as_strong_as(seen, times) for times in (1, 2, 3)]

    np.testing.assert_allclose(
        [[bound.r2_predictor, bound.r2_outcome] for bound in ours],
        columns_of(row["bounds"], "r2dz_x", "r2yz_dx"),
        rtol=1e-6,
    )


def test_nothing_is_three_times_as_strong_as_what_explains_a_third():
    assert as_strong_as(Confounder(0.34, 0.1), 3) is None
    assert as_strong_as(Confounder(1.0, 0.1), 1) is None
    assert as_strong_as(Confounder(0.1, 1.0), 1) is None


def test_a_confounder_of_that_strength_takes_the_estimate_away():
    """A regression with such a column, by statsmodels, has the estimate 0."""
    draw = np.random.default_rng(3)
    confounder, x_noise, y_noise = draw.normal(size=(3, 400))
    x = confounder + x_noise
    y = 2 * confounder + y_noise
    short = sm.OLS(y, sm.add_constant(x)).fit()
    long = sm.OLS(y, sm.add_constant(np.column_stack([x, confounder]))).fit()
    strength = Confounder(
        partial_r2(sm.OLS(x, sm.add_constant(confounder)).fit().tvalues[1], 398),
        partial_r2(long.tvalues[2], 397),
    )

    result = adjusted(short.params[1], short.bse[1], 398, strength)

    assert result.estimate == pytest.approx(long.params[1], abs=1e-9)
    assert result.se == pytest.approx(long.bse[1], rel=1e-9)


@given(st.floats(0.0, 1e6))
def test_equal_strength_makes_exactly_that_bias(cohens_f):
    r2 = equal_strength(cohens_f)

    assert 0 <= r2 < 1
    if 1e-6 < cohens_f < 1e3:
        assert Confounder(r2, r2).bias_factor == pytest.approx(cohens_f, rel=1e-6)


@pytest.mark.parametrize(
    ("ratio", "published"),
    [
        (10.73, 20.94777),  # Hammond & Horn, vignette of R's EValue
        (8.02, 15.52336),
        (3.9, 7.263034),  # Victora, episensr
        (1 / 3.9, 7.263034),
        (1.0, 1.0),
    ],
)
def test_e_values_are_the_published_ones(ratio, published):
    assert e_value(log(ratio)) == pytest.approx(published, abs=5e-6)


def test_a_ratio_beyond_all_floats_has_no_e_value():
    assert e_value(400.0) is None
