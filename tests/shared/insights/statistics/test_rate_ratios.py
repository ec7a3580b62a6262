"""Rate ratios against statsmodels, and tables that no model can be fitted to."""

import re
import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.discrete.discrete_model import NegativeBinomial

from shared.insights.statistics.design import dummies
from shared.insights.statistics.effect import NotEstimable, TooFew
from shared.insights.statistics.mundlak import between_within
from shared.insights.statistics.rate_ratios import rate_ratios
from shared.insights.statistics.resampling import Groups
from tests import statsmodels_parts as sm
from tests.warnings_as_errors import WARNINGS_AS_ERRORS

pytestmark = WARNINGS_AS_ERRORS


def table(seed: int = 0, n: int = 150, creators: int = 15):
    """Overdispersed, clustered counts with an exposure, on columns of very different units."""
    draw = np.random.default_rng(seed)
    codes = draw.integers(0, creators, n)
    design = pd.DataFrame(
        {
            "surprise": draw.integers(0, 101, n).astype(float),
            "followers": draw.normal(size=n) * 1e3,
            "german": draw.integers(0, 2, n).astype(float),
        }
    )
    offset = np.log(draw.lognormal(5, 1, n))
    rate = -1 + 0.01 * design.surprise + 3e-4 * design.followers
    level = 0.5 * draw.normal(size=creators)[codes]
    y = draw.poisson(np.exp(offset + rate + level) * draw.gamma(1 / 0.7, 0.7, n)).astype(float)
    return y, design, offset, Groups.of(codes)


@contextmanager
def silenced():
    """Statsmodels warns on its way to the optimum."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def scaled(design: pd.DataFrame):
    """Statsmodels does not converge on raw units; coefficients are scaled back by `unit`."""
    unit = design.std(ddof=0)
    return sm.add_constant((design - design.mean()) / unit), unit


def agree(fit, theirs, unit):
    assert [fit.estimates[k] for k in unit.index] == pytest.approx(
        (theirs.params[unit.index] / unit).tolist(), rel=1e-7
    )
    assert [fit.ses[k] for k in unit.index] == pytest.approx(
        (pd.Series(theirs.bse, theirs.params.index)[unit.index] / unit).tolist(), rel=1e-7
    )


@pytest.mark.parametrize("seed", range(5))
def test_alpha_is_that_of_the_likelihood_in_statsmodels(seed):
    y, design, offset, groups = table(seed)
    x, unit = scaled(design)
    model = NegativeBinomial(y, x, offset=offset)
    with silenced():
        start = model.fit(disp=0, maxiter=500, method="bfgs", gtol=1e-10).params
        theirs = model.fit(start_params=start, method="newton", disp=0)

    fit = rate_ratios(y, design, offset, groups)

    assert [fit.estimates[name] for name in unit.index] == pytest.approx(
        (theirs.params[unit.index] / unit).tolist(), rel=1e-7
    )
    assert fit.alpha == pytest.approx(theirs.params["alpha"], rel=1e-7)


@pytest.mark.parametrize("seed", range(5))
def test_gee_is_statsmodels_with_its_bias_reduced_covariance(seed):
    y, design, offset, groups = table(seed)
    x, unit = scaled(design)

    fit = rate_ratios(y, design, offset, groups)

    family = sm.families.NegativeBinomial(alpha=fit.alpha)
    with silenced():
        theirs = sm.GEE(y, x, groups=groups.codes, offset=offset, family=family).fit(
            cov_type="bias_reduced", maxiter=500, ctol=1e-12
        )
    agree(fit, theirs, unit)


@pytest.mark.parametrize("seed", range(8))
def test_p_is_below_five_percent_exactly_when_the_interval_leaves_out_one(seed):
    y, design, offset, groups = table(seed)

    fit = rate_ratios(y, design, offset, groups)

    for name in design:
        effect = fit.effect(name, "likes")
        assert effect.irr == pytest.approx(np.exp(effect.estimate))
        assert (effect.p < 0.05) == (effect.irr_low > 1 or effect.irr_high < 1)


def test_only_the_targets_have_an_interval():
    y, design, offset, groups = table()

    fit = rate_ratios(y, design, offset, groups, ["surprise"])

    assert fit.effect("surprise", "likes").p is not None
    other = fit.effect("followers", "likes")
    assert (other.p, other.interval) == (None, None) and other.se is not None


def test_the_unit_of_a_column_changes_its_estimate_and_nothing_else():
    y, design, offset, groups = table()
    small = rate_ratios(y, design, offset, groups).effect("followers", "likes")

    large = rate_ratios(y, design.assign(followers=design.followers * 1e9), offset, groups)

    effect = large.effect("followers", "likes")
    assert effect.estimate * 1e9 == pytest.approx(small.estimate)
    assert effect.p == pytest.approx(small.p)


def test_counts_of_a_quadrillion_are_fitted_like_their_thousandth():
    y, design, offset, groups = table()

    fit = rate_ratios((y + 1000) * 1e10, design, offset, groups)

    smaller = rate_ratios((y + 1000) * 1e7, design, offset, groups)
    assert fit.estimates["surprise"] == pytest.approx(smaller.estimates["surprise"], rel=1e-5)


def test_counts_no_more_dispersed_than_poisson_get_a_note():
    draw = np.random.default_rng(0)
    design = pd.DataFrame({"x": draw.normal(size=200)})
    y = draw.binomial(10, 0.5, 200)

    fit = rate_ratios(y, design, None, Groups.of(draw.integers(0, 30, 200)))

    assert fit.alpha == 0 and "no more than Poisson" in fit.note
    theirs = sm.GLM(y, sm.add_constant(design), family=sm.families.Poisson()).fit(tol=1e-14)
    assert fit.estimates["x"] == pytest.approx(theirs.params["x"])


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda y, d: (y * 0, d), "outcome is 0 in every row"),
        (lambda y, d: (y, d.assign(one=1.0)), "constant: one"),
        (lambda y, d: (y, d.assign(twice=2 * d.surprise - 7)), "collinear: twice"),
        (lambda y, d: (y * d.german, d), "separation: .* lowest german"),
    ],
)
def test_a_table_without_a_fit_gets_the_reason(change, note):
    y, design, offset, groups = table()
    y, design = change(y, design)

    fit = rate_ratios(y, design, offset, groups)

    assert re.search(note, fit.note) and fit.estimates == {}
    assert fit.effect("surprise", "likes").estimate is None


def test_a_column_of_one_creator_gets_a_note_and_no_standard_error():
    y, design, offset, groups = table()
    design["alone"] = np.where(groups.codes == 3, np.arange(len(y)) % 2, 0).astype(float)

    fit = rate_ratios(y, design, offset, groups)

    assert "alone varies within creator 3 only" in fit.note.replace(groups.names[3], "3")
    assert fit.effect("surprise", "likes").p is None


def test_fewer_creators_than_columns_leave_no_standard_errors():
    y, design, offset, _ = table()

    fit = rate_ratios(y, design, offset, Groups.of(np.arange(len(y)) % 4))

    assert fit.ses == {} and "4 creators for 3 columns" in fit.note


def test_too_few_rows_or_creators_are_refused_with_their_number():
    y, design, offset, _ = table()

    with pytest.raises(TooFew, match="5 rows for 3 columns"):
        rate_ratios(y[:5], design[:5], offset[:5], Groups.of(range(5)))
    with pytest.raises(TooFew, match="1 creator"):
        rate_ratios(y, design, offset, Groups.of(["one"] * len(y)))


def test_an_exposure_of_zero_and_a_negative_count_are_refused():
    y, design, offset, groups = table()

    with pytest.raises(NotEstimable, match="exposure of 0"):
        rate_ratios(y, design, np.where(offset > 5, offset, -np.inf), groups)
    with pytest.raises(NotEstimable, match="negative"):
        rate_ratios(y - 1e6, design, offset, groups)


@given(st.data())
def test_any_small_table_gives_finite_numbers_or_a_note(data):
    n = data.draw(st.integers(5, 12))
    counts = st.sampled_from([0, 0, 1, 2, 7, 10**6, 10**15])
    values = st.sampled_from([0.0, 0.0, 1.0, 50.0, 100.0])
    y = data.draw(st.lists(counts, min_size=n, max_size=n))
    x = data.draw(st.lists(values, min_size=n, max_size=n))
    creators = data.draw(st.lists(st.integers(0, 6), min_size=n, max_size=n))
    creators[:2] = [7, 8]

    fit = rate_ratios(np.array(y, float), pd.DataFrame({"x": x}), None, Groups.of(creators))

    effect = fit.effect("x", "y")  # an Effect holds no NaN
    assert effect.p is not None or effect.note


def test_the_most_frequent_level_is_left_out():
    columns = dummies(pd.Series(["de", "en", "en", "fr"]), "language")

    assert columns.columns.tolist() == ["language_de", "language_fr"]
    assert columns.sum().tolist() == [1, 1]


def test_between_and_within_add_up_and_within_has_no_mean():
    _, design, _, groups = table()

    columns = between_within(design.surprise, "surprise", groups)

    assert columns.sum(axis=1).to_numpy() == pytest.approx(design.surprise.to_numpy())
    within = columns.surprise_within.to_numpy()
    assert groups.means(within) == pytest.approx(np.zeros(groups.count), abs=1e-9)


def test_a_predictor_constant_within_every_creator_has_no_split():
    with pytest.raises(NotEstimable, match="does not vary within"):
        between_within(pd.Series([0.1, 0.1, 0.1, 0.7]), "x", Groups.of("aaab"))
