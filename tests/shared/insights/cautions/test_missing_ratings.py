"""Ratings that are missing for a reason get a caution, and ratings missing by chance hardly any."""

from dataclasses import replace

import numpy as np
import pytest

from shared.insights.analysis import analyse
from shared.insights.cautions.missing import selective_ratings
from shared.insights.missing_ratings import missing_ratings
from shared.insights.quality_gate import gate
from tests.insights_tables import plan, table
from tests.refusals import FULL, PLAN, refused_videos, share_with_caution

RUNS = [8, pytest.param(40, marks=pytest.mark.campaign)]
"""`python -m tests.refusals RUNS` runs as many of each world, with 20 to 300 creators."""


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("creators", [20, 45])
def test_refusals_of_the_surprising_and_successful_carry_their_caution(creators, runs):
    assert share_with_caution(creators, selective=True, runs=runs) >= 0.95


@pytest.mark.campaign
@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("creators", [20, 45])
def test_refusals_by_chance_rarely_do(creators, runs):
    # With a share of .05, three or more of 8 and seven or more of 40 have a chance below .006.
    assert share_with_caution(creators, selective=False, runs=runs) <= (2 + runs / 10) / runs


def missing(of, analysis_plan=PLAN):
    return missing_ratings(gate(table(of, analysis_plan), analysis_plan), analysis_plan)


def test_the_sentence_counts_compares_and_says_what_to_do():
    (sentence,) = selective_ratings(missing(refused_videos(45, selective=True, run=1)))

    assert sentence.startswith("76 of 315 videos (24%) have no rating (refused 76), and ")
    assert "times the views of the rated videos of their creators (p < .001)" in sentence
    assert "Rated like their creators' other videos, they leave " in sentence
    assert " points more, " in sentence and sentence.endswith("(tta rate-kit).")


def test_unrated_videos_take_no_part_in_the_analysis_and_stand_in_the_document():
    of = refused_videos(45, selective=True, run=1)
    rated = [row for row in of if row["rating_status"] == "rated"]

    whole, without = (analyse(table(some, PLAN), PLAN) for some in (of, rated))

    assert whole.primary == without.primary
    assert without.missing_ratings is None and without.document()["missing_ratings"] is None
    document = whole.document()["missing_ratings"]
    assert (document["unrated"], document["videos"]) == (76, 315)
    assert document["statuses"] == {"refused": 76}
    assert document["tipping"]["changes"] and document["gap"]["ratio"] > 1
    assert any("not missing at random" in warning for warning in whole.warnings)


def test_an_empty_rating_counts_as_missing_without_a_status():
    of = [row | {"rating_status": "rated"} for row in refused_videos(45, selective=True, run=1)]
    bare = plan(columns="[video_id, creator, views, likes, unexpectedness]")

    assert missing(of).statuses == {"without a rating": 76}
    assert missing(of, bare).statuses == {"without a rating": 76}


def test_what_another_rule_drops_is_not_a_missing_rating():
    of = refused_videos(45, selective=True, run=1)
    refused = [row for row in of if row["rating_status"] == "refused"]
    for row, change in zip(
        refused,
        (
            {"views": None},
            {"creator": None},
            {"views": 3, "likes": 4},
            {"rating_status": "made_up"},
        ),
        strict=False,
    ):
        row |= change

    assert missing(of).unrated == 76 - 4


def test_controls_and_other_ratings_are_in_the_model():
    of = refused_videos(45, selective=True, run=1)
    random = np.random.default_rng(1)
    for row in of:
        other = int(random.integers(0, 101)) if row["rating_status"] == "rated" else None
        row |= {"emotional_intensity": other, "followers": int(random.integers(1, 10**6))}

    two_ratings = FULL.model_copy(update={"controls": {}})

    assert missing(of, FULL).unrated == 76
    assert len({repr(missing(of, each).tipping) for each in (PLAN, two_ratings, FULL)}) == 3
    # An unknown rating is a mean: as 0 it would explain what sets the unrated apart.
    assert missing(of, FULL).gap.ratio == pytest.approx(missing(of).gap.ratio, rel=0.2)


def test_calendar_weeks_and_an_exposure_are_in_the_model_where_the_plan_has_them():
    of = refused_videos(45, selective=True, run=1)
    for at, row in enumerate(of):
        row |= {"created_at": f"2026-05-{1 + at % 28:02d}", "likes": row["views"] // (2 + at % 9)}
    columns = "[video_id, creator, created_at, views, likes, unexpectedness, rating_status]"
    weekly = plan(columns=columns, calendar_weeks="true")
    rate = plan(columns=columns, primary="{predictor: unexpectedness, outcome: likes, scale: rate}")

    assert missing(of, weekly).unrated == 76
    assert missing(of, weekly).tipping != missing(of).tipping
    assert missing(of, rate).unrated == 76
    assert 0.7 < missing(of, rate).gap.ratio < 1.4  # more likes, as many per view


def test_few_unrated_videos_matter_only_where_they_could_change_the_finding():
    few = missing(refused_videos(45, selective=True, run=1, share=0.02))
    harmless = replace(few, tipping=replace(few.tipping, changes=()))

    assert few.unrated == 7 and few.tipping.changes
    assert len(list(selective_ratings(few))) == 1
    assert list(selective_ratings(harmless)) == []
    (sentence,) = selective_ratings(replace(harmless, unrated=100))
    assert "No rating that they could all share would change the finding." in sentence


def test_without_a_primary_or_an_unrated_video_there_is_nothing_to_compare():
    of = refused_videos(45, selective=True, run=1)

    assert missing(of, plan(primary="", columns=PLAN_COLUMNS)) is None
    assert missing([row for row in of if row["rating_status"] == "rated"]) is None


PLAN_COLUMNS = "[video_id, creator, views, likes, unexpectedness, rating_status]"


AT_A_WEEK = plan(
    columns="[video_id, creator, views, likes, unexpectedness, rating_status]", equal_age_days="7"
)


def readings(of: list[dict], views) -> list[dict]:
    """Counts at seven days, as the view kpis_at_age has them."""
    return [
        {"video_id": row["video_id"], "age_days": 7.0, "views": views(row), "likes": 0}
        for row in of
    ]


def test_missing_ratings_are_judged_by_the_counts_of_the_headline():
    """The latest counts of the refused videos are high, those at equal age are not."""
    of = refused_videos(45, selective=True, run=1)
    chance = {row["video_id"]: row["views"] for row in refused_videos(45, selective=False, run=1)}
    ages = readings(of, lambda row: chance[row["video_id"]])

    latest = analyse(table(of, AT_A_WEEK), AT_A_WEEK).missing_ratings
    at_a_week = analyse(table(of, AT_A_WEEK), AT_A_WEEK, ages=ages).missing_ratings

    shuffled = [row | {"views": chance[row["video_id"]]} for row in of]
    expected = missing(shuffled, AT_A_WEEK)
    assert at_a_week.gap == expected.gap != latest.gap
    assert at_a_week.tipping == expected.tipping != latest.tipping


def test_unrated_videos_without_the_counts_of_the_headline_say_nothing():
    of = refused_videos(45, selective=True, run=1)
    rated = [row for row in of if row["rating_status"] == "rated"]

    result = analyse(
        table(of, AT_A_WEEK), AT_A_WEEK, ages=readings(rated, lambda row: row["views"])
    ).missing_ratings

    assert (result.unrated, result.gap, result.tipping) == (76, None, None)
