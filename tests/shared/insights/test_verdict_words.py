"""The first screen in sentences, and the paragraph on the method."""

from dataclasses import replace
from functools import cache

import pytest

from shared.insights.analysis import analyse
from shared.insights.caution import Caution
from shared.insights.method_words import methods_paragraph
from shared.insights.result import Insights
from shared.insights.verdict_words import COLLECT, LOOK, OWN, PEOPLE, TEST, verdict_sentences
from tests.insights_tables import ONE_OUTCOME, plan, rows, table

PLAN = plan(
    columns="[video_id, creator, created_at, collected_at, views, likes, synthetic, rater, "
    "unexpectedness]",
    predictors="[unexpectedness]",
    **ONE_OUTCOME,
    sampling_frame="Every public post of these creators in May 2026.",
)


@cache
def insights_of(**options) -> Insights:
    rater, synthetic = options.pop("rater", "gemini/a/1.0"), options.pop("synthetic", False)
    videos = [row | {"synthetic": synthetic, "rater": rater} for row in rows(**options)]
    return analyse(table(videos, PLAN), PLAN)


def without_cautions(insights: Insights) -> Insights:
    return replace(insights, cautions=())


def test_a_finding_is_a_yes_with_its_ratio_and_how_sure_it_is():
    words = verdict_sentences(without_cautions(insights_of()))

    assert words["short"].startswith("Yes. Among videos of the same creator, videos 10 points")
    assert words["short"].endswith("times the views.")
    assert "95 % interval" in words["sure"]
    assert "No person has validated these ratings." in words["sure"]
    assert words["next"] == PEOPLE


def test_fewer_is_a_no():
    insights = insights_of()
    primary = insights.primary
    turned = replace(
        primary,
        estimate=-primary.estimate,
        ci_low=-primary.ci_high,
        ci_high=-primary.ci_low,
    )

    assert verdict_sentences(replace(insights, primary=turned))["short"].startswith(
        "No, with fewer. Among videos of the same creator"
    )


def test_too_few_videos_say_how_many_it_takes():
    words = verdict_sentences(insights_of(n=60, slope=0.0, seed=4))

    assert words["short"].startswith("Can’t tell yet. It takes about ")
    assert words["short"].endswith("to see 10 % more or fewer views, and there are 60.")
    assert words["next"] == COLLECT


def test_enough_videos_without_an_association_say_probably_not():
    insights = insights_of(n=60, slope=0.0, seed=4)
    narrow = replace(insights.primary, ci_low=-0.002, ci_high=0.002, p=0.8, estimate=0.0)

    assert verdict_sentences(replace(insights, primary=narrow))["short"].startswith(
        "Probably not by much. These 60 videos would have shown 10 % more or fewer views"
    )


def test_a_caution_about_the_answer_comes_before_all_other_steps():
    doubtful = replace(insights_of(), cautions=(Caution("The sample is odd.", "answer"),))

    words = verdict_sentences(doubtful)

    assert words["next"] == LOOK
    assert "1 caution below could change the answer." in words["sure"]
    harmless = replace(insights_of(), cautions=(Caution("It is small.", "certainty"),))
    assert verdict_sentences(harmless)["next"] == PEOPLE


def test_ratings_by_people_leave_an_experiment_to_do():
    assert verdict_sentences(without_cautions(insights_of(rater="human/ana")))["next"] == TEST


def test_made_up_videos_lead_to_own_ones():
    assert verdict_sentences(insights_of(synthetic=True))["next"] == OWN


def test_a_plan_without_a_question_has_no_answer():
    words = verdict_sentences(replace(insights_of(), primary=None))

    assert "no main question" in words["short"]


def test_the_methods_paragraph_has_the_numbers_of_the_analysis():
    insights = insights_of()
    retest = {"gemini/a/1.0": {"estimate": 0.87, "ci_low": 0.8, "ci_high": 0.92}}

    paragraph = methods_paragraph(insights, {"unexpectedness": {"retest": retest}})

    assert f"comprised {insights.primary.n:,} TikTok videos by" in paragraph
    assert "Every public post of these creators in May 2026" in paragraph
    assert "ICC(A,1) = .87, 95% CI [.80, .92]" in paragraph
    assert insights.plan_hash in paragraph
    assert "times the views, 95% CI [" in paragraph
    assert "observational" in paragraph


@pytest.mark.parametrize("synthetic", [True, False])
def test_the_methods_paragraph_says_that_data_are_made_up(synthetic):
    paragraph = methods_paragraph(insights_of(synthetic=synthetic))

    assert ("All data are synthetic" in paragraph) == synthetic


def test_cautions_are_ranked_by_what_they_change():
    changes = [caution.changes for caution in insights_of(n=60, slope=0.0, seed=4).cautions]

    assert changes == sorted(changes, key=["answer", "certainty", "figures"].index)
    assert len(set(changes)) > 1
