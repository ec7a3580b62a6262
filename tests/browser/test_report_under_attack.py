"""Pages that a stranger would make: long names, tiny samples, no scripts, paper, strict checks."""

import re

import pytest

from shared.insights.report.page import page as page_of
from tests.browser.text_boxes import faults_at
from tests.report_world import briefly, rows


def test_a_long_name_of_a_rater_widens_no_page(opened, synthetic):
    report = opened(synthetic, 360)

    faults, _ = faults_at(report.page, 360, "light")

    assert report.complaints == []
    assert report.page.evaluate("document.documentElement.scrollWidth") == 360
    assert faults == []


def test_the_first_screen_has_strong_contrast(opened, synthetic):
    """axe does not ask for it by itself."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="make browser")
    page = opened(synthetic, 360).page
    first_screen = {"include": ["header", "#answer"]}

    result = axe.Axe().run(page, first_screen, {"runOnly": ["color-contrast-enhanced"]})

    violations = result.response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in violations] == []


def test_the_mark_of_a_picture_says_synthetic_once(opened, synthetic):
    page = opened(synthetic, 360).page
    page.evaluate(
        "() => { const write = CanvasRenderingContext2D.prototype.fillText; window.written = [];"
        " CanvasRenderingContext2D.prototype.fillText = function (text, ...more) {"
        " window.written.push(text); return write.call(this, text, ...more); }; }"
    )
    with page.expect_download():
        page.click('[data-save="png"][data-figure="quality"]')

    stamps = [text.lower() for text in page.evaluate("written")]

    assert sum(text.count("synthetic data") for text in stamps) == 1


def test_paper_holds_the_cautions_that_the_screen_folds(opened, synthetic):
    page = opened(synthetic, 360).page
    folded = page.locator(".cautions details li").first
    assert not folded.is_visible()

    page.emulate_media(media="print")
    is_printed = folded.is_visible() and page.locator(".whole p").first.is_visible()
    page.emulate_media(media="screen")

    assert is_printed


def test_without_scripts_no_dead_control_is_shown(chromium, synthetic, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(page_of(synthetic), encoding="utf-8")
    page = chromium.new_page(java_script_enabled=False, offline=True)
    page.goto(path.as_uri())

    assert page.locator(".short").is_visible()
    assert [each for each in page.locator("button, select, input").all() if each.is_visible()] == []
    assert not page.locator("#gallery").is_visible()
    page.close()


def test_a_correction_that_no_row_has_leaves_a_sentence(opened):
    report = opened(briefly(rows(20)))

    assert report.complaints == []
    assert "the table says why" in report.page.inner_text('[data-chart="corrected_ratios"]')


def test_another_kpi_says_that_the_answer_stays_with_its_own(opened, synthetic):
    page = opened(synthetic, 360).page
    page.locator("form.filters [name=outcome]").select_option("likes")
    status = page.inner_text(".filters .status")
    page.click("form.filters [type=reset]")

    assert "The answer above is still about unexpectedness and views." in status
    assert "still about" not in page.inner_text(".filters .status")


def test_ticks_of_a_correlation_are_short(opened, synthetic):
    texts = opened(synthetic, 360).page.locator('[data-chart="specifications"] text')

    assert not [text for text in texts.all_text_contents() if re.fullmatch(r"−?\.\d*0", text)]
