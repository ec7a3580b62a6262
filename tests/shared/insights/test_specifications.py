"""The specification curve: what it varies, and what it says where estimators disagree."""

import re

import numpy as np
import pandas as pd
import pytest

from shared.insights.equal_age import EqualAge
from shared.insights.headline import headline
from shared.insights.quality_gate import gate
from shared.insights.sample import questions, samples
from shared.insights.specification_words import signs_text
from shared.insights.specifications import (
    COUNT_MODEL,
    ESTIMATORS,
    RANKS,
    WITHIN,
    specifications,
)
from tests.insights_tables import COLLECTED, plan, table

COLUMNS = (
    "[video_id, creator, created_at, collected_at, views, duration_s, followers, language, "
    "rater, config_hash, sound, surprise]"
)
KEYS = {
    "columns": COLUMNS,
    "predictors": "[surprise]",
    "outcomes": "[views]",
    "primary": "{predictor: surprise, outcome: views, scale: count}",
    "exposure": "",
    "controls": "[duration_s, followers, age, language]",
    "calendar_weeks": "true",
}


def simpson(seed=1, n=400, creators=40, within=0.6, between=-2.0):
    """Surprise raises a creator's views; creators who surprise more are less famous."""
    draw = np.random.default_rng(seed)
    creator = np.arange(n) % creators
    level = draw.normal(size=creators)[creator]
    own = draw.normal(size=n)
    log_mean = 8 + within * own + between * level + 0.4 * draw.normal(size=n)
    ages = draw.uniform(10, 60, n)
    return pd.DataFrame(
        {
            "video_id": [str(7_300_000_000_000_000_001 + 7_919 * row) for row in range(n)],
            "creator": [f"creator {name}" for name in creator],
            "created_at": [COLLECTED - pd.Timedelta(days=age) for age in ages],
            "collected_at": [COLLECTED] * n,
            "views": draw.poisson(np.exp(log_mean)).astype(float),
            "duration_s": draw.uniform(5, 90, n),
            "followers": np.round(np.exp(9 + draw.normal(size=creators)[creator])),
            "language": [("en", "de", "es")[row % 3] for row in range(n)],
            "rater": ["gemini/a/1.0", "gemini/a/1.0", "signals/1"] * (n // 3)
            + ["signals/1"] * (n % 3),
            "config_hash": ["c" * 16, "d" * 16] * (n // 2),
            "sound": [f"sound {number}" for number in draw.integers(0, 60, n)],
            "surprise": 50 + 10 * own + 10 * level,
        }
    )


def ages_of(frame, share=1.0):
    rows = frame.iloc[: int(share * len(frame))]
    return [
        {"video_id": video, "age_days": 7.0, "views": views // 2}
        for video, views in zip(rows["video_id"], rows["views"], strict=True)
    ]


def curve_of(frame, ages=(), **changed):
    question_plan = plan(**(KEYS | changed))
    passed = gate(table(frame.to_dict("records"), question_plan), question_plan)
    ((sample, (question,)),) = samples(passed, question_plan, questions(question_plan, ()))
    equal_age = EqualAge.of(ages, question_plan)
    answer = headline(sample, question, question_plan, equal_age)
    return specifications(sample, question, question_plan, answer, equal_age), answer


@pytest.fixture(scope="module")
def curve():
    return curve_of(simpson())


def of_estimator(specifications_, estimator):
    return [spec for spec in specifications_ if spec.choices.estimator == estimator]


def options(specifications_, name):
    return {getattr(spec.choices, name) for spec in specifications_}


def test_in_a_simpson_world_the_estimators_differ_in_sign_and_the_text_says_so(curve):
    specs, _ = curve
    within, pooled = of_estimator(specs, WITHIN), of_estimator(specs, RANKS)

    assert all(spec.effect.ci_low > 0 for spec in within)
    assert all(spec.effect.estimate < 0 for spec in pooled)
    text = signs_text((s.choices.estimator, s.effect.estimate, s.effect.p) for s in specs)
    assert f"within creators, {len(within)} of {len(within)} say more and 0 fewer" in text
    assert re.search(rf"pooled ranks, 0 of {len(pooled)} say more and [1-9]\d* fewer", text)
    assert "The signs differ." in text


def test_where_all_agree_no_difference_is_claimed():
    specs, _ = curve_of(simpson(between=0.0))

    text = signs_text((s.choices.estimator, s.effect.estimate, s.effect.p) for s in specs)

    assert "differ" not in text


def test_exactly_the_headline_is_marked_and_has_its_numbers(curve):
    specs, answer = curve
    (marked,) = [spec for spec in specs if spec.is_headline]

    assert marked.effect == answer.effect("surprise")
    assert marked.choices.weeks == "calendar weeks"


def test_each_estimator_varies_what_it_rests_on(curve):
    specs, _ = curve
    within, pooled = of_estimator(specs, WITHIN), of_estimator(specs, COUNT_MODEL)

    assert options(specs, "estimator") == set(ESTIMATORS)
    assert options(within, "weeks") == {"calendar weeks", "no calendar weeks"}
    assert options(pooled, "weeks") == {"no calendar weeks"}
    for family in (within, pooled, of_estimator(specs, RANKS)):
        assert options(family, "controls") == {"all controls", "no controls"}
        assert options(family, "counts") == {"latest counts", "30 days or older"}
        assert options(family, "videos") >= {
            "all videos",
            "without the top 1% of views",
            "without the most influential creator",
            "more followers than most",
            "without language en",
        }
        assert options(family, "ratings") >= {
            "all ratings",
            "gemini/a/1.0 cccccccc",
            "gemini/a/1.0 dddddddd",
            "signals/1 cccccccc",
        }


def test_no_two_analyses_made_the_same_choices(curve):
    specs, _ = curve
    choices = [spec.choices for spec in specs]

    assert len(set(choices)) == len(choices) > 40


def test_estimates_ascend_within_each_estimator_in_their_order(curve):
    specs, _ = curve
    order = [ESTIMATORS.index(spec.choices.estimator) for spec in specs]

    assert order == sorted(order)
    for estimator in ESTIMATORS:
        estimates = [spec.effect.estimate for spec in of_estimator(specs, estimator)]
        assert estimates == sorted(estimates)


def test_counts_at_equal_age_are_an_option_and_the_headlines_where_it_uses_them():
    frame = simpson(n=200, creators=20)

    specs, answer = curve_of(frame, ages_of(frame), equal_age_days="7")

    assert answer.equal_age_days == 7
    assert "latest counts" in options(specs, "counts")
    (marked,) = [spec for spec in specs if spec.is_headline]
    assert marked.choices.counts == "counts at 7 days"
    assert marked.effect == answer.effect("surprise")


def test_shared_sounds_are_another_cluster():
    specs, answer = curve_of(simpson(n=200, creators=20), sound="sound")

    assert options(of_estimator(specs, WITHIN), "clusters") == {
        "by creator",
        "by creator and sound",
    }
    (marked,) = [spec for spec in specs if spec.is_headline]
    assert marked.choices.clusters == "by creator and sound"
    assert marked.effect == answer.effect("surprise")


def test_few_sounds_stay_in_the_model_of_the_marked_analysis():
    frame = simpson(n=200, creators=20)
    frame["sound"] = [f"sound {at % 2}" for at in range(len(frame))]

    specs, answer = curve_of(frame, sound="sound")

    assert answer.sounds_in_model
    (marked,) = [spec for spec in specs if spec.is_headline]
    assert marked.effect == answer.effect("surprise")


@pytest.mark.parametrize(("creators", "scope"), [(1, "account"), (3, "accounts")])
def test_few_accounts_have_analyses_within_them_alone(creators, scope):
    specs, answer = curve_of(simpson(n=60, creators=creators), controls="[duration_s]")

    assert answer.scope == scope
    assert options(specs, "estimator") == {WITHIN}
    assert sum(spec.is_headline for spec in specs) == 1


def test_a_part_with_few_accounts_says_how_it_was_analysed():
    specs, _ = curve_of(simpson(n=200, creators=14))
    halves = [s for s in of_estimator(specs, WITHIN) if "followers than most" in s.choices.videos]

    assert {(s.choices.weeks, s.choices.clusters) for s in halves} == {
        ("no calendar weeks", "by runs of videos")
    }
    choices = [spec.choices for spec in specs]
    assert len(set(choices)) == len(choices)


def test_a_choice_that_keeps_all_videos_is_no_choice(curve):
    """Every creator has ten videos."""
    assert "creators with 3 videos or more" not in options(curve[0], "videos")


@pytest.mark.parametrize(
    ("estimates", "differ"), [((-1, -2), False), ((1, 2), False), ((1, -2), True)]
)
def test_signs_differ_only_where_both_are_significant(estimates, differ):
    within, pooled = estimates

    text = signs_text([(WITHIN, within, 0.01), (RANKS, pooled, 0.01), (RANKS, -pooled, 0.2)])

    assert ("The signs differ." in text) == differ
