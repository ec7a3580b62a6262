"""Partial R² of a Poisson fit against statsmodels' weighted regression with all dummies."""

import numpy as np
import pandas as pd
import pytest

from shared.insights.statistics.fixed_effects import poisson_fixed_effects
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.sensitivity import group_partial_r2, partial_r2
from shared.insights.statistics.working_regression import WorkingRegression
from tests import statsmodels_parts as sm
from tests.warnings_as_errors import WARNINGS_AS_ERRORS

BENCHMARK = ["followers", "german"]
pytestmark = WARNINGS_AS_ERRORS


def table(seed=5, n=300, creators=15, weeks=6):
    """Counts that a hidden fame of creators, weeks and a confounder move."""
    draw = np.random.default_rng(seed)
    creator, week = draw.integers(0, creators, n), draw.integers(0, weeks, n)
    hidden = draw.normal(size=n)
    design = pd.DataFrame(
        {
            "surprise": 50 + 10 * hidden + 10 * draw.normal(size=n),
            "followers": 1e5 * (5 + draw.normal(size=n)),
            "german": draw.integers(0, 2, n).astype(float),
        }
    )
    log_mean = 3 + draw.normal(size=creators)[creator] + 0.2 * week + 0.01 * design.surprise
    y = draw.poisson(np.exp(log_mean + 2e-6 * design.followers + hidden)).astype(float)
    return y, design, Groups.of(creator), Groups.of(week)


@pytest.fixture(scope="module")
def ours():
    y, design, creators, weeks = table()
    return WorkingRegression(poisson_fixed_effects(y, design, None, creators, weeks), "surprise")


@pytest.fixture(scope="module")
def theirs():
    """Statsmodels' regressions of the working response and of the predictor, with its weights."""
    y, design, creators, weeks = table()
    dummies = [
        pd.get_dummies(pd.Series(creators.codes), prefix="creator", dtype=float),
        pd.get_dummies(pd.Series(weeks.codes), prefix="week", dtype=float, drop_first=True),
    ]
    x = pd.concat([design / design.std(), *dummies], axis=1)
    glm = sm.GLM(y, x, family=sm.families.Poisson()).fit(tol=1e-13, maxiter=200)
    mean = np.asarray(glm.mu)
    response = np.log(mean) + (y - mean) / mean
    outcome = sm.WLS(response, x, weights=mean).fit()
    predictor = sm.WLS(x["surprise"], x.drop(columns="surprise"), weights=mean).fit()
    return outcome, predictor, design["surprise"].std()


def left_out(model, columns):
    test = model.f_test(
        [[float(name == column) for name in model.params.index] for column in columns]
    )
    return group_partial_r2(float(np.squeeze(test.fvalue)), len(columns), model.df_resid)


def test_the_predictors_partial_r2_is_that_of_the_weighted_regression(ours, theirs):
    outcome, _, _ = theirs

    assert ours.partial_r2 == pytest.approx(
        partial_r2(outcome.tvalues["surprise"], outcome.df_resid), rel=1e-7
    )


def test_the_ratio_of_spreads_is_the_standard_error_times_root_df(ours, theirs):
    outcome, _, unit = theirs

    assert ours.spread_ratio == pytest.approx(
        outcome.bse["surprise"] / unit * np.sqrt(outcome.df_resid), rel=1e-7
    )


@pytest.mark.parametrize("columns", [["followers"], ["german"], BENCHMARK])
def test_a_benchmarks_strength_is_what_leaving_it_out_costs(ours, theirs, columns):
    outcome, predictor, _ = theirs

    strength = ours.strength(columns)

    assert strength.r2_outcome == pytest.approx(left_out(outcome, columns), rel=1e-6)
    assert strength.r2_predictor == pytest.approx(left_out(predictor, columns), rel=1e-6)


def test_a_column_that_creators_explain_has_no_coefficient():
    y, design, creators, weeks = table()
    fit = poisson_fixed_effects(y, design.assign(fame=creators.codes * 1.0), None, creators, weeks)

    with pytest.raises(KeyError):
        WorkingRegression(fit, "fame")
