"""The joint verdict of raters: its p against all permutations, and what it must not depend on."""

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from shared.insights.statistics.effect import TooFew
from shared.insights.statistics.fixed_effects import poisson_fixed_effects
from shared.insights.statistics.joint_verdict import NullScore, joint_verdict
from shared.insights.statistics.resampling import Groups

VIEWS = np.array([3.0, 10.0, 47.0, 20.0, 90.0, 40.0])
CREATORS = Groups.of("aaabbb")
RATINGS = np.array([[1.0, 2.0, 9.0, 0.0, 7.0, 4.0], [3.0, 1.0, 8.0, 2.0, 6.0, 6.0]]).T


def score(rating, views=VIEWS, creators=CREATORS, controls=None, weeks=None):
    design = pd.DataFrame(index=range(len(views))) if controls is None else controls
    model = poisson_fixed_effects(views, design, None, creators, weeks, needs_columns=False)
    return NullScore.of(model, rating[model.kept], np.flatnonzero(model.kept))


def test_the_p_is_the_share_of_all_ways_to_exchange_the_ratings_of_a_creators_videos():
    """By hand: 36 ways, and z of a rater is Σ e x / √Σ e² x² with x and e centred by creator."""
    residual = VIEWS - np.repeat([20.0, 50.0], 3)
    free = RATINGS - np.array([[4.0, 4.0], [11 / 3, 14 / 3]])[np.repeat([0, 1], 3)]
    ways = [
        [*first, *(3 + np.array(second))]
        for first, second in product(permutations(range(3)), repeat=2)
    ]
    means = []
    for way in ways:
        products = residual[:, None] * free[way]
        means.append((products.sum(axis=0) / np.sqrt((products**2).sum(axis=0))).mean())
    share = np.mean(np.abs(means) >= abs(means[0]) * (1 - 1e-9))

    verdict = joint_verdict([score(column) for column in RATINGS.T], CREATORS, seed=1)

    assert verdict.statistic == pytest.approx(means[0])
    assert verdict.p == pytest.approx(share, abs=0.02)


def test_raters_who_say_the_same_count_once():
    """Eighteen copies of one rater are no more evidence than this rater alone."""
    alone = joint_verdict([score(RATINGS[:, 0])], CREATORS, seed=1)
    copies = joint_verdict([score(RATINGS[:, 0])] * 18, CREATORS, seed=1)

    assert copies.p == alone.p


def test_the_scale_and_the_order_of_raters_change_nothing():
    first, second = RATINGS.T
    verdict = joint_verdict([score(first), score(second)], CREATORS, seed=1)
    rescaled = joint_verdict([score(5 + second / 100), score(first)], CREATORS, seed=1)

    assert rescaled.p == verdict.p
    assert rescaled.z[::-1] == pytest.approx(verdict.z)


def test_raters_of_opposite_signs_say_nothing_together():
    verdict = joint_verdict([score(RATINGS[:, 0]), score(-RATINGS[:, 0])], CREATORS, seed=1)

    assert verdict.p == 1.0
    assert verdict.statistic == pytest.approx(0.0)


def test_what_other_columns_explain_of_a_rating_is_not_its_own():
    draw = np.random.default_rng(1)
    creators, weeks = Groups.of(np.repeat(range(20), 10)), Groups.of(np.tile(range(5), 40))
    control = draw.normal(size=200)
    views = draw.poisson(np.exp(3 + control)).astype(float)
    rating = control + draw.normal(size=200)

    controls = pd.DataFrame({"control": control})
    controlled = score(rating, views, creators, controls, weeks)

    assert joint_verdict([score(rating, views, creators)], creators, 1).p < 0.01
    assert joint_verdict([controlled], creators, 1).p > 0.05
    assert controlled.inflation == pytest.approx(np.sqrt(180 / (180 - 5)))
    with pytest.raises(TooFew, match="nothing of the rating varies"):
        score(2 * control + 1, views, creators, controls, weeks)


def test_what_the_fit_took_from_a_rating_is_given_back_to_exchanged_ones():
    """Twice as wide, exchanged scores are as far out as the observed one in 17 of 36 ways."""
    plain = score(RATINGS[:, 0])
    wide = joint_verdict([replace(plain, inflation=2.0)], CREATORS, seed=1)

    ways = [
        [*first, *(3 + np.array(second))]
        for first, second in product(permutations(range(3)), repeat=2)
    ]
    products = [plain.residual * plain.free[way] for way in ways]
    z = np.array([each.sum() / np.sqrt((each**2).sum()) for each in products])
    share = np.mean(np.abs(2 * z) >= abs(z[0]) * (1 - 1e-9))
    assert wide.p == pytest.approx(share, abs=0.04)
    assert wide.p > joint_verdict([plain], CREATORS, seed=1).p


def test_videos_that_a_rater_did_not_rate_count_for_the_others():
    draw = np.random.default_rng(2)
    creators = Groups.of(np.repeat(range(30), 8))
    truth = draw.normal(size=240)
    views = draw.poisson(np.exp(4 + 0.5 * truth)).astype(float)
    scores = []
    for _ in range(4):
        rows = np.flatnonzero(draw.random(240) < 0.5)
        rating = truth[rows] + draw.normal(size=len(rows))
        chosen = np.isin(np.arange(240), rows)
        part = score(rating, views[rows], creators.where(chosen))
        scores.append(NullScore(rows[part.rows], part.residual, part.free, part.inflation))

    verdict = joint_verdict(scores, creators, seed=1)

    assert verdict.p < 0.01
    assert verdict.sign == 1


def test_raters_who_lack_videos_agree_as_much_once_exchanged_as_observed():
    """The mean of exchanged raters is as wide as what they have in common makes it."""
    draw = np.random.default_rng(3)
    creators = Groups.of(np.repeat(range(40), 8))
    views = draw.poisson(np.exp(4 + draw.normal(size=320))).astype(float)
    common = draw.normal(size=320)
    whole = [score(common, views, creators)] * 6
    partial = []
    for _ in range(6):
        rated = draw.random(320) < 0.6
        part = score(common[rated], views[rated], creators.where(rated))
        rows = np.flatnonzero(rated)[part.rows]
        own = NullScore(rows, part.residual, part.free, part.inflation)
        partial.append(own.filled(whole[0].rows, whole[0].residual))

    filled = joint_verdict(partial, creators, seed=1)

    # Of six copies that each lack 40 %, two share .6 of what one has: so does the mean's variance.
    z_at_p = abs(norm.ppf(filled.p / 2))
    assert abs(filled.statistic) / z_at_p == pytest.approx(np.sqrt((1 + 5 * 0.6) / 6), rel=0.08)


def own(pairs):
    """Values less the mean of their pair."""
    return pairs - pairs.reshape(-1, 2).mean(axis=1).repeat(2)


def test_raters_that_rated_two_videos_of_a_creator_claim_no_more_than_others():
    claims, runs = 0, 200
    creators, rows = Groups.of(np.repeat(range(20), 8)), np.arange(160)
    for seed in range(runs):
        draw = np.random.default_rng(seed)
        residual, free = draw.normal(size=(2, 160))
        mixed = [draw.permuted(rows.reshape(20, 8), axis=1) for _ in range(4)]
        parts = [np.sort(each[:, :2].ravel()) for each in mixed]
        scores = [
            NullScore(part, own(residual[part]), own(free[part]), 1.0).filled(rows, residual)
            for part in parts
        ]
        claims += joint_verdict(scores, creators, seed, draws=199).p <= 0.05

    assert claims / runs <= 0.07


def test_without_a_rater_or_a_second_video_there_is_no_verdict():
    with pytest.raises(TooFew, match="no rater"):
        joint_verdict([], CREATORS, seed=1)
    with pytest.raises(TooFew, match="two rated videos"):
        joint_verdict([score(RATINGS[:, 0])], Groups.of("abcdef"), seed=1)
