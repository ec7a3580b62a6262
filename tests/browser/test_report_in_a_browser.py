"""What a person meets who opens the report: figures, choices, both themes, phone, paper."""

import json
import re
from dataclasses import replace
from importlib import resources

import pytest

from shared.insights.number_words import ratio_text
from shared.insights.plan_file import parse_plan
from tests.report_world import HOSTILE, brief_plan, briefly, report_of, rows, usual_report

FIGURES = (
    *("within", "forest", "ratios", "scatter", "dose", "deciles", "growth", "for_whom"),
    *("specifications", "halo", "agreement", "corrected_ratios", "corrected", "ladder"),
    *("quality", "months", "precision"),
)
MARKS = "circle, path, rect, line, text"
BOXES = """() => JSON.stringify([...document.querySelectorAll('body *')]
  .filter((one) => !one.closest('script, style, head'))
  .map((one) => { const box = one.getBoundingClientRect();
    return [one.tagName, box.x, box.y + scrollY, box.width, box.height]; }))"""
NOTE_FOCUS = """() => {
  window.reached = new Set();
  addEventListener("focusin", ({ target }) => window.reached.add(target.name || target.tagName));
}"""
DRAWN_ANEW = """() => ["forest", "scatter"].filter((name) => {
  const drawing = document.querySelector(`[data-chart=${name}]`).firstChild, isNew = !drawing.isOld;
  drawing.isOld = true;
  return isNew;
})"""
"""Which of two figures were drawn since this was last asked."""


def choose(page, name: str, value: str) -> None:
    page.locator(f"form.filters [name={name}]").select_option(value)


def test_it_opens_from_disk_without_network_and_without_a_complaint(usual):
    assert usual.complaints == []
    assert "Does unexpectedness go with more views?" in usual.page.inner_text("h1")


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_is_drawn_with_marks(usual, figure):
    chart = usual.page.locator(f'[data-chart="{figure}"] svg').first

    assert chart.locator(MARKS).count() > 3
    assert usual.page.locator(f'[data-chart="{figure}"] [role=img]').get_attribute("aria-label")
    assert usual.page.locator(f"#{figure} table").count() == 1
    assert len(usual.page.inner_text(f"#{figure} figcaption")) > 60


def test_the_page_says_once_where_its_numbers_come_from(usual):
    origin = r"Rated by \S+ · rubric 1.0 · plan [0-9a-f]{16} · 2026-11-24"

    assert re.fullmatch(origin, usual.page.inner_text(".made"))
    assert len(re.findall(origin, usual.page.text_content("main"))) == 1


def test_the_specification_curve_has_a_panel_for_each_estimator_and_marks_the_headline(usual):
    chart = usual.page.locator('[data-chart="specifications"]')
    labels = chart.locator("svg[role=presentation]").all_text_contents()

    for estimator in ("within creators", "pooled count model", "pooled ranks"):
        assert any(f"↑ {estimator}" in label for label in labels)
    assert chart.locator('svg[role=presentation] circle[r="7"]').count() == 1


def test_no_box_moves_between_themes(page, opened):
    pages = page, opened(usual_report(), theme="dark").page
    light, dark = (json.loads(each.evaluate(BOXES)) for each in pages)

    assert len(light) == len(dark) > 2_000
    moved = [
        (box, other)
        for box, other in zip(light, dark, strict=True)
        if box[0] != other[0]
        or any(abs(a - b) > 1 for a, b in zip(box[1:], other[1:], strict=True))
    ]
    assert moved == []


def test_the_buttons_choose_a_theme(page):
    paper = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)

    page.click("text=Dark")

    assert page.evaluate(paper) != light
    assert page.get_attribute('[data-theme-choice="dark"]', "aria-pressed") == "true"
    page.click("text=Auto")


def test_it_prints_on_a4(page):
    printed = page.pdf(prefer_css_page_size=True)

    boxes = {
        tuple(map(float, size)) for size in re.findall(rb"/MediaBox \[0 0 (\S+) (\S+?)\]", printed)
    }
    assert {(round(width), round(height)) for width, height in boxes} == {(595, 842)}
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 687, "height": 900})  # A4 less the margins
    assert page.evaluate("document.documentElement.scrollWidth") == 687
    assert not page.is_visible("form.filters")
    assert page.is_visible('[data-chart="forest"] svg')
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1200, "height": 900})


def test_a_script_in_a_caption_stays_text(usual):
    page = usual.page

    captions = page.locator(".card .caption").all_text_contents()

    assert HOSTILE in captions
    assert page.title() == "Surprise and engagement, 2026-11-24"
    assert page.locator(".card img:not(.frame)").count() == 0


def test_a_choice_of_dimension_moves_figures_and_tables_together(page):
    choose(page, "predictor", "emotional_intensity")

    assert page.inner_text('[data-drawn="forest"]').startswith("emotional intensity and each KPI")
    shown = page.locator('table[data-figure="forest"] tbody tr:not([hidden])')
    assert {figure.get_attribute("data-predictor") for figure in shown.all()} == {
        "emotional_intensity"
    }


def test_a_creator_is_picked_out_and_no_interval_changes(page):
    before = page.inner_text(".short")

    page.fill("form.filters [name=creator]", "creator3")

    assert "25 of 300 videos picked out" in page.inner_text(".filters .status")
    assert "25 of 300 videos" in page.inner_text('[data-drawn="scatter"]')
    assert set(page.locator(".card h3").all_text_contents()) == {"creator3"}
    assert page.inner_text(".short") == before


def test_an_unknown_creator_is_told_and_changes_nothing(page):
    page.fill("form.filters [name=creator]", "creator3")

    page.fill("form.filters [name=creator]", "nobody")
    page.keyboard.press("Tab")

    message = page.inner_text(".filters .status")
    assert "No creator here is called “nobody”" in message
    assert "25 of 300 videos picked out" in message

    page.fill("form.filters [name=creator]", "")
    page.keyboard.press("Tab")

    assert page.inner_text(".filters .status").startswith("All 300 videos")


def test_language_and_rater_filter_and_reset_undoes(page):
    choose(page, "language", "ja")
    assert "100 of 300 videos picked out" in page.inner_text(".filters .status")
    choose(page, "rater", "gemini/gemini-3.5-flash/1.0")
    page.click("text=Reset")

    assert page.inner_text(".filters .status").startswith("All 300 videos")


def test_a_choice_draws_only_the_figures_that_follow_from_it(page):
    assert page.evaluate(DRAWN_ANEW) == ["forest", "scatter"]

    page.click("text=Reset")
    assert page.evaluate(DRAWN_ANEW) == []
    choose(page, "language", "ja")
    assert page.evaluate(DRAWN_ANEW) == ["scatter"]
    choose(page, "predictor", "expectation_gap")
    assert page.evaluate(DRAWN_ANEW) == ["forest", "scatter"]
    page.click("text=Reset")
    assert page.evaluate(DRAWN_ANEW) == ["forest", "scatter"]


def test_the_gallery_sorts_by_what_is_asked(page):
    page.locator("[name=sort]").select_option("count")

    views = [
        int(text.replace(",", ""))
        for text in page.locator(".card .kpis .n:first-child").all_text_contents()
    ]
    assert views == sorted(views, reverse=True)


def test_a_card_shows_frame_curve_onset_expectation_and_the_usual(page):
    card = page.locator(".card").nth(1)

    assert card.locator("img.frame").get_attribute("alt")
    assert "begins at 3.2 s" in card.locator(".spark svg").get_attribute("aria-label")
    text = card.inner_text()
    assert "It goes on." in text
    assert "It does not." in text
    assert "3.2 s: the moment" in text
    assert "× the usual" in text


def test_everything_can_be_reached_by_keyboard(opened, synthetic):
    page = opened(synthetic).page
    controls = {"predictor", "outcome", "scale", "creator", "language", "rater"}
    controls |= {"SUMMARY", "A", "BUTTON", "relative", "sort"}
    page.evaluate(NOTE_FOCUS)
    for _ in range(10):
        for _ in range(25):
            page.keyboard.press("Tab")
        if controls <= (reached := set(page.evaluate("[...window.reached]"))):
            break

    assert controls - reached == set()


def test_synthetic_data_is_watermarked_on_every_chart(opened, synthetic):
    page = opened(synthetic).page

    assert page.is_visible(".watermark-line")
    marks = page.eval_on_selector_all(
        ".chart", "all => all.map(one => getComputedStyle(one, '::after').content)"
    )
    assert set(marks) == {'"SYNTHETIC"'}


@pytest.mark.parametrize("count", [0, 3])
def test_too_little_data_is_a_page_that_says_so(opened, count):
    report = opened(report_of(rows(count)))

    assert report.complaints == []
    assert report.page.locator("#fill li").count() > 0
    assert report.page.locator("figure .missing").count() == 0
    assert report.page.inner_text(".short").startswith("Can’t tell yet.")
    assert re.search("tta|Add videos", report.page.inner_text(".certain .next"))


def test_a_constant_rating_leaves_out_its_own_figures_alone(opened):
    report = opened(briefly([video | {"unexpectedness": 0} for video in rows(60)]))

    assert report.complaints == []
    constant = "it does not vary within creators"
    assert constant in report.page.inner_text('[data-chart="headline"] .missing')
    assert "No correlation" in report.page.inner_text('[data-chart="forest"] .missing')
    assert report.page.locator('[data-chart="quality"] svg').count() == 1
    assert report.page.locator(".card").count() == 12


def test_a_figure_that_cannot_be_drawn_takes_no_other_down(opened, synthetic):
    page = opened(replace(synthetic)).page
    page.evaluate("() => { Plot.lineY = () => { throw new Error('no line') } }")

    choose(page, "outcome", "likes")

    assert "could not be drawn" in page.inner_text('[data-chart="dose"] .missing')
    assert "likes" in page.inner_text('[data-drawn="scatter"]')


def test_a_rate_of_watching_is_drawn_and_listed_as_it_is(opened):
    text = brief_plan().replace(
        "  likes: likes\n", "  likes: likes\n  hook_rate_3s: hook_rate_3s\n"
    )
    text = text.replace("[views, likes]", "[hook_rate_3s, views, likes]")
    text = text.replace("outcome: views, scale: count", "outcome: hook_rate_3s, scale: mean")
    videos = [
        video | {"hook_rate_3s": 0.5 + (video["unexpectedness"] + 7 * number % 50) / 400}
        for number, video in enumerate(rows(60))
    ]

    report = opened(report_of(videos, parse_plan(text.encode(), "plan.yaml")))

    assert report.complaints == []
    assert "go with a higher 3-second hook rate?" in report.page.inner_text("h1")
    listed = report.page.locator('table[data-figure="scatter"] tbody tr').first.text_content()
    assert re.search(r"0\.[5-9]\d*$", listed)
    choose(report.page, "outcome", "views")
    assert report.page.locator("form.filters [name=scale]").input_value() == "count"
    choose(report.page, "outcome", "hook_rate_3s")
    assert report.page.locator("form.filters [name=scale]").input_value() == "mean"
    assert "3-second hook rate" in report.page.inner_text('[data-drawn="scatter"]')


def test_a_kpi_that_nobody_counted_lists_no_videos_of_the_figure_before(opened):
    page = opened(briefly([video | {"likes": None} for video in rows(62)])).page
    listed = page.locator('table[data-figure="scatter"] tbody tr')
    assert listed.count() == 62

    choose(page, "outcome", "likes")

    assert "No video has both" in page.inner_text('[data-chart="scatter"] .missing')
    assert listed.count() == 0
    assert "likes" in page.locator('table[data-figure="scatter"] thead').text_content()


RATIOS = (0.00001, 0.05, 0.0123, 0.5, 0.9987, 0.99996, 1.0, 1.0004, 1.23, 12.5, 99.994, 123.4, 1234)


def test_the_drawings_write_ratios_as_the_tables_do(usual):
    source = (resources.files("shared.insights.report") / "script/elements.js").read_text(
        encoding="utf-8"
    )
    numbers = source.partition("// ---- numbers")[2].partition("// ---- elements")[0]

    written = usual.page.evaluate(
        f"(values) => {{ //{numbers} return values.map(ratio); }}", list(RATIOS)
    )

    assert written == [ratio_text(value) for value in RATIOS]
