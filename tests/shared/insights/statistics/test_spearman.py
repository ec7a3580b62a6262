"""Rank correlations against scipy, and their notes where a correlation is undefined."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from shared.insights.statistics.effect import TooFew
from shared.insights.statistics.pairs import ColumnPair
from shared.insights.statistics.pearson import pearson_log1p
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.spearman import spearman, spearman_and_partial
from shared.insights.statistics.weighted_ranks import WeightedRanks
from tests.warnings_as_errors import WARNINGS_AS_ERRORS

pytestmark = WARNINGS_AS_ERRORS
XY = ColumnPair("x", "y")


@st.composite
def tables(draw, least=4):
    """Short tables with many ties, huge counts, and creators of all sizes."""
    n = draw(st.integers(least, 30))
    column = st.lists(st.sampled_from([0, 1, 2, 5, 17, 10**12, 10**15]), min_size=n, max_size=n)
    creators = st.lists(st.integers(0, 6), min_size=n, max_size=n)
    frame = pd.DataFrame({name: draw(column) for name in ("x", "y", "c")}, dtype=float)
    return frame, Groups.of(draw(creators.filter(lambda codes: len(set(codes)) > 1)))


def varied(seed: int = 0, n: int = 60, creators: int = 12) -> tuple[pd.DataFrame, Groups]:
    draw = np.random.default_rng(seed)
    codes = draw.integers(0, creators, n)
    x = draw.normal(size=n) + draw.normal(size=creators)[codes]
    y = np.exp(7 + 0.5 * x + draw.normal(size=n))
    return pd.DataFrame({"x": x, "y": y, "c": x + draw.normal(size=n)}), Groups.of(codes)


@given(tables())
def test_spearman_is_scipys(table):
    frame, groups = table

    effect = spearman(frame, [XY], groups, 10, 0)[0]

    if frame.x.nunique() == 1 or frame.y.nunique() == 1:
        assert effect.estimate is None and "in every row" in effect.note
    else:
        assert effect.estimate == pytest.approx(stats.spearmanr(frame.x, frame.y)[0], abs=1e-12)


@given(tables(), st.randoms(use_true_random=False))
def test_weighted_ranks_are_the_ranks_of_repeated_rows(table, random):
    frame, _ = table
    weights = np.array([random.randint(0, 3) for _ in range(len(frame))])
    weights[0] = 1
    copies = np.repeat(np.arange(len(frame)), weights)

    ranks = WeightedRanks([frame.x.to_numpy()]).at(weights.astype(float)[None])[0, 0]

    written_out = stats.rankdata(frame.x.to_numpy()[copies])
    assert ranks[copies].tolist() == (2 * written_out - len(copies) - 1).tolist()


def partial(frame, controls, groups):
    return spearman_and_partial(frame, [XY], controls, groups, 10, 0)[1]


@pytest.mark.parametrize("seed", range(5))
def test_partial_spearman_is_the_correlation_of_rank_residuals(seed):
    frame, groups = varied(seed)
    controls = pd.DataFrame({"c": frame.c.round(), "d": (frame.c > 0).astype(float)})
    design = np.column_stack(
        [np.ones(len(frame))] + [stats.rankdata(c) for _, c in controls.items()]
    )

    effect = partial(frame, controls, groups)

    residuals = []
    for name in ("x", "y"):
        ranks = stats.rankdata(frame[name])
        residuals.append(ranks - design @ np.linalg.lstsq(design, ranks, rcond=None)[0])
    assert effect.estimate == pytest.approx(stats.pearsonr(*residuals)[0], abs=1e-10)


def test_constant_and_repeated_controls_change_nothing():
    frame, groups = varied()
    once = pd.DataFrame({"c": frame.c})
    more = once.assign(again=frame.c * 3, one=1.0)

    effect = partial(frame, more, groups)

    assert effect.estimate == pytest.approx(partial(frame, once, groups).estimate, abs=1e-9)


def test_a_control_that_is_the_predictor_leaves_no_estimate():
    frame, groups = varied()

    effect = partial(frame, pd.DataFrame({"x": frame.x}), groups)

    assert (effect.estimate, effect.p) == (None, None) and effect.note


@pytest.mark.parametrize("creators", [12, 2200])
def test_spearman_is_the_same_with_and_without_controls(creators):
    frame, groups = varied(n=9000, creators=creators)

    alone = spearman(frame, [XY], groups, 20, 3)[0]

    assert spearman_and_partial(frame, [XY], frame[["c"]], groups, 20, 3)[0] == alone


def test_pearson_without_a_creator_is_scipys_without_the_rows():
    frame, groups = varied(n=200)
    rests = [frame[groups.codes != code] for code in range(groups.count)]
    z = np.arctanh([stats.pearsonr(others.x, np.log1p(others.y))[0] for others in rests])
    g = groups.count

    effect = pearson_log1p(frame, [XY], groups)[0]

    se = np.sqrt((g - 1) / g * np.sum((z - z.mean()) ** 2))
    assert effect.se == pytest.approx(se * (1 - effect.estimate**2))


@pytest.mark.parametrize("creators", [12, 2200])
def test_pearson_is_scipys_on_log1p_of_the_outcome(creators):
    frame, groups = varied(n=9000, creators=creators)

    effect = pearson_log1p(frame, [XY], groups)[0]

    assert effect.estimate == pytest.approx(stats.pearsonr(frame.x, np.log1p(frame.y))[0])


def test_the_interval_is_the_jackknifes_on_fishers_z_with_t():
    frame, groups = varied()
    z = [
        np.arctanh(stats.spearmanr(others.x, others.y)[0])
        for others in (frame[groups.codes != code] for code in range(groups.count))
    ]
    g = groups.count
    se = np.sqrt((g - 1) / g * np.sum((np.array(z) - np.mean(z)) ** 2))

    effect = spearman(frame, [XY], groups, 10, 0)[0]

    middle = np.arctanh(effect.estimate)
    reach = stats.t.ppf(0.975, g - 1) * se
    assert np.arctanh([effect.ci_low, effect.ci_high]) == pytest.approx(
        [middle - reach, middle + reach]
    )
    assert effect.p == pytest.approx(2 * stats.t.sf(middle / se, g - 1))


def spearmans(frame, pairs, groups):
    return spearman(frame, pairs, groups, 20, 0)


@pytest.mark.parametrize("method", [spearmans, pearson_log1p])
@pytest.mark.parametrize("seed", range(4))
def test_p_is_below_five_percent_exactly_when_the_interval_leaves_out_zero(method, seed):
    frame, groups = varied(seed, n=24)

    effects = method(frame, [XY, ColumnPair("c", "y")], groups)

    for effect in effects:
        assert (effect.p < 0.05) == (effect.ci_low > 0 or effect.ci_high < 0)


@pytest.mark.parametrize("creators", [12, 2200])
def test_the_same_seed_gives_the_same_numbers(creators):
    frame, groups = varied(n=9000, creators=creators)

    assert spearman(frame, [XY], groups, 30, 7) == spearman(frame, [XY], groups, 30, 7)


def test_many_creators_are_drawn_and_another_seed_draws_others():
    frame, groups = varied(n=9000, creators=2200)

    first, other = (spearman(frame, [XY], groups, 30, seed)[0] for seed in (1, 2))

    assert first.estimate == other.estimate and first.se != other.se


def test_a_rate_reads_its_own_column_and_keeps_the_outcomes_name():
    frame, groups = varied()
    frame["y_rate"] = frame.c

    effect = spearman(frame, [ColumnPair("x", "y", "rate", "y_rate")], groups, 10, 0)[0]

    assert (effect.outcome, effect.scale) == ("y", "rate")
    assert effect.estimate == pytest.approx(stats.spearmanr(frame.x, frame.c)[0])


@pytest.mark.parametrize("method", [spearmans, pearson_log1p])
def test_an_outcome_that_is_always_zero_has_no_estimate_and_a_reason(method):
    frame, groups = varied()

    effect = method(frame.assign(y=0.0), [XY], groups)[0]

    assert effect.estimate is None and effect.note.startswith("y is 0 in every row")


def test_a_perfect_order_has_an_estimate_and_no_interval():
    frame, groups = varied()

    effect = spearman(frame.assign(y=frame.x), [XY], groups, 10, 0)[0]

    assert (effect.estimate, effect.ci_low, effect.p) == (1.0, None, None) and effect.note


def test_a_creator_without_whom_nothing_varies_leaves_no_interval():
    frame = pd.DataFrame({"x": [1.0, 2, 3, 3, 3, 3], "y": [1.0, 3, 2, 5, 6, 4]})

    effect = spearman(frame, [XY], Groups.of("aaabcd"), 10, 0)[0]

    assert effect.estimate is not None and effect.p is None and "without 1 of 4" in effect.note


def test_three_rows_have_an_estimate_and_two_are_too_few():
    frame = pd.DataFrame({"x": [1.0, 2, 3], "y": [1.0, 3, 2]})

    assert spearman(frame, [XY], Groups.of("abc"), 10, 0)[0].estimate == pytest.approx(0.5)
    with pytest.raises(TooFew, match="2 rows"):
        spearman(frame[:2], [XY], Groups.of("ab"), 10, 0)


def test_one_creator_is_too_few_and_the_sentence_says_so():
    frame, _ = varied()

    with pytest.raises(TooFew, match=r"1 creator: .* other creators"):
        spearman(frame, [XY], Groups.of(["only"] * len(frame)), 10, 0)


def test_a_missing_value_is_refused_by_name():
    frame, groups = varied()
    frame.loc[3, "y"] = np.nan

    with pytest.raises(ValueError, match="y has missing"):
        spearman(frame, [XY], groups, 10, 0)


@pytest.mark.campaign
def test_the_interval_covers_what_was_planted_and_the_naive_one_does_not():
    covered = naive = 0
    runs, clusters = 300, 40
    for seed in range(runs):
        draw = np.random.default_rng((1, seed))
        sizes = np.minimum(1 + np.floor(2 * draw.pareto(1.5, clusters)).astype(int), 60)
        codes = np.repeat(np.arange(clusters), sizes)
        a, b = draw.normal(size=(2, clusters))
        x = np.round(50 + 20 * (0.63 * a[codes] + 0.77 * draw.normal(size=len(codes))))
        y = np.floor(np.exp(7 + 2.5 * (0.77 * b[codes] + 0.63 * draw.normal(size=len(codes)))))
        effect = spearman(pd.DataFrame({"x": x, "y": y}), [XY], Groups.of(codes), 10, 0)[0]
        covered += effect.ci_low <= 0 <= effect.ci_high
        naive += abs(np.arctanh(effect.estimate)) <= 1.96 / np.sqrt(len(x) - 3)

    low, high = stats.binomtest(covered, runs).proportion_ci(0.99, "wilson")
    assert low <= 0.95 <= high
    assert stats.binomtest(naive, runs).proportion_ci(0.99, "wilson")[1] < 0.95
