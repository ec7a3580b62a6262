"""What the page says of the headline: its question, whom it is about, and what it rests on."""

from functools import lru_cache

from shared.insights.report.page import page
from tests.report_world import report_of, rows, text_of, usual_page, usual_page_read, usual_report


@lru_cache
def account():
    """One account, rated by a rater that knows no meaning."""
    signals = {"rater": "signals/1.0", "user_key": "ada", "username": "ada"}
    return report_of([row | signals for row in rows(40)])


def test_a_rater_without_meaning_asks_about_change():
    assert "Does change of picture and sound go with more views?" in page(account())
    assert "Does unexpectedness go with more views?" in usual_page()


def test_a_page_about_one_account_shows_no_number_of_creators():
    written = page(account())

    assert "<dd>This account</dd>" in written
    assert "<dt>Creators</dt>" not in written
    assert "<dt>Creators</dt>" in usual_page()


def test_ratios_are_for_the_step_that_people_use():
    shown = usual_page_read()
    payload = shown.payload

    assert payload["steps"]["unexpectedness"] == "videos 10 points higher in unexpectedness"
    assert {row["step"] for row in payload["figures"]["within"] if "step_irr" in row} == {10.0}
    assert not [number for number in shown.bound if number["text"] == "1.0000"]


def test_clustered_errors_are_shown_and_called_no_verdict():
    parts = {row["subject"]: row for row in usual_report().quality if row["part"] == "headline"}

    assert parts["age"]["sentence"] == "Counts are those 7 days after each post."
    assert parts["standard error clustered by creator (not the verdict)"]["value"] > 0


def test_a_combination_is_told_as_a_ratio_for_a_step_of_both():
    combined = [row for row in usual_report().effects if row["method"] == "gee_nb_interaction"]

    assert combined
    assert {row["step"] for row in combined} == {100.0}
    assert all(
        0 < row["step_irr_low"] <= row["step_irr"] <= row["step_irr_high"] for row in combined
    )


def test_the_methods_count_one_creator_as_one():
    methods = [row["sentence"] for row in account().quality if row["part"] == "methods"]

    assert "TikTok videos by 1 creator posted" in methods[0]


def test_a_page_without_videos_says_how_sure_it_is_and_blames_no_rater():
    written = text_of(page(report_of([])))

    assert "Not at all: these videos answer nothing either way." in written
    assert "No rater has rated these videos" in written
    assert "Only one rater has rated these videos" not in written
