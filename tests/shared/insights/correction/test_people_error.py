"""People's own error: its variance by published formulas, and ratios freed of it."""

import numpy as np
import pytest

from benchmarks.coverage.people import PeopleDesign, draw_people, simulate
from benchmarks.coverage.ratios import RATING, RatioDesign, draw_study
from shared.insights.agreement.icc import mean_squares
from shared.insights.correction.people_error import (
    mean_error_variance,
    mean_rating,
    videos_rated_twice,
)
from shared.insights.correction.ratio_debiasing import debiased_ratio
from shared.insights.correction.ratio_disattenuation import disattenuated_mean_ratio
from shared.insights.correction.within_reliability import within_reliability
from shared.insights.statistics.effect import NotEstimable, TooFew


def panel(people=4, videos=60, lenience=0.0, seed=1):
    random = np.random.default_rng(seed)
    true, lenient = random.normal(50, 15, (videos, 1)), random.normal(0, 1, people)
    return true + lenience * lenient + random.normal(0, 10, (videos, people))


def variance(ratings):
    return mean_error_variance(ratings)(np.ones(len(ratings))).value


def test_where_all_rated_all_the_reliability_is_cronbachs_alpha():
    ratings = panel(lenience=30.0)
    k = ratings.shape[1]
    covariance = np.cov(ratings.T)

    reliability = 1 - variance(ratings) / ratings.mean(axis=1).var(ddof=1)

    alpha = k / (k - 1) * (1 - np.trace(covariance) / covariance.sum())
    assert reliability == pytest.approx(alpha, rel=1e-9)
    squares = mean_squares(ratings, np.ones((1, len(ratings))))
    assert variance(ratings) == pytest.approx(float(squares.error[0]) / k, rel=1e-9)


def test_without_lenience_it_is_the_pooled_variance_over_the_number_of_ratings():
    """Carroll et al. 2006, section 4.4.2: Σ Σ (w - w̄)² / Σ (k - 1), over k on average."""
    ratings = panel(videos=400)
    ratings[:200, 2:] = np.nan
    ratings[200:250, 1:] = np.nan
    counts = (~np.isnan(ratings)).sum(axis=1)
    squares = np.nansum((ratings - mean_rating(ratings)[:, None]) ** 2)

    pooled = squares / (counts - 1).sum()

    # Estimated lenience is near 0 and only a quarter of it counts.
    assert variance(ratings) == pytest.approx(pooled * (1 / counts).mean(), abs=0.5)
    assert videos_rated_twice(ratings) == 350


def test_lenience_is_an_error_as_far_as_videos_have_other_people():
    """The error variance over random pairs out of eight people, beside that of drawn means."""
    random = np.random.default_rng(7)
    true, lenience = random.normal(50, 15, (20_000, 1)), 20 * random.normal(size=8)
    ratings = true + lenience + random.normal(0, 10, (20_000, 8))
    ratings[random.random(ratings.shape).argsort(axis=1).argsort(axis=1) >= 2] = np.nan

    errors = mean_rating(ratings) - true[:, 0]

    assert variance(ratings) == pytest.approx(errors.var(ddof=1), rel=0.05)


def test_rows_without_ratings_change_nothing():
    ratings = panel(lenience=5.0)
    padded = np.vstack([ratings, np.full((9, ratings.shape[1]), np.nan)])

    assert variance(padded) == pytest.approx(variance(ratings))
    assert np.isnan(mean_rating(padded)[-9:]).all()


@pytest.mark.few(2)
@pytest.mark.parametrize("studies", [12, pytest.param(40, marks=pytest.mark.campaign)])
@pytest.mark.parametrize("who", ["all", "three", "few", "again"])
def test_freed_of_peoples_error_ratios_are_near_the_truth(who, studies):
    campaign = simulate(PeopleDesign("normal", who), studies)["effects"]

    assert list(campaign) == ["people", "predict_then_debias"]
    for name, effect in campaign.items():
        assert abs(effect["median_ratio"] - 1) <= 0.05 + 2.5 * effect["ratio_se"], name
        assert effect["uncorrected_ratio"] < 0.8, name
        assert effect["high"] >= 0.95, name


@pytest.fixture
def study():
    return draw_study(RatioDesign("normal", 0.7), np.random.default_rng(5))


@pytest.fixture
def people(study):
    return draw_people(PeopleDesign("normal", "three"), study, np.random.default_rng(6))


def test_the_machines_estimate_is_divided_by_the_reliability_of_peoples_mean(study, people):
    model = study.fit(study.biased)
    people[::2] = np.nan

    ratio = debiased_ratio(model, RATING, people[model.kept], [model.creators])
    alone = debiased_ratio(
        model, RATING, mean_rating(people)[model.kept][:, None], [model.creators]
    )

    assert ratio.is_free_of_people_error and not alone.is_free_of_people_error
    assert alone.people_reliability is None and alone.n_rated_twice == 0
    assert ratio.with_people_error == alone.estimate == alone.with_people_error
    assert ratio.estimate == pytest.approx(alone.estimate / ratio.people_reliability)
    assert ratio.people_alone == pytest.approx(alone.people_alone / ratio.people_reliability)
    assert ratio.people_reliability_low < ratio.people_reliability < ratio.people_reliability_high


def test_an_interval_counts_the_chance_in_the_reliability(study):
    twice = study.true[:, None] + np.random.default_rng(8).normal(0, 9, (len(study.true), 2))
    seldom = twice.copy()
    seldom[60:, 1] = np.nan

    wide, narrow = (
        disattenuated_mean_ratio(model, RATING, ratings[model.kept], [model.creators])
        for ratings in (seldom, twice)
        for model in (study.fit(mean_rating(ratings)),)
    )

    assert narrow.n_repeated > 900 > 60 >= wide.n_repeated
    spread = narrow.reliability_high - narrow.reliability_low
    assert spread < wide.reliability_high - wide.reliability_low


def test_few_ratings_and_people_who_do_not_agree_are_refused_or_left_uncorrected(study, people):
    model = study.fit(mean_rating(people))
    random = np.random.default_rng(8)
    few, noise = people[model.kept], random.normal(50, 20, (len(model.y), 2))
    few[19:] = np.nan

    with pytest.raises(TooFew, match="19 videos of the model were rated by two people or more"):
        disattenuated_mean_ratio(model, RATING, few, [model.creators])
    by_noise = study.fit(random.normal(50, 20, len(study.views)))
    with pytest.raises(NotEstimable, match="too low to correct by"):
        disattenuated_mean_ratio(by_noise, RATING, 3 * noise, [by_noise.creators])
    ratio = debiased_ratio(model, RATING, noise, [model.creators])
    assert ratio.people_reliability < 0.2 and not ratio.is_free_of_people_error
    assert ratio.estimate == ratio.with_people_error


def test_the_parts_of_the_reliability_predict_what_each_creator_changes(study, people):
    """The parts in λ's error, summed by creator, are what leaving it out takes away."""
    views = np.random.default_rng(6).poisson(np.exp(3 + 0.01 * study.true)).astype(float)
    study = type(study)(
        study.creator, study.true, study.answers, study.biased, study.people, views, study.control
    )

    def reliability(rows):
        part = type(study)(
            *(getattr(study, name)[rows] for name in study.__slots__[:-1]), study.control[rows]
        )
        model = part.fit(mean_rating(people)[rows])
        ratings = people[rows][model.kept]
        return model, within_reliability(model, RATING, mean_error_variance(ratings))

    model, whole = reliability(np.ones(len(views), dtype=bool))
    changes = [
        whole.value - reliability(study.creator != creator)[1].value for creator in range(80)
    ]
    predicted = model.creators.sums(whole.parts)
    assert np.corrcoef(changes, predicted)[0, 1] > 0.95
    assert float(np.std(changes)) == pytest.approx(float(np.std(predicted)), rel=0.15)
