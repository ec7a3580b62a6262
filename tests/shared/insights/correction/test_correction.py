"""Corrected effects: unbiased where the uncorrected are not, and silent where data are lacking."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.coverage.effects import StudyDesign, simulate
from shared.insights.correction.debiasing import Debiasing, debiased
from shared.insights.correction.disattenuation import (
    Disattenuation,
    corrected,
    disattenuated,
    of_means,
)
from shared.insights.correction.draws import CorrelationDraws
from shared.insights.corrections import corrections
from shared.insights.sample import OutcomeQuestion, Sample
from shared.insights.statistics.effect import Effect, NotEstimable, TooFew
from shared.insights.statistics.resampling import Groups
from tests.agreement_tables import GEMINI, ratings, row, video


@pytest.mark.parametrize(
    ("design", "studies"),
    [
        (StudyDesign("scores", 0.5), 40),
        pytest.param(StudyDesign("scores", 0.5), 100, marks=pytest.mark.campaign),
        pytest.param(StudyDesign("normal", 0.6), 100, marks=pytest.mark.campaign),
    ],
)
def test_corrected_effects_are_within_five_percent_of_the_truth(design, studies):
    campaign = simulate(design, studies, draws=100)["effects"]

    for name, effect in campaign.items():
        assert abs(effect["ratio"] - 1) <= 0.05 + 2 * effect["ratio_se"], name
        assert abs(effect["uncorrected_ratio"] - 1) > 0.08, name
        assert effect["high"] >= 0.93, name


def test_the_correction_is_exact_for_normal_variables():
    """What a rater of this reliability shows of a correlation is turned back into it."""
    for reliability in (0.3, 0.5, 0.9):
        for true in (0.1, 0.3, 0.7):
            shown = 6 / np.pi * np.arcsin(true * reliability**0.5 / 2)
            ranks = 6 / np.pi * np.arcsin(reliability / 2)

            back = corrected(np.array([shown]), np.array([ranks]))[0]

            assert back == pytest.approx(6 / np.pi * np.arcsin(true / 2))


@pytest.fixture
def study():
    random = np.random.default_rng(3)
    n = 120
    true, creators = random.normal(size=n), random.integers(0, 30, n)
    views = np.floor(np.exp(5 + true + random.normal(size=n)))
    return true, views, Groups.of(creators), random


def test_a_perfect_rater_is_left_as_it_is(study):
    true, views, groups, _ = study

    estimate = disattenuated(true, views, np.stack([true, true], axis=1), groups, 200, 0)

    assert estimate.reliability == pytest.approx(1.0)
    assert estimate.estimate == pytest.approx(pd.Series(true).corr(pd.Series(views), "spearman"))


def test_the_mean_of_three_answers_has_the_reliability_of_a_mean():
    """Its correlation is corrected by .82 and not by .6, or it would be too large by a sixth."""
    random = np.random.default_rng(4)
    true, creators = random.normal(size=3_000), Groups.of(np.arange(3_000) % 300)
    views = np.exp(true + random.normal(size=3_000))
    answers = true[:, None] + (2 / 3) ** 0.5 * random.normal(size=(3_000, 3))
    x, three = answers.mean(axis=1), np.full(3_000, 3.0)

    estimate = disattenuated(x, views, answers, creators, 100, 0, three)

    assert estimate.reliability == pytest.approx(0.81, abs=0.02)  # of ranks
    perfect = pd.Series(true).corr(pd.Series(views), "spearman")
    assert estimate.estimate == pytest.approx(perfect, abs=0.02)
    assert disattenuated(x, views, answers, creators, 100, 0).estimate > perfect + 0.08


def test_half_of_the_error_doubles_the_odds_of_a_reliability():
    latent = 6 / np.pi * np.arcsin(np.array([0.6, 0.75]) / 2)

    assert of_means(latent[:1], 0.5)[0] == pytest.approx(latent[1])
    assert of_means(latent, 1.0) == pytest.approx(latent)


def test_an_interval_of_reliability_widens_that_of_the_effect(study):
    true, views, groups, random = study
    x = true + random.normal(size=len(true))
    few, many = np.full((len(x), 2), np.nan), np.stack([x, true + random.normal(size=len(x))], 1)
    few[:25] = many[:25]

    def width(estimates):
        return estimates.ci_high - estimates.ci_low

    wide = disattenuated(x, views, few, groups, 400, 0)
    narrow = disattenuated(x, views, many, groups, 400, 0)
    assert width(wide) > width(narrow)


def test_too_few_repetitions_and_a_hopeless_rater_are_refused(study):
    true, views, groups, random = study
    few = np.full((len(true), 2), np.nan)
    few[:19] = 1.0
    noise = random.normal(size=(len(true), 2))

    with pytest.raises(TooFew, match="19 videos have repeated ratings; 20 are needed"):
        disattenuated(true, views, few, groups, 100, 0)
    with pytest.raises(NotEstimable, match="too low to correct by"):
        disattenuated(true, views, noise, groups, 100, 0)


def test_where_people_rated_everything_the_machine_has_no_say(study):
    true, views, groups, random = study

    estimate = debiased(random.normal(size=len(true)), views, true, groups, 200, 0)

    assert (estimate.machine_weight, estimate.estimate) == (0.0, estimate.people_alone)


def test_a_useless_machine_hardly_moves_people_and_a_good_one_narrows_the_interval(study):
    true, views, groups, random = study
    people = true.copy()
    people[60:] = np.nan

    useless = debiased(random.normal(size=len(true)), views, people, groups, 400, 0)
    good = debiased(true + 0.2 * random.normal(size=len(true)), views, people, groups, 400, 0)

    assert abs(useless.estimate - useless.people_alone) < 0.06
    assert good.ci_high - good.ci_low < 0.85 * (good.people_high - good.people_low)


def test_the_same_seed_gives_the_same_numbers(study):
    true, views, groups, _ = study
    people = np.where(np.arange(len(true)) < 50, true, np.nan)

    assert debiased(true, views, people, groups, 150, 7) == debiased(
        true, views, people, groups, 150, 7
    )


def drawn_times(groups, resamples, seed):
    """How often each row is in each draw: 100 draws come from one seed."""
    for start in range(0, resamples, 100):
        random = np.random.default_rng((seed, start))
        for chosen in random.integers(0, groups.count, (min(100, resamples - start), groups.count)):
            yield np.bincount(chosen, minlength=groups.count)[groups.codes]


def written_out(x, y, weights):
    """Spearman's correlation of weighted rows, by its definition."""

    def rank(column, value):
        return weights[column < value].sum() + weights[column == value].sum() / 2

    ranks = [[rank(column, value) for value in column] for column in (x, y)]
    covariance = np.cov(ranks, aweights=weights)
    return covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])


def test_shared_draws_give_the_correlations_of_each_draw_written_out(study):
    true, views, groups, random = study
    x = np.round(3 * true)
    some, weights = random.random(len(true)) < 0.5, random.uniform(1, 5, len(true))
    draws = CorrelationDraws(groups, 130, 4)
    whole = draws.ask(x, views)
    part = draws.ask(x[some], views[some], some, weights[some])

    draws.compute()

    times = list(drawn_times(groups, 130, 4))
    assert draws.draws(whole) == pytest.approx([written_out(x, views, t) for t in times], abs=1e-10)
    assert draws.draws(part) == pytest.approx(
        [written_out(x[some], views[some], (t * weights)[some]) for t in times], abs=1e-10
    )
    assert draws.point(whole) == pytest.approx(written_out(x, views, np.ones(len(x))), abs=1e-10)


def test_corrections_together_are_those_one_by_one(study):
    true, views, groups, random = study
    answers = np.stack([true + random.normal(size=len(true)) for _ in range(3)], axis=1)
    people = np.where(np.arange(len(true)) < 60, true, np.nan)
    draws = CorrelationDraws(groups, 120, 2)
    pending = [
        Disattenuation(draws, answers[:, 0], views, answers),
        Debiasing(draws, answers[:, 0], views, people),
        Disattenuation(draws, answers[:, 1], views**2, answers),
    ]

    draws.compute()

    assert [each.result() for each in pending] == [
        disattenuated(answers[:, 0], views, answers, groups, 120, 2),
        debiased(answers[:, 0], views, people, groups, 120, 2),
        disattenuated(answers[:, 1], views**2, answers, groups, 120, 2),
    ]


def sample(n=60, rater=GEMINI):
    random = np.random.default_rng(5)
    own = random.normal(size=n)
    frame = pd.DataFrame(
        {
            "video_id": [video(number) for number in range(n)],
            "rater": rater,
            "unexpectedness": np.round(50 + 15 * (own + 0.5 * random.normal(size=n))),
            "views": np.floor(np.exp(5 + own + random.normal(size=n))),
        }
    )
    groups = Groups.of(number % 20 for number in range(n))
    return Sample(frame, groups, pd.DataFrame(index=frame.index), ("unexpectedness",)), own


EFFECT = Effect(
    "unexpectedness", "views", "spearman", "count", 0.3, 0.1, 0.1, 0.5, 0.01, None, 60, 20
)
ASKED = [OutcomeQuestion("views", "count")]


def repeated(own, rater=GEMINI, **more):
    random = np.random.default_rng(6)
    return [
        row(video(n), rater, "unexpectedness", round(50 + 15 * (value + 0.5 * random.normal())), r)
        | more
        for n, value in enumerate(own)
        for r in range(2)
    ]


def people(own, count=40):
    return [row(video(n), "human/ana", "unexpectedness", 50 + 15 * own[n]) for n in range(count)]


def test_each_way_is_taken_where_there_are_data_for_it():
    of, own = sample()

    both = corrections(of, ASKED, [EFFECT], ratings([*repeated(own), *people(own)]), 0)
    disattenuation = corrections(of, ASKED, [EFFECT], ratings(repeated(own)), 0)

    assert [correction.method for correction in both] == ["disattenuated", "predict_then_debias"]
    assert [correction.method for correction in disattenuation] == ["disattenuated"]
    assert both[0].uncorrected == 0.3
    assert both[0].details["n_repeated"] == 60 and both[1].details["n_people"] == 40


def test_another_raters_repetitions_say_nothing_of_this_one():
    of, own = sample(rater="signals/2")

    assert corrections(of, ASKED, [EFFECT], ratings(repeated(own)), 0) == []


def test_a_configuration_behind_the_name_is_the_same_rater():
    of, own = sample()

    assert corrections(of, ASKED, [EFFECT], ratings(repeated(own, f"{GEMINI}@abcd")), 0)


def test_made_up_ratings_correct_nothing():
    of, own = sample()
    made_up = repeated(own, model_version="gemini-3.5-flash-lite-stand-in")

    assert corrections(of, ASKED, [EFFECT], ratings(made_up), 0) == []


def test_who_rated_without_looking_corrects_nothing():
    of, own = sample()
    records = [*people(own), row("check-1", "human/ana", "attention_check", 0)]

    assert corrections(of, ASKED, [EFFECT], ratings(records), 0) == []


def test_what_is_too_little_says_so_in_place_of_a_number():
    of, own = sample()

    (correction,) = corrections(of, ASKED, [EFFECT], ratings(people(own, 9)), 0)

    assert (correction.estimate, correction.note) == (
        None,
        "people rated 9 of the videos; 30 are needed",
    )


def test_without_ids_of_videos_nothing_can_be_corrected():
    of, own = sample()
    without = Sample(of.frame.drop(columns="video_id"), of.groups, of.controls, of.predictors)

    assert corrections(without, ASKED, [EFFECT], ratings(people(own)), 0) == []
