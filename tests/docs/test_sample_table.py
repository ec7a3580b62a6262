"""The table of the analyst's tutorial: made by a seed, labelled, with an effect and a trap."""

import csv
from math import exp

import pytest

from scripts.sample_table import ACCOUNTS, LOG_VIEWS_PER_10_POINTS, TABLE, sample_table
from shared.insights.analysis import analyse
from shared.insights.plan_file import read_plan
from shared.insights.table.recognised import read_videos

STEP = 10
"""Points of a step: effects are per point, and the planted effect is for 10."""


@pytest.fixture(scope="module")
def result():
    plan = read_plan(TABLE.with_name("plan.yaml"))
    return analyse(read_videos(TABLE, plan.table_schema), plan)


@pytest.fixture(scope="module")
def videos():
    return list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))


def test_the_stored_table_is_what_the_command_makes():
    assert TABLE.read_text(encoding="utf-8") == sample_table()


def test_every_row_says_that_it_is_synthetic(videos):
    assert {video["synthetic"] for video in videos} == {"true"}
    assert all(video["Video title"].startswith("Synthetic video") for video in videos)


def test_the_table_has_forty_accounts_and_some_hundreds_of_videos(videos):
    accounts = {video["Video link"].split("/")[3] for video in videos}

    assert len(accounts) == ACCOUNTS
    assert 300 <= len(videos) <= 600
    assert len({video["Video link"] for video in videos}) == len(videos)


def test_the_answer_within_creators_holds_the_planted_effect_and_not_none(result):
    low, high = STEP * result.primary.ci_low, STEP * result.primary.ci_high

    assert 0 < low < LOG_VIEWS_PER_10_POINTS < high
    assert exp(high) < 1.3


def test_a_comparison_over_all_videos_shows_the_opposite(result):
    pooled = next(
        effect
        for effect in result.effects
        if (effect.method, effect.outcome, effect.scale) == ("spearman", "views", "count")
    )

    assert pooled.ci_high < 0
    assert {each.difference for each in result.disagreements} == {"opposite"}


def test_likes_follow_from_views_alone(result):
    rate = next(
        effect
        for effect in result.effects
        if (effect.method, effect.outcome, effect.scale) == ("ppml", "likes", "rate")
    )

    assert rate.ci_low < 0 < rate.ci_high
