"""Coefficients of agreement equal those of the packages that the field uses."""

import numpy as np
import pandas as pd
import pytest

from shared.insights.agreement.alpha import alpha
from shared.insights.agreement.bland_altman import bland_altman
from shared.insights.agreement.icc import iccs
from shared.insights.agreement.kappa import kappa
from shared.insights.statistics.weighted_correlation import pearson, spearman

TABLES = range(12)
EXACT = 1e-9


def table(seed: int, missing: float = 0.0, scale: float = 1.0) -> np.ndarray:
    """Scores of some raters who differ in level and in care."""
    random = np.random.default_rng(seed)
    videos, raters = random.integers(6, 60), random.integers(2, 7)
    latent = random.normal(size=(videos, 1)) + 0.8 * random.normal(size=(videos, raters))
    score = 50 + 20 * (latent + 0.3 * random.normal(size=raters))
    values = np.clip(np.round(scale * score), 0, 100 * scale)
    values[random.random(values.shape) < missing] = np.nan
    return values


@pytest.mark.few(4)
@pytest.mark.parametrize("seed", TABLES)
@pytest.mark.filterwarnings("ignore")
def test_icc_equals_pingouin(seed):
    import pingouin

    values = table(seed)
    rows = [(i, j, v) for (i, j), v in np.ndenumerate(values)]
    long = pd.DataFrame(rows, columns=["video", "rater", "value"])

    single, average = iccs(values)

    icc_table = pingouin.intraclass_corr(long, targets="video", raters="rater", ratings="value")
    theirs = icc_table.set_index("Type")["ICC"]
    assert single.estimate == pytest.approx(theirs["ICC(A,1)"], abs=EXACT)
    assert average.estimate == pytest.approx(theirs["ICC(A,k)"], abs=EXACT)


@pytest.mark.few(18)
@pytest.mark.parametrize("level", ["ordinal", "interval"])
@pytest.mark.parametrize("missing", [0.0, 0.3, 0.6])
@pytest.mark.parametrize("seed", TABLES)
def test_alpha_equals_krippendorff_with_gaps_too(seed, missing, level):
    import krippendorff

    values = table(seed, missing)

    theirs = krippendorff.alpha(reliability_data=values.T, level_of_measurement=level)

    assert alpha(values, level).estimate == pytest.approx(theirs, abs=EXACT)


@pytest.mark.few(12)
@pytest.mark.parametrize("weighting", ["linear", "quadratic"])
@pytest.mark.parametrize(("scale", "labels"), [(1.0, range(101)), (0.05, range(6))])
@pytest.mark.parametrize("seed", TABLES)
def test_kappa_equals_scikit_learn(seed, scale, labels, weighting):
    from sklearn.metrics import cohen_kappa_score

    pair = table(seed, scale=scale)[:, :2]

    theirs = cohen_kappa_score(*pair.T.astype(int), labels=list(labels), weights=weighting)

    assert kappa(pair, weighting).estimate == pytest.approx(theirs, abs=EXACT)


@pytest.mark.parametrize("seed", TABLES)
def test_correlations_equal_scipy(seed):
    from scipy import stats

    x, y = table(seed)[:, :2].T

    assert spearman(x, y).estimate == pytest.approx(stats.spearmanr(x, y)[0], abs=EXACT)
    assert pearson(x, y).estimate == pytest.approx(stats.pearsonr(x, y)[0], abs=EXACT)


def test_more_raters_than_two_have_the_mean_of_all_pairs_kappas():
    values = table(0)[:, :3]
    assert values.shape[1] == 3

    pairs = [kappa(values[:, pair], "quadratic").estimate for pair in ([0, 1], [0, 2], [1, 2])]

    assert kappa(values, "quadratic").estimate == pytest.approx(np.mean(pairs))


def test_limits_of_agreement_are_bias_and_two_deviations():
    first, second = table(5)[:, :2].T
    difference = second - first

    limits = bland_altman(first, second)

    reach = 1.959963984540054 * difference.std(ddof=1)
    assert limits.bias.estimate == pytest.approx(difference.mean())
    assert limits.lower.estimate == pytest.approx(difference.mean() - reach)
    assert limits.upper.estimate == pytest.approx(difference.mean() + reach)
    slope = np.polyfit((first + second) / 2, difference, 1)[0]
    assert limits.trend.estimate == pytest.approx(slope)


def test_the_interval_of_a_bias_is_the_textbook_one():
    from scipy import stats

    first, second = table(6)[:, :2].T

    bias = bland_altman(first, second).bias

    low, high = stats.ttest_rel(second, first).confidence_interval(0.95)
    assert (bias.ci_low, bias.ci_high) == (pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (np.full((9, 3), 50.0), "nothing varies"),
        (np.tile(np.arange(9.0)[:, None], 3), "at the end of its scale"),
        (table(1)[:4], "no interval from fewer"),
    ],
    ids=["constant", "perfect", "four videos"],
)
def test_what_has_no_interval_says_why(values, says):
    for figure in (*iccs(values), alpha(values, "ordinal"), kappa(values, "linear")):
        assert (figure.ci_low, figure.ci_high) == (None, None)
        assert says in figure.note


def test_ratings_that_nobody_shares_have_no_agreement():
    apart = np.array([[1.0, np.nan], [np.nan, 2.0], [3.0, np.nan]])

    assert alpha(apart, "interval").note == "no video has two ratings"
    assert kappa(apart, "linear").note == "no video has two ratings"
