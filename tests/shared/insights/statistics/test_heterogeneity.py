"""Random-effects meta-analysis against statsmodels, metafor and pimeta; the slopes behind it."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from shared.insights.statistics.creator_slopes import (
    NO_VARIATION,
    SEPARATED,
    TOO_FEW_COUNTS,
    TOO_FEW_VIDEOS,
    creator_slopes,
)
from shared.insights.statistics.effect import TooFew
from shared.insights.statistics.fixed_effects import poisson_fixed_effects
from shared.insights.statistics.heterogeneity import heterogeneity, hts_prediction, shrunken
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.shared_error import error_of_others
from shared.insights.statistics.within_ratios import standard_errors
from tests import statsmodels_parts as sm
from tests.warnings_as_errors import WARNINGS_AS_ERRORS

pytestmark = WARNINGS_AS_ERRORS

BCG = np.array(
    [
        (4, 119, 11, 128),
        (6, 300, 29, 274),
        (3, 228, 11, 209),
        (62, 13536, 248, 12619),
        (33, 5036, 47, 5761),
        (180, 1361, 372, 1079),
        (8, 2537, 10, 619),
        (505, 87886, 499, 87892),
        (29, 7470, 45, 7232),
        (17, 1699, 65, 1600),
        (186, 50448, 141, 27197),
        (5, 2493, 3, 2338),
        (27, 16886, 29, 17825),
    ],
    dtype=float,
)
"""Vaccinated and not: tuberculosis and none (dat.bcg of metafor; Colditz et al. 1994, JAMA 271)."""

CISAPRIDE = np.array(
    [
        (15, 16, 9, 16),
        (12, 16, 1, 16),
        (29, 34, 18, 34),
        (42, 56, 31, 56),
        (14, 22, 6, 22),
        (44, 54, 17, 55),
        (14, 17, 7, 15),
        (29, 58, 23, 58),
        (10, 14, 3, 15),
        (17, 26, 6, 27),
        (38, 44, 12, 45),
        (19, 29, 22, 30),
        (21, 38, 19, 38),
    ],
    dtype=float,
)
"""Successes and patients, treated and not (Hartung & Knapp 2001, Stat. Med. 20; pimeta's guide)."""


def bcg():
    """Log risk ratios with their variances."""
    a, b, c, d = BCG.T
    return np.log(a / (a + b) / (c / (c + d))), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def cisapride():
    """Log odds ratios with their variances, a half added to every cell."""
    treated, n, untreated, m = CISAPRIDE.T
    cells = [treated + 0.5, n - treated + 0.5, untreated + 0.5, m - untreated + 0.5]
    a, b, c, d = cells
    return np.log(a * d / (b * c)), sum(1 / cell for cell in cells)


@pytest.mark.parametrize("data", [bcg, cisapride])
def test_tau2_q_and_the_mean_are_those_of_statsmodels(data):
    b, v = data()
    theirs = combine_effects(b, v, method_re="iterated", use_t=True)

    ours = heterogeneity(b, v)

    assert ours.tau2 == pytest.approx(theirs.tau2, rel=1e-7)
    assert (ours.q, ours.i2) == pytest.approx((theirs.q, theirs.i2), rel=1e-12)
    assert ours.mean == pytest.approx(theirs.mean_effect_re, rel=1e-8)
    assert ours.mean_se == pytest.approx(theirs.sd_eff_w_re_hksj, rel=1e-7)


def test_the_interval_of_tau2_is_that_of_metafor():
    """`confint(rma(yi, vi, data=dat, method="DL"))`: test_misc_confint.r of metafor."""
    ours = heterogeneity(*bcg())

    assert (ours.tau2_ends.low, ours.tau2_ends.high) == pytest.approx((0.1197, 1.1115), abs=5e-5)
    assert ours.i2 == pytest.approx(0.921173, abs=5e-7)


def test_the_prediction_interval_with_known_tau2_is_that_of_pimeta():
    """`pima(method = "HTS")` is t(k - 2) · √(τ² + 1/Σw); its guide prints mean and τ² (DL)."""
    b, v = cisapride()
    theirs = combine_effects(b, v, method_re="chi2", use_t=True)
    reach = stats.t.ppf(0.975, len(b) - 2) * np.sqrt(theirs.tau2 + theirs.var_eff_w_re)

    ends = hts_prediction(b, v, theirs.tau2)

    assert theirs.tau2 == pytest.approx(0.718, abs=5e-4)
    assert np.exp(theirs.mean_effect_re) == pytest.approx(4.141, abs=5e-4)
    assert (ends.low, ends.high) == pytest.approx(
        (theirs.mean_effect_re - reach, theirs.mean_effect_re + reach), rel=1e-9
    )


def test_the_prediction_interval_is_near_that_of_pimeta():
    """pimeta's guide prints 0.533 to 33.692.

    Its τ² comes from another confidence distribution (Q with fixed weights) and random draws.
    """
    ours = heterogeneity(*cisapride()).prediction

    assert np.exp(ours.low) == pytest.approx(0.533, rel=0.06)
    assert np.exp(ours.high) == pytest.approx(33.692, rel=0.06)


def test_scale_does_not_matter():
    b, v = bcg()
    plain, small = heterogeneity(b, v), heterogeneity(b / 1000, v / 1e6)

    assert small.tau2 == pytest.approx(plain.tau2 / 1e6, rel=1e-9)
    assert small.prediction.low == pytest.approx(plain.prediction.low / 1000, rel=1e-9)


def test_equal_estimates_have_no_heterogeneity():
    ours = heterogeneity(np.full(8, 0.3), np.linspace(0.1, 1, 8))

    assert (ours.tau2, ours.tau2_ends.low, ours.i2, ours.q) == (
        0,
        0,
        0,
        pytest.approx(0, abs=1e-20),
    )


def test_shrunken_estimates_lie_between_their_own_and_the_mean():
    b, v = bcg()
    over = heterogeneity(b, v)

    values, errors = shrunken(b, v, over)

    low, high = np.minimum(b, over.mean), np.maximum(b, over.mean)
    assert ((values > low - 0.05) & (values < high + 0.05)).all()
    assert (errors < np.sqrt(v) + over.mean_se).all()
    assert abs(values[3] - b[3]) < abs(values[0] - b[0])  # a large study keeps its value


def test_four_creators_are_too_few():
    with pytest.raises(TooFew, match="4 creators"):
        heterogeneity(np.zeros(4), np.ones(4))


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan])
def test_a_variance_must_be_above_zero(bad):
    with pytest.raises(ValueError, match="above 0"):
        heterogeneity(np.zeros(5), np.array([1, 1, 1, 1, bad]))


# ---- slopes of creators


def videos(seed: int, creators: int = 45, tau: float = 0.0, error: float = 0.7):
    """Counts, ratings, creators and true slopes; about seven videos a creator."""
    random = np.random.default_rng(seed)
    codes = np.repeat(np.arange(creators), 3 + random.poisson(4, creators))
    x = np.clip(np.round(40 + 15 * random.normal(size=len(codes))), 0, 100)
    slopes = random.normal(0.01, tau, creators)
    level = random.normal(8, 1.5, creators)[codes] + slopes[codes] * (x - 40)
    y = random.poisson(np.exp(level + error * random.normal(size=len(codes)))).astype(float)
    return y, x, Groups.of(codes), slopes


def fitted(y, x, groups, beta: float = 0.01):
    """The means of a model in which the slope is `beta`."""
    size = np.exp(beta * x)
    return groups.sums(y)[groups.codes] * size / groups.sums(size)[groups.codes]


def slopes_of(y, x, groups, beta: float = 0.01):
    return creator_slopes(y, x, fitted(y, x, groups, beta), beta, groups, seed=1)


def test_slopes_are_those_of_a_poisson_regression_with_all_else_as_offset():
    y, x, groups, _ = videos(3)
    other = np.sin(np.arange(len(x)))
    mean = fitted(y, x, groups) * np.exp(other)

    ours = creator_slopes(y, x, mean, 0.01, groups, seed=1)

    for name, estimate in zip(ours.names[:6], ours.estimates, strict=False):
        own = np.asarray(groups.names)[groups.codes] == name
        exog = sm.add_constant(pd.DataFrame({"x": x[own] - 40}))
        theirs = sm.GLM(y[own], exog, sm.families.Poisson(), offset=other[own]).fit()
        assert estimate == pytest.approx(theirs.params["x"], rel=1e-6, abs=1e-9)


def test_creators_without_a_slope_are_counted_by_reason():
    y, x, groups, _ = videos(5, creators=12)
    extra = {
        "three videos": ([1, 2, 3], [5.0, 6, 7]),
        "no counts": ([1, 2, 3, 4], [0.0, 0, 5, 6]),
        "one rating": ([7, 7, 7, 7], [4.0, 5, 6, 7]),
        "all at the top": ([1, 2, 9, 9, 9], [0.0, 0, 5, 6, 7]),
    }
    labels = [f"c{code}" for code in groups.codes]
    for name, (ratings, counts) in extra.items():
        labels += [name] * len(ratings)
        x, y = np.append(x, ratings), np.append(y, counts)

    slopes = slopes_of(y, x, Groups.of(labels))

    missing = 12 - len(slopes.names)
    assert slopes.left_out == {
        TOO_FEW_VIDEOS: 1 + missing,
        TOO_FEW_COUNTS: 1,
        NO_VARIATION: 1,
        SEPARATED: 1,
    }
    assert not set(extra) & set(slopes.names)


def test_the_order_of_rows_does_not_matter():
    y, x, groups, _ = videos(6)
    order = np.random.default_rng(0).permutation(len(y))
    shuffled = Groups.of([groups.names[code] for code in groups.codes[order]])

    plain, other = slopes_of(y, x, groups), slopes_of(y[order], x[order], shuffled)

    by_name = dict(zip(other.names, other.estimates, strict=True))
    assert [by_name[name] for name in plain.names] == pytest.approx(plain.estimates.tolist())


def test_the_same_seed_gives_the_same_errors():
    y, x, groups, _ = videos(7)

    assert (slopes_of(y, x, groups).variances == slopes_of(y, x, groups).variances).all()


def test_too_few_creators_with_a_slope_is_said():
    y, x, groups, _ = videos(8, creators=4)

    with pytest.raises(TooFew, match="it takes 5"):
        slopes_of(y, x, groups)


@pytest.mark.parametrize(
    ("samples", "most"), [(8, 2), pytest.param(40, 6, marks=pytest.mark.campaign)]
)
def test_without_differences_few_samples_claim_one(samples, most):
    """At a rate of .05, more than 2 of 8 or 6 of 40 has a chance below .006."""
    claims = 0
    for seed in range(samples):
        y, x, groups, _ = videos(seed)
        claims += slopes_of(y, x, groups).p < 0.05

    assert claims <= most


@pytest.mark.parametrize("samples", [6, pytest.param(30, marks=pytest.mark.campaign)])
def test_a_new_creator_lies_in_the_prediction_interval(samples):
    """Planted: slopes of 0.01 ± 0.03. The interval holds 95 % of creators, and that of τ 0.03."""
    held, tau = [], []
    for seed in range(samples):
        y, x, groups, _ = videos(100 + seed, tau=0.03)
        over = slopes_of(y, x, groups).over
        ends = (over.prediction.low, over.prediction.high)
        held.append(np.diff(stats.norm.cdf(ends, 0.01, 0.03))[0])
        tau.append(over.tau2_ends.low <= 0.03**2 <= over.tau2_ends.high)

    assert 0.9 < np.mean(held) < 0.98
    assert np.mean(tau) > 0.8


def test_differences_are_found_where_they_are_large():
    y, x, groups, _ = videos(1, tau=0.05)
    slopes = slopes_of(y, x, groups)

    assert slopes.p < 0.001
    assert slopes.over.tau2_ends.low > 0


# ---- the error that all slopes have in common


def with_another(spread: float):
    """A model with another rating, that is the first one and a scatter of its own."""
    y, x, groups, _ = videos(11)
    other = x + spread * np.random.default_rng(12).normal(size=len(x))
    return poisson_fixed_effects(y, pd.DataFrame({"x": x, "other": other}), None, groups)


def test_near_collinearity_the_other_rating_gives_nearly_all_of_the_error():
    near, far = with_another(1.0), with_another(200.0)

    se = standard_errors(near, [near.creators])["x"]
    assert error_of_others(near, 0) ** 0.5 == pytest.approx(se, rel=0.3)
    assert error_of_others(far, 0) < 0.05 * standard_errors(far, [far.creators])["x"] ** 2


def test_a_model_of_one_rating_has_no_common_error():
    y, x, groups, _ = videos(11)

    assert error_of_others(poisson_fixed_effects(y, pd.DataFrame({"x": x}), None, groups), 0) == 0


def test_the_common_error_widens_every_interval_and_leaves_tau_alone():
    b, v = bcg()
    plain, shared = heterogeneity(b, v), heterogeneity(b, v, shared=4.0)

    assert shared.tau2 == pytest.approx(plain.tau2)
    assert shared.mean_se == pytest.approx(np.hypot(plain.mean_se, 2.0))
    for ends in ("mean_ends", "prediction", "prediction_hts"):
        assert getattr(shared, ends).high > getattr(plain, ends).high + 1
        assert getattr(shared, ends).low < getattr(plain, ends).low - 1
    assert (shrunken(b, v, shared)[1] > 2).all()


def test_a_new_creator_is_predicted_from_counts_that_scatter_alike():
    slopes = slopes_of(*videos(9, tau=0.03)[:3])

    alike = heterogeneity(slopes.estimates, slopes.alike_variances)
    assert slopes.over.prediction == alike.prediction
    assert slopes.over.tau2 == heterogeneity(slopes.estimates, slopes.variances).tau2
    assert not np.allclose(slopes.alike_variances, slopes.variances)
