"""The moment in a report: its rows and sentences, and tables that name no video and nobody."""

from functools import lru_cache
from itertools import cycle

import pytest

from shared.insights.plan_file import parse_plan
from shared.insights.report.data import report_data
from shared.insights.report.figures import figures
from shared.insights.report.moment_rows import drawn_curves
from shared.insights.report.page import page
from tests.moment_world import Audience, curves, retention_rows, usual_result
from tests.report_world import DAY, Page, Rows, brief_plan, briefly, cells, row, rows, text_of


class TwoRaters(Rows):
    """A second rater marks each moment a second earlier or later."""

    def ratings(self):
        own = super().ratings()
        return own + [
            row | {"rater": "gemini/other/2.0", "surprise_onset_s": row["surprise_onset_s"] + by}
            for row, by in zip(own, cycle((-1, 1)), strict=False)
            if row["replicate"] == 0
        ]


@lru_cache
def report_of_curves():
    watched = curves(Audience(videos=40))
    source = TwoRaters(watched_videos(watched), retention=retention_rows(watched))
    return report_data(source, parse_plan(brief_plan().encode(), "plan.yaml"), DAY)


def watched_videos(watched):
    return [
        row(
            number,
            video_id=curve.video_id,
            user_key=curve.creator,
            username=curve.creator,
            surprise_onset_s=curve.onset_s,
            duration_s=curve.duration_s,
        )
        for number, curve in enumerate(watched)
    ]


@lru_cache
def report_without_curves():
    return briefly(rows(40))


def figure_of(data, name):
    return next(figure for figure in figures(data) if figure.name == name)


def test_the_window_and_sixteen_seconds_are_rows_of_the_table():
    effects = [effect for effect in report_of_curves().effects if effect["part"] == "moment"]
    window = next(effect for effect in effects if effect["method"] == "window")

    assert [e["x_low"] for e in effects if e["method"] == "second"] == list(range(-5, 11))
    assert window["step_irr_low"] < window["step_irr"] < window["step_irr_high"] < 1
    assert (window["n"], window["clusters"], window["outcome"]) == (40, 12, "leaving")
    assert figure_of(report_of_curves(), "moment").rows == tuple(effects)


def test_the_page_begins_the_section_with_the_answer():
    text = text_of(page(report_of_curves()))
    section = text[text.index("The moment\n  In the 5 seconds") :]

    assert section.index("fewer viewers leave per second") < section.index(
        "Without any one creator"
    )


def test_raters_of_the_same_videos_say_how_far_moments_are_off():
    sentences = {r["subject"]: r.get("sentence") for r in report_of_curves().quality}

    assert sentences["onsets"].startswith("The marked moments err by 0.7 s (by 40 pairs of raters")


def test_every_number_of_the_section_is_a_cell_of_an_insight_table():
    data = report_of_curves()
    parsed = Page(page(data))
    stored = dict(cells(data.tables()))
    shown = [bound for bound in parsed.bound if "moment" in bound["row"]]

    assert len(shown) > 100
    assert all(stored[bound["table"], bound["row"]] is not None for bound in shown)


def test_tables_name_no_video_and_no_creator_of_the_moment():
    data = report_of_curves()
    moment_rows = [r for r in (*data.effects, *data.quality) if r["part"].startswith("moment")]
    ids = {r["video_id"] for r in data.rows} | {r["username"] for r in data.rows}

    assert not [name for r in moment_rows for name in ids if name in str(r)]


def test_the_page_draws_five_videos_in_the_order_of_the_table():
    data = report_of_curves()
    payload = Page(page(data)).payload

    assert len(payload["carrying"]) == len(figure_of(data, "moment_videos").rows) == 5
    assert [video["onset_s"] for video in payload["carrying"]] == pytest.approx(
        [r["x_low"] for r in figure_of(data, "moment_videos").rows]
    )
    assert all(video["url"].startswith("https://www.tiktok.com/") for video in payload["carrying"])


def test_an_address_that_is_no_web_page_is_no_link():
    result = usual_result()
    ids = [video.video_id for video in result.carrying]
    urls = ["javascript:alert(1)", "https://www.tiktok.com/@a/video/1", None, "data:x", ""]
    videos = [row(0, video_id=video, url=url) for video, url in zip(ids, urls, strict=True)]

    drawn = [curve.url for curve in drawn_curves(result, videos)]

    assert drawn == [None, urls[1], None, None, None]


def test_without_curves_the_page_says_how_to_get_them_and_has_no_section():
    markup = page(report_without_curves())

    assert 'id="viewers"' not in markup
    assert "A collection of source business reads those of your own posts" in text_of(markup)
    assert not [r for r in report_without_curves().quality if r["part"] == "moment"]


def test_curves_without_a_moment_say_why_there_is_no_figure():
    watched = curves(Audience(videos=12))
    videos = [row(n, video_id=c.video_id, surprise_onset_s=None) for n, c in enumerate(watched)]

    data = briefly(videos, retention=retention_rows(watched))

    assert "no video has a curve and an onset" in figure_of(data, "moment").missing
    assert not figure_of(data, "moment").rows


def test_curves_beyond_the_bound_are_counted_on_the_page():
    watched = curves(Audience(videos=12))
    rows_read = [curve | {"videos": 13} for curve in retention_rows(watched)]

    data = briefly(watched_videos(watched), retention=rows_read)

    notes = [r["sentence"] for r in data.quality if r["part"] == "moment"]
    assert "1 more video with a curve: a random part of all curves was read." in notes


def test_synthetic_curves_stay_out_of_a_report_on_observed_videos():
    watched = curves(Audience(videos=12))
    made_up = [row(n, video_id=c.video_id, synthetic=True) for n, c in enumerate(watched)]

    data = briefly([*rows(40)[20:], *made_up], retention=retention_rows(watched))

    assert not [r for r in data.effects if r["part"] == "moment"]
