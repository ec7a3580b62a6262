"""What a report says of rows: an answer, or what is missing for one."""

from unittest.mock import patch

import pytest
from scipy.stats import spearmanr

from shared.insights.plan_file import parse_plan
from shared.insights.report.effect_figures import specifications
from shared.insights.report.page import page
from shared.insights.report.source import NOT_A_RATING, without_made_up
from shared.insights.report.usual_counts import medians_of_the_others
from shared.insights.table.schema import MEASUREMENT
from tests.report_world import (
    ANALYSES,
    brief_plan,
    briefly,
    report_of,
    row,
    rows,
    text_of,
    usual_page,
    usual_report,
)


def sentence(videos) -> str:
    data = report_of(videos)
    assert data.missing, "an answer was given"
    assert data.missing.reason in text_of(page(data))
    return data.paragraph


def test_no_data_says_how_to_get_some():
    assert sentence([]).startswith("There are no videos yet. tta ingest FILE brings a file")


def test_three_videos_are_too_few():
    assert "3 videos are rated and counted; an answer needs 20 or more" in sentence(
        [row(0, user_key=f"c{n}", video_id=str(n)) for n in range(3)]
    )


def test_one_creator_gets_an_answer_about_this_account():
    data = briefly(rows(60, user_key="ada", username="ada"))

    assert data.missing is None
    assert data.primary["clusters"] == 1 and data.primary["p"] is not None
    assert "On this account, videos 10 points higher" in data.paragraph
    assert "It holds for this account only." in data.paragraph


def test_ratings_without_kpis_say_where_kpis_come_from():
    paragraph = sentence([row | {"views": None} for row in rows(40)])

    assert paragraph.startswith("40 videos are rated, but none has views")
    assert "--metadata" in paragraph


def test_kpis_without_ratings_say_how_ratings_come():
    unrated = {"rating_status": None, "rater": None, "unexpectedness": None}

    paragraph = sentence([row | unrated for row in rows(40)])

    assert paragraph.startswith("40 videos are known, none of them rated")
    assert "tta ingest" in paragraph


def test_a_gate_that_leaves_too_little_says_which_rule_took_the_rest():
    young = [row | {"created_at": row["collected_at"]} for row in rows(40)]

    assert "too_young 40" in sentence(young)


def test_the_answer_carries_interval_videos_and_creators():
    data = usual_report()

    assert data.missing is None
    sample = f"{data.primary['n']} videos of {data.primary['clusters']} creators"
    assert "95 % interval" in data.paragraph and f"It rests on {sample}." in data.paragraph


def test_few_creators_are_told_how_often_such_intervals_hold_the_truth():
    data = usual_report()

    assert data.primary["clusters"] == 12
    assert "samples of 8 and 18 creators they held the known truth this often" in usual_page()


def test_the_same_rows_give_the_same_page():
    before = page(briefly(rows(60)))

    with patch.dict(ANALYSES.pickled, clear=True):  # so that it is computed again
        assert page(briefly(rows(60))) == before


def test_every_row_has_a_name_of_its_own():
    for table, key in (("insight_effect", "effect"), ("insight_quality", "finding")):
        names = [row[key] for row in usual_report().tables()[table]]
        assert len(names) == len(set(names))


def test_no_number_of_a_made_up_rating_enters():
    real, invented = rows(60), rows(60, seed=9)
    for video in invented:
        video["video_id"] = f"9{video['video_id']}"
        video["model_version"] = "gemini-3.5-flash-stand-in"
        video["violation"] = "Made up by the stand-in"

    data = briefly([without_made_up(row) for row in (*real, *invented)])

    assert data.video_counts.made_up == 60
    assert data.primary["n"] <= 60
    assert data.primary["estimate"] == briefly(real).primary["estimate"]
    assert "Made up by the stand-in" not in page(data)
    assert all(
        row["rating_status"] == NOT_A_RATING and row["unexpectedness"] is None
        for row in data.rows
        if row["video_id"].startswith("9")
    )


def test_impossible_counts_are_dropped_and_counted():
    dropped = {
        row["subject"]: row["count"] for row in usual_report().quality if row["part"] == "dropped"
    }

    assert dropped["likes_exceed_views"] == 1


@pytest.mark.parametrize("counts", [[1, 2], [5, 1, 1, 9], [3, 3, 3], [10, 0, 7, 7, 2, 100]])
def test_a_video_is_compared_with_the_median_of_the_others(counts):
    from statistics import median

    expected = [median(counts[:at] + counts[at + 1 :]) for at in range(len(counts))]

    assert medians_of_the_others(counts) == expected


def test_ratings_meet_kpis_at_the_same_age_of_every_video():
    data = usual_report()
    effects = {
        (row["outcome"], row["x_low"]): row
        for row in data.effects
        if row["part"] == "growth" and row["predictor"] == "unexpectedness"
    }
    analysed_rows = [data.rows[position] for position in sorted(data.analysed)]

    assert {age for _, age in effects} == {1.0, 7.0, 30.0}
    expected = spearmanr(
        [row["unexpectedness"] for row in analysed_rows], [row["views"] for row in analysed_rows]
    ).statistic
    assert effects["views", 7.0]["estimate"] == pytest.approx(expected, abs=1e-9)
    assert effects["views", 7.0]["n"] == len(analysed_rows)


def test_each_specification_names_its_estimator_and_one_is_the_headline():
    data = usual_report()
    specs = [row for row in data.effects if row["part"] == "specification"]
    (headline,) = [row for row in specs if row["is_headline"]]

    assert {row["estimator"] for row in specs} == {
        "within creators",
        "pooled count model",
        "pooled ranks",
    }
    assert [headline[name] for name in ("method", "estimate", "ci_low", "n")] == [
        data.primary[name] for name in ("method", "estimate", "ci_low", "n")
    ]
    assert all(("step" in row) == (row["irr"] is not None) for row in specs)


def test_the_figure_of_specifications_says_where_signs_differ():
    """Surprising videos have more views than others of their creator, whom fewer watch."""
    videos = rows(240, seed=3)
    for video in videos:
        creator = int(video["user_key"].removeprefix("creator"))
        score = video["unexpectedness"] % 20
        video["unexpectedness"] = score + 6 * creator
        video["views"] = int(2_000_000 * 1.1**score * 0.4**creator) + 100

    caption = specifications(briefly(videos)).caption

    assert "The signs differ." in caption
    assert "The signs differ." not in specifications(usual_report()).caption


def test_corrected_ratios_stand_beside_the_observed_one_for_ten_points():
    data = usual_report()

    rows = [row for row in data.effects if row["part"] == "correction"]
    of_views = [
        row
        for row in rows
        if (row["predictor"], row["outcome"], row["scale"]) == ("unexpectedness", "views", "count")
    ]
    assert [row["method"] for row in of_views if row.get("step_irr") is not None] == [
        "ppml",
        "ppml_disattenuated",
    ]
    assert {row["step"] for row in of_views if row["method"].startswith("ppml")} == {10.0}
    (observed,) = (
        row
        for row in data.effects
        if (row["part"], row["method"], row["predictor"], row["outcome"], row["scale"])
        == ("association", "ppml", "unexpectedness", "views", "count")
    )
    assert of_views[0]["estimate"] == observed["estimate"]
    assert of_views[0]["step_irr"] == pytest.approx(observed["irr"] ** 10)
    assert len({row["effect"] for row in data.effects}) == len(data.effects)


def test_a_page_of_two_rubrics_says_so_whether_or_not_its_plan_reads_who_rated():
    videos = rows(60)
    for number, video in enumerate(videos):
        if number % 3 == 0:
            video |= {"rater": "gemini/gemini-3.5-flash/2.0", "rubric_version": "2.0"}
            video |= {"config_hash": "d" * 12, "recognised": number < 9}
    brief = parse_plan(brief_plan().encode(), "plan.yaml")
    columns = {name: it for name, it in brief.columns.items() if name not in MEASUREMENT}

    for plan in (brief, brief.model_copy(update={"columns": columns})):
        data = report_of(videos, plan)
        text = text_of(page(data))
        assert data.rubric_versions == ("1.0", "2.0")
        assert text.count("gemini/gemini-3.5-flash rated under 2 versions of the rubric: 1.0") == 1
        assert "3 of 20 clips were recognised by the rater" in text
