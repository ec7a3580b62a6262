"""What a judge's verdicts add up to, and what the judge is worth."""

from dataclasses import replace

import pytest

from shared.insights.agreement.grounding import MARGIN, JudgedScore, grounding
from tests.agreement_tables import GEMINI, ratings, row, video


def case(number, score, supported, cards=("meyer-1997",)):
    return JudgedScore(video(number), GEMINI, "unexpectedness", score, supported, cards)


def test_a_number_within_the_margin_of_what_the_words_support_is_consistent():
    cases = [case(0, 50, 50), case(1, 50, 50 + MARGIN), case(2, 50, 51 + MARGIN), case(3, 50, None)]

    (row,) = grounding("judge/m/1", ["m"], cases, {}, None).dimensions

    assert (row["consistent"]["estimate"], row["consistent"]["n"]) == (2 / 3, 3)
    assert row["silent"] == 1
    assert row["cards"] == {"meyer-1997": 4}


def test_the_judges_own_agreement_with_people_stands_beside_that_of_the_ratings():
    cases = [case(n, 50 + (n * 37) % 40, n * 2) for n in range(40)]
    people = [
        row(video(n), f"human/{who}", "unexpectedness", n * 2) for n in range(40) for who in "ab"
    ]

    (summary,) = grounding("judge/m/1", ["m"], cases, {}, ratings(people)).judge_with_people

    assert summary["judge_icc_a1"]["estimate"] == pytest.approx(1.0)
    assert summary["rating_icc_a1"]["estimate"] < 0.5
    assert summary["n"] == 40


def test_a_video_that_was_rated_several_times_counts_once():
    once = [case(n, 50 + (n * 37) % 40, n * 2) for n in range(40)]
    people = ratings([row(video(n), "human/a", "unexpectedness", n * 2) for n in range(40)])
    other = [replace(judged, rater="gemini/other/1.0") for judged in once]

    alone = grounding("j", ["m"], once, {}, people)
    many = grounding("j", ["m"], [*once, *once, *other], {}, people)

    assert many.judge_with_people[0] == alone.judge_with_people[0]
    assert [judged["rater"] for judged in many.judge_with_people] == [GEMINI, "gemini/other/1.0"]
    assert many.dimensions[0]["bias"] == alone.dimensions[0]["bias"]


def test_without_people_the_judge_is_not_measured():
    assert grounding("j", ["m"], [case(0, 1, 1)], {}, None).judge_with_people == ()


def test_verdicts_of_the_stand_in_are_marked():
    grounded = grounding("j", ["gemini-3.5-flash-lite-stand-in"], [case(0, 1, 1)], {}, None)

    assert grounded.stand_in and grounded.document()["stand_in"]
