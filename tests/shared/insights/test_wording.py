"""The answer claims only an association, and each warning appears when it applies."""

import re
from dataclasses import replace
from functools import cache

import pandas as pd
import pytest

from shared.insights.agreement.long_table import RatingsBuilder
from shared.insights.analysis import analyse
from shared.insights.needed_videos import RatioPower, ratio_power
from shared.insights.needed_words import needed_sentence
from shared.insights.number_words import decimals, p_value, ratio_text, share_text
from shared.insights.predictor_steps import step_of
from shared.insights.result import Insights
from shared.insights.wording import answer, finding, pooled
from tests.insights_tables import ONE_OUTCOME, plan, rows, table

FORBIDDEN = re.compile(r"\b(driv\w+|caus\w+|because|impact\w*|leads? to|effects? of)\b", re.I)
FULL = plan(
    columns=(
        "[video_id, creator, created_at, collected_at, views, likes, synthetic, rater, "
        "unexpectedness, emotional_intensity]"
    ),
    predictors="[unexpectedness, emotional_intensity]",
    **ONE_OUTCOME,
    controls="[age]",
    sampling_frame="Every public post of these creators in May 2026.",
)


def insights_of(analysis_plan=FULL, of=None, every=None, **options) -> Insights:
    """An analysis of good rows, every one changed by `every`."""
    if analysis_plan is FULL and of is None and every is None:
        return of_good_rows(**options)
    return analysed(analysis_plan, of, every, **options)


@cache
def of_good_rows(**options) -> Insights:
    """Many tests compare with them."""
    return analysed(FULL, None, None, **options)


def analysed(analysis_plan, of, every, **options) -> Insights:
    good = [row | {"synthetic": False, "rater": "human/a"} for row in of or rows(**options)]
    for number, row in enumerate(good):
        row |= every(number, row) if every else {}
    return analyse(table(good, analysis_plan), analysis_plan)


def warned(text: str, **options) -> bool:
    return any(text in warning for warning in insights_of(**options).warnings)


def test_a_significant_association_comes_with_its_interval_and_limits():
    sentence = answer(insights_of())

    assert re.match(
        r"Among videos of the same creator, videos 10 points higher in unexpectedness had 1\.\d\d "
        r"times the views \(95 % interval 1\.\d\d to 1\.\d\d, p (= \.\d+|< \.001)\)\. "
        r"It rests on 240 videos of 24 creators\. It descr",
        sentence,
    )
    assert sentence.endswith("what would happen if a video were made differently.")


def test_a_negative_association_is_a_ratio_below_one():
    assert re.search(r"had 0\.\d\d times the views", answer(insights_of(slope=-0.6)))


def test_no_finding_is_not_evidence_of_no_association():
    assert "which does not show that there is none" in answer(insights_of(slope=0.0, seed=4))


def test_a_rate_names_its_exposure():
    analysis_plan = plan(primary="{predictor: unexpectedness, outcome: likes, scale: rate}")

    def liked(number, row):
        return {"likes": int(row["views"] * row["unexpectedness"] / 200)}

    assert "times the likes per views" in answer(insights_of(analysis_plan, every=liked))


def test_a_rate_per_age_is_per_day():
    analysis_plan = plan(
        columns="[creator, created_at, collected_at, views, likes, unexpectedness]",
        exposure="{views: age}",
        primary="{predictor: unexpectedness, outcome: views, scale: rate}",
    )

    assert "times the views per day" in answer(insights_of(analysis_plan))


def test_without_a_primary_no_effect_is_picked_afterwards():
    assert answer(insights_of(plan(primary=""))).startswith("No primary question was declared")


def test_the_pooled_correlation_says_that_it_compares_creators_too():
    assert re.match(
        r"Pooled over all creators, which compares creators with each other too: Spearman's ρ = ",
        pooled(insights_of()),
    )


def test_when_nothing_is_found_the_needed_videos_come_first():
    sentence = answer(insights_of(slope=0.0, seed=4))

    assert re.match(
        r"These 240 videos of 24 creators could have shown a ratio of 1\.\d\d or more; a ratio of "
        r"1\.10 takes about [\d,]+ videos like these\. No association of ",
        sentence,
    )


def test_a_rater_of_signals_is_said_to_know_no_meaning():
    measured = insights_of(every=lambda number, row: {"rater": "signals/3"})

    assert "unexpectedness (change of picture and sound) had" in answer(measured)
    assert "It does not know what they mean." in answer(measured)
    assert "does not know" not in answer(insights_of())


def test_ratings_that_no_person_checked_say_so():
    sentence = "No person has validated these ratings."
    rated = [row | {"rater": "gemini/m/1.0", "synthetic": False} for row in rows()]
    people = RatingsBuilder()
    people.add(rated[0]["video_id"], "human/ana", "unexpectedness", 70.0)

    assert sentence in answer(analyse(table(rated, FULL), FULL))
    assert sentence not in answer(analyse(table(rated, FULL), FULL, ratings=people.ratings()))
    assert sentence not in answer(insights_of())  # people rated these


def test_yes_and_no_are_compared_as_such():
    step = step_of(pd.Series([0, 1, 1, 0]), "is_prank")

    assert (step.size, step.videos) == (1.0, "videos with is prank")
    assert step_of(pd.Series([3.0, 80.0]), "score").size == 10.0
    assert step_of(pd.Series([0.1, 0.5]), "share").size == pytest.approx(0.283, abs=0.001)


@pytest.mark.parametrize("slope", [0.5, 0.0, -0.5])
def test_no_sentence_claims_more_than_an_association(slope):
    insights = insights_of(
        slope=slope, n=120, creators=10, every=lambda n, row: {"synthetic": n % 2 == 0}
    )
    sentences = [answer(insights), pooled(insights) or "", *insights.warnings]

    assert [sentence for sentence in sentences if FORBIDDEN.search(sentence)] == []


@pytest.mark.parametrize(
    ("value", "text"), [(0.123, ".12"), (-0.0567, "−.057"), (1.0, "1.00"), (-0.5, "−.50")]
)
def test_correlations_are_written_without_a_leading_zero(value, text):
    assert decimals(value) == text


def test_a_small_p_is_not_written_as_zero():
    assert (p_value(1e-9), p_value(0.0421), p_value(None)) == ("p < .001", "p = .042", "no p")


def test_rounding_does_not_move_a_number_onto_the_border():
    assert (ratio_text(0.9987), ratio_text(1.0004), ratio_text(1.0)) == ("0.999", "1.0004", "1.00")
    assert (ratio_text(1.234), ratio_text(123.4), ratio_text(0.0123)) == ("1.23", "123", "0.0123")
    assert (ratio_text(1234), ratio_text(0.05), ratio_text(1e-5)) == ("1,230", "0.05", "0.00001")
    assert (p_value(0.0497), p_value(0.0502)) == ("p = .0497", "p = .050")


def test_a_good_sample_has_no_warnings():
    assert insights_of(n=1_200, creators=60).warnings == ()


def test_the_first_warning_is_about_synthetic_rows():
    insights = insights_of(every=lambda number, row: {"synthetic": True})
    mixed = insights_of(every=lambda number, row: {"synthetic": number < 10})

    assert insights.warnings[0] == "All of the 240 videos are synthetic: nobody watched them."
    assert insights.document()["synthetic"] is True
    assert mixed.warnings[0].startswith("10 synthetic videos are set aside: no figure rests on")
    assert mixed.document()["synthetic"] is insights_of().document()["synthetic"] is False


def test_cautions_come_in_the_order_of_their_gravity():
    def spoiled(number, row):
        return {
            "synthetic": number in (5, 6),
            "rater": f"human/{number % 2}",
            "created_at": f"2026-05-{1 + row['unexpectedness'] // 5:02d}",
            "emotional_intensity": 50 if number % 2 else row["emotional_intensity"],
            "unexpectedness": -99 if number < 3 else row["unexpectedness"],
        }

    warnings = insights_of(every=spoiled).warnings

    parts = ("2 synthetic", "raters are mixed", "rated higher", "hold -99", "intensity is 50 in")
    places = [next(at for at, text in enumerate(warnings) if part in text) for part in parts]
    assert places == sorted(places) and places[0] == 0


def test_a_trending_frame_is_selection_on_the_outcome():
    analysis_plan = FULL.model_copy(update={"sampling_frame": "The Trending page of June"})

    assert warned("selected on the outcome", analysis_plan=analysis_plan)
    assert not warned("selected on the outcome")


def test_a_missing_sampling_frame_gets_a_warning():
    assert warned("does not say how the videos were sampled", analysis_plan=plan())
    assert not warned("does not say how the videos were sampled")


def test_few_creators_get_a_warning():
    assert warned("only 24 creators")
    assert not warned("only", n=400, creators=40)


def test_a_small_sample_says_what_it_could_find():
    assert warned("The sample is small: 60 videos", n=60, creators=10)
    assert not warned("The sample is small", n=1_200, creators=60)


def test_mixed_ages_get_a_warning_unless_age_is_a_control():
    analysis_plan = FULL.model_copy(update={"controls": {}, "min_age_days": 0.0})

    def aged(number, row):
        return {"created_at": "2026-01-01" if number % 2 else "2026-05-20"}

    assert warned("Ages are mixed, from 12 to 151 days", analysis_plan=analysis_plan, every=aged)
    assert not warned("Ages are mixed", every=aged)


def test_young_videos_get_a_warning():
    def young(number, row):
        return {"created_at": "2026-05-30"} if number % 2 else {}

    assert warned("120 videos were younger than 7 days", every=young)


def test_heaped_ratings_get_a_warning():
    def heaped(number, row):
        return {"unexpectedness": row["unexpectedness"] // 5 * 5}

    assert warned("Unexpectedness is heaped: 100% of its values are multiples of 5", every=heaped)
    assert not warned("is heaped")


@pytest.mark.parametrize(("every", "is_rare"), [(10, True), (2, False)])
def test_a_rare_yes_or_no_gets_a_warning(every, is_rare):
    def yes(number, row):
        return {"emotional_intensity": int(number % every == 0)}

    sentence = "emotional_intensity is a yes or no that few videos have"
    assert warned(sentence, every=yes, n=400, creators=40) == is_rare


def test_a_halo_gets_a_warning():
    def same(number, row):
        return {"emotional_intensity": row["unexpectedness"] + number % 2}

    assert warned("(halo)", every=same)
    assert not warned("(halo)")


def test_rounded_counts_get_a_warning():
    assert warned("10 rows have rounded counts", every=lambda n, row: _short(row) if n < 10 else {})
    assert warned("they look rounded", every=lambda n, row: {"views": 1_200_000 + 100 * n})


def _short(row) -> dict:
    return {"views": f"{max(row['views'], 2_000) / 1_000:.1f}K", "likes": 1}


def test_a_broken_month_gets_a_warning():
    def broken(number, row):
        return {"created_at": "2026-03-03", "likes": 10**8} if number < 60 else {}

    assert warned("Impossible counts are frequent in 2026-03 (100%)", every=broken)


def test_mixed_raters_get_a_warning():
    assert warned("Ratings of 2 raters are mixed", every=lambda n, row: {"rater": f"human/{n % 2}"})


def test_many_missing_values_get_a_warning():
    def missing(number, row):
        return {"unexpectedness": None} if number % 3 == 0 else {}

    assert warned("80 of 240 rows lack a value", every=missing)


def test_a_column_without_values_is_left_out_with_a_warning():
    assert warned(
        "Left out, because they have no values: emotional_intensity",
        every=lambda number, row: {"emotional_intensity": None},
    )


def test_a_ratio_without_a_bounded_interval_is_still_named():
    dated = plan(columns="[video_id, creator, created_at, views, likes, unexpectedness]")

    insights = insights_of(dated, n=20, creators=1)

    assert insights.primary.ci_low is None or insights.primary.ci_high is None
    open_ended = r"reached \d\.\d+ times the views, but the interval has an open end \(p"
    assert re.search(open_ended, answer(insights))


def test_a_pair_of_one_creator_among_many_is_no_answer_about_that_creator():
    """Two videos that happen to be of one creator must not stand for 240 videos."""

    def pair(number, row):
        return {"creator": f"creator {max(number, 1)}"}

    sentence = answer(insights_of(plan(), every=pair))

    assert "videos of different creators (those of one creator cannot be compared)" in sentence
    assert "240 videos of 239 creators" in sentence and "this account" not in sentence


def test_creators_with_one_video_each_are_said_to_have_one():
    def single(number, row):
        return {"creator": f"creator {number}"}

    assert "none has two to compare" in answer(insights_of(plan(), every=single))


def test_an_answer_from_few_creators_with_several_videos_is_about_them():
    """Three of 63 creators have several videos: they are compared, and the sentence says so."""

    def mostly_single(number, row):
        return {"creator": f"creator {number if number < 60 else number % 3}"}

    sentence = answer(insights_of(plan(), every=mostly_single))

    assert "Within these 3 accounts" in sentence and "hold" in sentence
    assert "180 videos of 3 creators" in sentence or "183 videos of 3 creators" in sentence


def power(smallest: float, needed: int) -> RatioPower:
    return RatioPower(10.0, smallest, ((1.1, needed),))


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (power(1.30, 1234), "ratio of 1.30 or more; a ratio of 1.10 takes about 1,200 videos like"),
        (power(1.04, 20), "ratio of 1.04 or more, so they are enough for a ratio of 1.10."),
        (power(1.0001, 20), "ratio of 1.0001 or more, so they are enough"),
        (power(4e8, 10**11), "ratio of more than 100; a ratio of 1.10 takes more than 10,000,000"),
        (None, "These 40 videos say little: the interval does not tell how many it would take."),
    ],
)
def test_the_number_of_videos_needed_is_one_that_means_something(result, text):
    assert text in needed_sentence(result, "40 videos")


def test_no_fewer_videos_are_said_to_be_needed_than_an_analysis_takes():
    effect = replace(insights_of().primary, ci_low=0.0009, ci_high=0.001)

    assert {videos for _, videos in ratio_power(effect, 10.0).needed} == {20}


def test_a_model_that_was_not_fitted_gives_its_reason_once():
    insights = insights_of()
    primary = replace(
        insights.primary, estimate=None, p=None, note="not fitted: the rating is constant."
    )

    sentence = finding(replace(insights, primary=primary))

    assert sentence.endswith(
        "is not estimable from 240 videos of 24 creators: the rating is constant."
    )


@pytest.mark.parametrize(("share", "text"), [(0.034, "3.4 %"), (0.108, "11 %"), (0.0, "0.0 %")])
def test_shares_are_written_like_other_percentages(share, text):
    assert share_text(share) == text
