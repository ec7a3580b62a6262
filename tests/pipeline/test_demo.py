"""`tta demo`: every listed video becomes a row, and a second run changes none."""

import json
from math import exp
from pathlib import Path

import requests

from benchmarks.planted import rows
from local.sandbox import DEFAULT_ANCHOR
from local.sandbox.kpis import LOG_VIEWS_PER_10_POINTS
from local.sandbox.posts import plan_posts
from tests.pipeline.conftest import POSTS

STEPS = ("known", "ask", "read", "fields", "profile", "file")

ORPHANS = """
SELECT fact.video_id
FROM fact_video_analytics AS fact
LEFT JOIN dim_user USING (user_key)
LEFT JOIN dim_lang USING (lang_key)
LEFT JOIN dim_video AS video ON video.video_id = fact.video_id
WHERE dim_user.user_key IS NULL OR dim_lang.lang_key IS NULL OR video.video_id IS NULL
"""


def test_every_video_listed_is_one_row(demonstrated, ask):
    assert demonstrated["fetched"]["listed"] == POSTS
    assert ask("SELECT COUNT(*) AS n FROM fact_video_analytics WHERE synthetic") == [{"n": POSTS}]


def test_every_video_is_rated_or_says_why_not(demonstrated, ask):
    rows = ask(
        "SELECT rating_status AS status, rating_reason AS reason"
        " FROM fact_video_analytics WHERE synthetic"
    )

    assert {row["status"] for row in rows} <= {"rated", "unratable", "no_media"}
    assert all(row["reason"] for row in rows if row["status"] != "rated")


def test_videos_without_a_file_are_counted_by_reason(demonstrated):
    reasons = demonstrated["fetched"]["reasons"]["no_media"]

    assert {"deleted", "private", "photo_post"} <= set(reasons)


def test_every_fact_joins_its_three_dimensions(demonstrated, ask):
    assert ask(ORPHANS) == []


def test_ids_are_strings(demonstrated, ask):
    ids = [row["video_id"] for row in ask("SELECT video_id FROM dim_video WHERE synthetic")]

    assert all(isinstance(video_id, str) and int(video_id) > 2**53 for video_id in ids)


def test_captions_are_in_several_languages(demonstrated, ask):
    assert ask("SELECT COUNT(*) AS n FROM dim_lang")[0]["n"] > 3


def test_the_table_shown_is_labelled_synthetic(demonstrated):
    assert demonstrated["synthetic"] is True
    assert demonstrated["most_surprising"][0]["surprise"] > 0


def test_a_second_demo_changes_no_row_and_says_so(demonstrated, tta):
    result = tta("demo")

    assert result.returncode == 0, result.stderr
    assert " rows, none changed\n" in result.stdout
    assert result.stdout.startswith("Everything here is made up")
    assert "tta ingest" in result.stdout
    assert "planted  1.15 times the views for 10 points more" in result.stdout
    lines = result.stdout.splitlines()
    assert len(lines) <= 25
    assert [line for line in lines if len(line) > 80 and "/home" not in line] == []


def test_fetching_again_finds_nothing_new(demonstrated, tta):
    answer = json.loads(tta("fetch", "--json").stdout)

    assert answer["listed"] >= 1  # only days that may have new posts
    assert (answer["new"], answer["stored"], answer["failed"]) == (0, 0, 0)


def test_the_canary_finds_every_step_as_it_was_and_names_the_one_that_broke(
    demonstrated, cloud, tta
):
    result = tta("fetch", "--canary", "--json")
    assert result.returncode == 0, result.stderr
    (verdict,) = json.loads(result.stdout)["sources"]
    assert {step["step"]: step["ok"] for step in verdict["steps"]} == dict.fromkeys(STEPS, True)

    refused = {"tiktok.user": [401, 401]}  # the token, and a new one
    requests.post(f"{cloud.tiktok}/admin/faults", json=refused, timeout=10)
    result = tta("fetch", "--canary")

    assert result.returncode == 1
    assert "research at step profile" in result.stderr
    assert "BROKE" in result.stdout


def test_an_unknown_collection_is_refused_in_a_sentence(tta):
    result = tta("fetch", "--collection", "nonsense")

    assert result.returncode == 1
    assert "no collection 'nonsense'" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_campaign_of_planted_effects_uses_the_rows_of_the_star_schema(demonstrated, ask):
    stored = ask(
        "SELECT fact.video_id, views, likes, comments, shares, saves, followers, rating_status,"
        " fact.duration_s, unexpectedness, expectation_gap, emotional_intensity, video.music_id"
        " FROM fact_video_analytics AS fact JOIN dim_video AS video USING (video_id)"
        " WHERE fact.synthetic AND collection = 'sandbox'"
    )
    library = plan_posts(7, POSTS, DEFAULT_ANCHOR)
    campaign = {row["video_id"]: row for row in rows(library)}

    assert {row["video_id"] for row in stored} == campaign.keys()
    for row in stored:
        twin = campaign[row["video_id"]]
        exact = ("views", "likes", "comments", "shares", "saves", "rating_status", "music_id")
        assert {key: row[key] for key in exact} == {key: twin[key] for key in exact}
        assert row["followers"] == twin["followers"] or twin["rating_status"] == "no_media"
        if twin["unexpectedness"] is not None:
            for score in ("unexpectedness", "expectation_gap", "emotional_intensity"):
                assert row[score] == twin[score]
            assert abs(row["duration_s"] - twin["duration_s"]) < 0.5


def test_the_demo_says_what_is_planted_and_what_was_found(demonstrated):
    planted = demonstrated["planted"]

    assert round(planted["planted_ratio"], 3) == round(exp(LOG_VIEWS_PER_10_POINTS), 3)
    assert (planted["ratio"] is None) is bool(planted["problem"])


def test_a_table_of_curves_is_left_to_try(demonstrated, cloud):
    head = (Path(cloud.home) / "studio.csv").read_text().partition("\n")[0]

    assert head.startswith("video_id,second,share,viewers,surprise_onset_s")


def test_the_videos_have_a_past(demonstrated, ask):
    raters = {
        row["rater"]: row["n"]
        for row in ask(
            "SELECT rater, COUNT(*) AS n FROM fact_rating JOIN dim_video USING (video_id)"
            " WHERE collection = 'sandbox' AND status = 'rated' GROUP BY rater"
        )
    }
    ages = ask(
        "SELECT age_days, COUNT(views) AS n FROM kpis_at_age_of_every_video"
        " WHERE synthetic GROUP BY age_days"
    )

    assert {"synthetic/meaning", "synthetic/human/ana", "synthetic/human/ben"} <= raters.keys()
    assert demonstrated["history"]["ratings"] == sum(
        n for rater, n in raters.items() if rater.startswith("synthetic/")
    )
    assert all(row["n"] for row in ages) and len(ages) == 5


def test_the_rating_of_a_video_says_what_is_expected_and_what_happens(demonstrated, ask):
    rated = ask(
        "SELECT rater, expectation FROM fact_video_analytics JOIN dim_video USING (video_id)"
        " WHERE collection = 'sandbox' AND rating_status = 'rated'"
    )

    assert {row["rater"] for row in rated} == {"synthetic/meaning"}
    assert all(" keeps hopping " in row["expectation"] for row in rated)
