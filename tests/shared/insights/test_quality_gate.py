"""The quality gate: the rows that each rule drops, and the names they count under."""

import pytest

from shared.insights.quality_gate import Gate, TooLittle, gate
from shared.model import UNKNOWN_CREATOR
from tests.insights_tables import plan, rows, table

ALL = plan(
    columns=(
        "[video_id, creator, created_at, collected_at, views, likes, comments, followers, "
        "duration_s, language, synthetic, rating_status, unexpectedness]"
    ),
    controls="[followers, duration_s]",
    min_age_days="7",
)
STAR_SCHEMA = (
    "[video_id, user_key, created_at, collected_at, views, likes, comments, followers, "
    "synthetic, rating_status, unexpectedness]"
)
GOOD = {"synthetic": False, "rating_status": "rated"}


def gated(changed=None, analysis_plan=ALL, at=(3,)) -> Gate:
    """The gate after a change to some of 60 good rows."""
    of = [row | GOOD for row in rows(60)]
    for index in at:
        of[index] |= changed or {}
    return gate(table(of, analysis_plan), analysis_plan)


def test_good_rows_pass_whole():
    assert gated().dropped == {}
    assert len(gated().frame) == 60


@pytest.mark.parametrize(
    ("rule", "changed"),
    [
        ("likes_exceed_views", {"views": 10, "likes": 11, "comments": 0}),
        ("comments_exceed_views", {"views": 10, "likes": 1, "comments": 11}),
        ("negative_count", {"likes": -1}),
        ("future_created_at", {"created_at": "2027-01-01"}),
        ("created_after_collected", {"created_at": "2026-05-20", "collected_at": "2026-05-01"}),
        ("too_young", {"created_at": "2026-05-26"}),
        ("unknown_age", {"created_at": None}),
        ("not_rated", {"rating_status": "refused", "unexpectedness": None}),
        ("missing_predictor", {"unexpectedness": None}),
        ("missing_outcome", {"views": None}),
        ("missing_control", {"followers": None}),
        ("control_without_log", {"duration_s": 0}),
        ("unknown_creator", {"creator": "unknown"}),
        ("unknown_creator", {"creator": None}),
    ],
)
def test_a_rule_drops_its_row_and_no_other(rule, changed):
    assert gated(changed).dropped == {rule: 1}
    assert 3 not in gated(changed).frame.index


def test_the_unknown_member_of_the_star_schema_is_no_creator():
    by_key = plan(columns=STAR_SCHEMA, cluster="user_key")
    of = [{**row, "user_key": row["creator"]} | GOOD for row in rows(60)]
    of[3]["user_key"] = UNKNOWN_CREATOR

    assert gate(table(of, by_key), by_key).dropped == {"unknown_creator": 1}


def test_as_many_likes_as_views_are_possible():
    assert gated({"views": 10, "likes": 10, "comments": 10}).dropped == {}


def test_a_row_is_counted_once_under_the_first_rule():
    assert gated({"likes": -1, "views": -2, "unexpectedness": None}).dropped == {
        "negative_count": 1
    }


def test_of_two_rows_of_a_video_the_later_one_stays():
    of = [row | GOOD for row in rows(60)]
    of.append(of[0] | {"collected_at": "2026-05-31T00:00:00Z", "views": 10**6})

    result = gate(table(of, ALL), ALL)

    assert result.dropped == {"duplicate_video": 1}
    assert 0 in result.frame.index and 60 not in result.frame.index


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("{language: en}", 20),
        ("{language: [en, de]}", 40),
        ("{language: xx, views: {min: 0}}", 0),
        ("{duration_s: {min: 0, max: 1000}}", 60),
        ("{age: {max: 0}}", 0),
    ],
)
def test_a_filter_keeps_matching_rows(condition, expected):
    analysis_plan = ALL.model_copy(update={"filters": plan_filters(condition)})
    try:
        count = len(gated(analysis_plan=analysis_plan).frame)
    except TooLittle:
        count = 0

    assert count == expected


def plan_filters(condition: str):
    columns = (
        "[creator, created_at, collected_at, views, likes, duration_s, language, unexpectedness]"
    )
    return plan(columns=columns, filters=condition).filters


def test_what_a_filter_drops_is_counted_under_its_name():
    analysis_plan = ALL.model_copy(update={"filters": plan_filters("{language: [en, de]}")})

    assert gated(analysis_plan=analysis_plan).dropped == {"filter:language": 20}


def test_a_filtered_row_does_not_drop_another_row_of_its_video():
    analysis_plan = plan(
        columns="[video_id, creator, rater, views, likes, unexpectedness]", filters="{rater: B}"
    )
    of = [row | {"rater": rater} for row in rows(60) for rater in "AB"]

    result = gate(table(of, analysis_plan), analysis_plan)

    assert result.dropped == {"filter:rater": 60}
    assert set(result.frame["rater"]) == {"B"}


def test_synthetic_rows_are_set_aside_and_counted_nowhere_else():
    result = gated({"synthetic": True, "likes": -1}, at=(3, 4))

    assert (result.synthetic, len(result.frame), result.rows) == (0, 58, 58)
    assert (result.kind.set_aside, result.dropped) == (2, {})
    assert sum(rows for rows, _ in result.months.values()) == 58
    assert result.document()["set_aside"] == {"synthetic": 2}


def test_rounded_rows_are_counted_and_kept():
    result = gated({"views": "541.2K"}, at=(3, 4))

    assert (result.rounded, len(result.frame)) == (2, 60)


@pytest.mark.parametrize(
    ("column", "changed", "rule"),
    [
        ("rating_status", {"rating_status": "refused"}, "not_rated"),
        ("video_id", {"video_id": "7300000000000000001"}, "duplicate_video"),
        ("comments", {"comments": 10**9}, "comments_exceed_views"),
    ],
)
def test_a_rule_is_off_when_the_plan_does_not_name_its_column(column, changed, rule):
    without = {name: at for name, at in ALL.columns.items() if name != column}
    analysis_plan = ALL.model_copy(update={"columns": without})

    assert gated(changed).dropped == {rule: 1}
    assert gated(changed, analysis_plan).dropped == {}


def test_without_min_age_days_no_video_is_too_young():
    analysis_plan = ALL.model_copy(update={"min_age_days": None})

    assert gated({"created_at": "2026-05-31"}, analysis_plan).dropped == {}


def test_a_missing_second_outcome_drops_no_row():
    result = gated({"likes": None})

    assert result.dropped == {}
    assert result.missing == {"likes": 1}


def test_a_primary_rate_needs_an_exposure_in_every_row():
    analysis_plan = plan(primary="{predictor: unexpectedness, outcome: likes, scale: rate}")

    assert gated({"views": 0, "likes": 0}, analysis_plan).dropped == {"no_exposure": 1}


def test_months_tell_when_counts_were_impossible():
    result = gated({"created_at": "2026-04-10", "likes": 10**9}, at=range(30))

    assert result.months["2026-04"][1] == 30
    assert sum(bad for _, bad in result.months.values()) == 30


def test_a_predictor_without_any_value_is_left_out():
    analysis_plan = plan(
        columns="[creator, views, likes, unexpectedness, emotional_intensity]",
        predictors="[unexpectedness, emotional_intensity]",
    )

    result = gated({"emotional_intensity": None}, analysis_plan, at=range(60))

    assert (result.left_out, result.dropped) == (("emotional_intensity",), {})


def test_a_primary_predictor_without_any_value_ends_the_analysis():
    with pytest.raises(TooLittle, match="unexpectedness, which the primary question is about"):
        gated({"unexpectedness": None}, at=range(60))


def test_too_few_rows_is_a_sentence_with_the_rules_that_dropped():
    with pytest.raises(TooLittle) as refused:
        gated({"likes": -5}, at=range(50))

    assert refused.value.sentence.startswith("10 of 60 rows are left; at least 20 are needed.")
    assert "negative_count 50" in refused.value.sentence


def test_one_creator_passes():
    assert len(gated({"creator": "one"}, at=range(60)).frame) == 60
