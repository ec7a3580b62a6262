"""Corrected rate ratios within creators: near the truth, and silent where data are lacking."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.coverage.ratios import RATING, RatioDesign, draw_study, simulate
from shared.insights.correction.ratio_debiasing import debiased_ratio
from shared.insights.correction.ratio_disattenuation import disattenuated_ratio
from shared.insights.corrections import ratio_corrections
from shared.insights.headline import Headline
from shared.insights.rating_columns import averaged_answers
from shared.insights.sample import OutcomeQuestion, Sample
from shared.insights.statistics.effect import NotEstimable, TooFew
from shared.insights.statistics.fixed_effects import poisson_fixed_effects
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.within_ratios import fit_of
from tests.agreement_tables import GEMINI, ratings, row, video


@pytest.mark.parametrize("studies", [15, pytest.param(40, marks=pytest.mark.campaign)])
def test_corrected_ratios_are_near_the_truth_and_uncorrected_ones_are_not(studies):
    campaign = simulate(RatioDesign("normal", 0.7), studies)["effects"]

    assert list(campaign) == ["disattenuated", "predict_then_debias"]
    for name, effect in campaign.items():
        assert abs(effect["ratio"] - 1) <= 0.05 + 2 * effect["ratio_se"], name
        assert abs(effect["uncorrected_ratio"] - 1) > 0.25, name
        assert effect["high"] >= 0.95, name


@pytest.mark.parametrize("studies", [5, pytest.param(12, marks=pytest.mark.campaign)])
def test_disattenuation_overcorrects_where_replicates_share_a_bias_with_the_outcome(studies):
    (leak,) = simulate(RatioDesign("normal", 0.7, "leak"), studies)["effects"].values()
    (shared,) = simulate(RatioDesign("normal", 0.7, "shared"), studies)["effects"].values()

    assert leak["ratio"] > leak["uncorrected_ratio"] > 1.2
    assert shared["uncorrected_ratio"] < shared["ratio"] < 0.9


@pytest.fixture
def study():
    return draw_study(RatioDesign("normal", 0.7), np.random.default_rng(5))


@pytest.fixture
def model(study):
    return study.fit(study.answers[:, 0])


def own_effect(model):
    return fit_of(model, model.names, model.creators).effect(RATING, "views")


def test_a_perfect_rater_is_left_as_it_is(study):
    model = study.fit(study.true)
    twice = np.stack([study.true, study.true], axis=1)[model.kept]

    ratio = disattenuated_ratio(model, RATING, twice, [model.creators])

    assert ratio.reliability == 1.0
    uncorrected = own_effect(model)
    assert (ratio.estimate, ratio.ci_low, ratio.ci_high) == pytest.approx(
        (uncorrected.estimate, uncorrected.ci_low, uncorrected.ci_high)
    )


def test_the_reliability_is_that_within_creators(study, model):
    """Within creators .7 of the variance of the true rating is left, and all of the error's."""
    answers = study.answers[model.kept]

    ratio = disattenuated_ratio(model, RATING, answers, [model.creators])

    over_all = np.corrcoef(answers.T)[0, 1]
    assert over_all == pytest.approx(0.7, abs=0.04)
    assert ratio.reliability == pytest.approx(0.49 / (0.49 + 0.3), abs=0.04)
    assert ratio.reliability_low < ratio.reliability < ratio.reliability_high
    assert ratio.estimate == pytest.approx(model.beta[0] / ratio.reliability)


def test_a_corrected_interval_holds_zero_exactly_when_the_uncorrected_does():
    random = np.random.default_rng(8)
    verdicts = set()
    for _ in range(15):
        study = draw_study(RatioDesign("normal", 0.5), random)
        study = replace(study, views=random.permutation(study.views))
        model = study.fit(study.answers[:, 0])
        ratio = disattenuated_ratio(model, RATING, study.answers[model.kept], [model.creators])
        ends = own_effect(model)

        assert (ratio.ci_low < 0 < ratio.ci_high) == (ends.ci_low < 0 < ends.ci_high)
        verdicts.add(ratio.ci_low < 0 < ratio.ci_high)
    assert True in verdicts


def test_the_chance_in_the_reliability_widens_the_interval(study, model):
    many = study.answers[model.kept]
    few = many.copy()
    few[np.arange(len(few)) % 20 != 0] = np.nan

    wide = disattenuated_ratio(model, RATING, few, [model.creators])
    narrow = disattenuated_ratio(model, RATING, many, [model.creators])

    relative = [(r.ci_high - r.ci_low) / r.estimate for r in (wide, narrow)]
    assert relative[0] > 1.05 * relative[1]


def test_a_table_with_the_mean_of_the_answers_has_a_smaller_error(study):
    model = study.fit(study.answers.mean(axis=1))
    answers, two = study.answers[model.kept], np.full(model.kept.sum(), 2.0)

    ratio = disattenuated_ratio(model, RATING, answers, [model.creators], two)

    assert ratio.reliability == pytest.approx(0.49 / (0.49 + 0.15), abs=0.04)


def test_videos_that_were_asked_about_once_keep_the_whole_error(study):
    is_mean = np.arange(len(study.views)) % 2 == 0
    model = study.fit(np.where(is_mean, study.answers.mean(axis=1), study.answers[:, 0]))
    answers = np.where(is_mean[:, None], study.answers, np.nan)[model.kept]
    averaged = np.where(is_mean, 2.0, 1.0)[model.kept]

    ratio = disattenuated_ratio(model, RATING, answers, [model.creators], averaged)

    assert ratio.reliability == pytest.approx(0.49 / (0.49 + 0.225), abs=0.05)


def test_a_score_counts_as_a_mean_where_it_is_that_of_all_answers():
    records = [
        row(video(number), GEMINI, "unexpectedness", value, replicate)
        for number in range(3)
        for replicate, value in enumerate((10, 20, 60)[: number + 1])
    ]
    frame = pd.DataFrame(
        {"video_id": [video(n) for n in (0, 1, 2, 2)], "unexpectedness": [10.0, 15.0, 30.0, 60.0]}
    )

    counts = averaged_answers(frame, "unexpectedness", ratings(records))

    assert counts.tolist() == [1, 2, 3, 1]
    other = averaged_answers(frame.assign(rater="gemini/other"), "unexpectedness", ratings(records))
    assert other.tolist() == [1, 1, 1, 1]


def test_too_few_answers_a_hopeless_rater_and_another_scale_are_refused(study, model):
    answers = study.answers[model.kept]
    few = answers.copy()
    few[19:] = np.nan
    noise = np.random.default_rng(0).normal(50, 25, answers.shape)

    with pytest.raises(TooFew, match="19 videos of the model have repeated ratings; 20 are"):
        disattenuated_ratio(model, RATING, few, [model.creators])
    with pytest.raises(NotEstimable, match="within creators the reliability is"):
        disattenuated_ratio(model, RATING, noise, [model.creators])
    with pytest.raises(NotEstimable, match="on another scale"):
        disattenuated_ratio(model, RATING, answers / 100, [model.creators])


def test_counts_without_any_chance_are_refused(study):
    model = replace(study, views=np.full(len(study.views), 7.0)).fit(study.answers[:, 0])

    with pytest.raises(NotEstimable, match="the counts are equal to their means within creators"):
        disattenuated_ratio(model, RATING, study.answers[model.kept], [model.creators])


def test_two_groupings_give_the_wider_interval(study, model):
    sounds = Groups.of(np.random.default_rng(1).integers(0, 15, len(model.y)))
    answers = study.answers[model.kept]
    people = study.people[model.kept]
    people[::2] = np.nan

    for correct, of in ((disattenuated_ratio, answers), (debiased_ratio, people[:, None])):
        single = correct(model, RATING, of, [model.creators])
        double = correct(model, RATING, of, [model.creators, sounds])
        other = correct(model, RATING, of, [sounds])

        assert double.ci_low == pytest.approx(min(single.ci_low, other.ci_low))
        assert double.ci_high == pytest.approx(max(single.ci_high, other.ci_high))


def test_where_people_rated_everything_their_own_slope_is_the_answer(study):
    machine = study.fit(study.biased)
    people = study.fit(study.people)

    ratio = debiased_ratio(machine, RATING, study.people[machine.kept][:, None], [machine.creators])

    ends = own_effect(people)
    assert (ratio.estimate, ratio.ci_low, ratio.ci_high) == pytest.approx(
        (ends.estimate, ends.ci_low, ends.ci_high), rel=1e-6
    )


def test_a_useless_machine_hardly_moves_people(study):
    noise = np.random.default_rng(2).normal(50, 20, len(study.views))
    model = study.fit(noise)
    people = study.people[model.kept]
    people[::3] = np.nan

    ratio = debiased_ratio(model, RATING, people[:, None], [model.creators])

    assert ratio.machine_weight < 0.15
    assert ratio.estimate == pytest.approx(ratio.people_alone, abs=0.15 * abs(ratio.people_alone))


def test_a_good_machine_narrows_the_interval(study):
    model = study.fit(study.people + np.random.default_rng(3).normal(0, 2, len(study.views)))
    people = study.people[model.kept]
    people[np.random.default_rng(4).random(len(people)) > 0.25] = np.nan

    ratio = debiased_ratio(model, RATING, people[:, None], [model.creators])

    assert ratio.ci_high - ratio.ci_low < 0.8 * (ratio.people_high - ratio.people_low)


def test_people_who_rated_one_video_of_each_creator_compare_nothing(study, model):
    first = np.unique(model.creators.codes, return_index=True)[1]
    people = np.full(len(model.y), np.nan)
    people[first] = study.people[model.kept][first]

    with pytest.raises(NotEstimable, match="among the videos that people rated, no creator has"):
        debiased_ratio(model, RATING, people[:, None], [model.creators])


def test_few_ratings_by_people_are_refused(study, model):
    people = study.people[model.kept]
    people[29:] = np.nan

    with pytest.raises(TooFew, match="people rated 29 videos that can be compared within creators"):
        debiased_ratio(model, RATING, people[:, None], [model.creators])


@pytest.mark.campaign
def test_the_joint_scores_predict_what_each_creator_changes(study):
    """The parts in an estimate's error, summed by creator, are what leaving it out takes away."""
    answers, people = study.answers.copy(), study.people.copy()
    answers[::2] = np.nan
    people[1::2] = np.nan
    views = np.random.default_rng(6).poisson(np.exp(3 + 0.01 * study.true)).astype(float)

    def estimates(rows):
        design = pd.DataFrame({RATING: study.answers[:, 0]})[rows]
        creators = Groups.of(study.creator).where(rows)
        model = poisson_fixed_effects(views[rows], design, None, creators)
        noise = disattenuated_ratio(model, RATING, answers[rows], [creators])
        bias = debiased_ratio(model, RATING, people[rows][:, None], [creators])
        return noise, bias

    without = [estimates(study.creator != creator) for creator in range(80)]
    for at, whole in enumerate(estimates(np.ones(len(views), dtype=bool))):
        jackknife = np.array([both[at].estimate for both in without])
        se = float(np.sqrt(39 / 40 * ((jackknife - jackknife.mean()) ** 2).sum()))
        half = (whole.ci_high - whole.ci_low) / 2 / 2.02

        assert half == pytest.approx(se, rel=0.12)


def sample():
    """The answer within creators of a study, its effect, and the ratings of machine and people."""
    study = draw_study(RatioDesign("scores", 0.7), np.random.default_rng(9))
    frame = pd.DataFrame(
        {
            "video_id": [video(number) for number in range(len(study.views))],
            "rater": GEMINI,
            "unexpectedness": study.answers[:, 0],
        },
        index=range(7, 7 + len(study.views)),
    )
    creators = Groups.of(study.creator)
    model = poisson_fixed_effects(study.views, frame[["unexpectedness"]], None, creators)
    within = Headline(
        OutcomeQuestion("views", "count"),
        "creators",
        Sample(frame, creators, pd.DataFrame(index=frame.index), ("unexpectedness",)),
        fit_of(model, model.names, model.creators),
        model,
        model.creators,
    )
    records = [
        row(video(number), GEMINI, "unexpectedness", int(value), replicate)
        for number, both in enumerate(study.answers)
        for replicate, value in enumerate(both)
    ]
    people = [
        row(video(number), "human/ana", "unexpectedness", float(value))
        for number, value in enumerate(study.people[:300])
    ]
    return within, within.effect("unexpectedness"), records, people


def test_a_ratio_is_corrected_in_each_way_for_which_there_are_ratings():
    within, effect, records, people = sample()

    both = ratio_corrections(within, [effect], ratings([*records, *people]))

    assert [(c.of, c.method) for c in both] == [
        ("ppml", "disattenuated"),
        ("ppml", "predict_then_debias"),
    ]
    assert {c.uncorrected for c in both} == {effect.estimate}
    assert {c.uncorrected_low for c in both} == {effect.ci_low}
    assert both[0].estimate > effect.estimate
    assert both[0].details["n_repeated"] == len(within.model.y)
    assert "overcorrects where replicates share a bias (same model, same prompt)" in both[0].note
    assert set(both[1].details) >= {"people_alone", "n_people", "machine_weight"}


def panel(within, columns=3):
    """Ratings by people of every video, and the sample whose rating is their rounded mean."""
    random = np.random.default_rng(9)
    true = within.sample.frame["unexpectedness"].to_numpy()
    scores = true[:, None] + random.normal(0, 12, (len(true), columns))
    people = [
        row(number, f"human/{rater}", "unexpectedness", float(score))
        for number, scored in zip(within.sample.frame["video_id"], scores, strict=True)
        for rater, score in zip("abc", scored, strict=False)
    ]
    frame = within.sample.frame.drop(columns="rater")
    frame = frame.assign(unexpectedness=scores.mean(axis=1).round())
    return people, replace(within, sample=replace(within.sample, frame=frame))


def test_people_who_differ_are_freed_of_their_own_error_and_others_are_told():
    within, effect, _, ana = sample()
    people, _ = panel(within)

    (several,) = ratio_corrections(within, [effect], ratings(people))
    (alone,) = ratio_corrections(within, [effect], ratings(ana))

    assert several.details["is_free_of_people_error"] and several.details["n_rated_twice"] > 300
    assert several.note.endswith("People's own random error is taken out too, by how they differ.")
    assert abs(several.estimate) > abs(several.details["with_people_error"])
    assert not alone.details["is_free_of_people_error"]
    assert "People's own random error is still in it" in alone.note


def test_a_person_who_rated_again_counts_as_people():
    within, effect, _, ana = sample()
    again = [{**of, "replicate": 1, "value": of["value"] + (-1) ** n} for n, of in enumerate(ana)]

    (correction,) = ratio_corrections(within, [effect], ratings([*ana, *again]))

    assert correction.details["n_rated_twice"] == correction.details["n_people"] > 200
    assert correction.details["people_reliability"] > 0.9


def test_where_the_rating_is_peoples_mean_it_is_freed_of_their_error():
    within, effect, records, _ = sample()
    people, own = panel(within)

    (correction,) = ratio_corrections(own, [effect], ratings(people))
    beside_a_machine = ratio_corrections(own, [effect], ratings([*people, *records]))

    assert correction.method == "disattenuated"
    assert correction.note.startswith("the ratings are people's")
    assert correction.details["n_repeated"] == len(within.model.y)
    assert [c.method for c in beside_a_machine] == ["disattenuated", "predict_then_debias"]
    named = replace(own, sample=replace(own.sample, frame=own.sample.frame.assign(rater=GEMINI)))
    assert [c.method for c in ratio_corrections(named, [effect], ratings(people))] == [
        "predict_then_debias"
    ]


def test_what_is_too_little_says_so_in_place_of_a_ratio():
    within, effect, _, people = sample()

    (correction,) = ratio_corrections(within, [effect], ratings(people[:9]))

    assert (correction.estimate, correction.uncorrected) == (None, effect.estimate)
    assert correction.note == (
        "people rated 9 videos that can be compared within creators; 30 are needed"
    )


def test_where_nothing_could_be_fitted_there_is_nothing_to_correct():
    within, effect, records, _ = sample()

    assert ratio_corrections(replace(within, model=None), [effect], ratings(records)) == []
