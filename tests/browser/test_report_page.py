"""The page as something to read and to pass on: labels, terms, downloads, links, the gallery."""

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.browser.test_rate_kit import make_clip
from tests.browser.text_boxes import faults_at
from tests.report_world import usual_report

AXE_VERSION = "4.12.1"
WIDTHS = (360, 1280, *(pytest.param(width, marks=pytest.mark.campaign) for width in (768, 1920)))
THEMES = ("light", "dark")
RAW_NAME = re.compile(r"\b[a-z]+_[a-z_]+\b|\b(?:ppml|gee_nb|icc|irr)\b")


@pytest.fixture(scope="module")
def changed_report(tmp_path_factory):
    """The usual page with names that are formulas, and cards with a file, without one or a post."""
    pytest.importorskip("av")
    make_clip(clip := tmp_path_factory.mktemp("clip") / "clip.mp4", 3)
    absent, unposted, posted, present, *others = usual_report().gallery
    gallery = (
        replace(absent, file="videos/none.mp4"),
        replace(unposted, url=None),
        posted,
        replace(present, file=clip.as_uri()),
        *others,
    )
    videos = usual_report().videos | {"creator": ["=1+1"] * 300}
    return replace(usual_report(), videos=videos, gallery=gallery)


@pytest.fixture
def changed(opened, changed_report):
    return opened(changed_report).page


@pytest.fixture(scope="module")
def made_up():
    """The usual report, whose videos are synthetic."""
    counts = usual_report().video_counts
    counts = replace(counts, kind=replace(counts.kind, is_synthetic=True))
    return replace(usual_report(), video_counts=counts)


@pytest.fixture
def phone(opened, made_up):
    """In the dark, on a phone, with synthetic data."""
    return opened(made_up, 360, "dark").page


@pytest.fixture
def saved(page, tmp_path):
    """Press a button of a figure, and read the file that it gives."""

    def press(kind: str, figure: str) -> Path:
        with page.expect_download() as download:
            page.click(f'[data-save="{kind}"][data-figure="{figure}"]')
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        return path

    return press


@pytest.mark.parametrize("width", WIDTHS)
def test_no_text_is_cut_off_or_lies_over_another(page, width):
    # The longest name must fit into its list, too.
    page.locator("form.filters [name=predictor]").select_option("emotional_intensity")

    faults, counts = zip(*(faults_at(page, width, theme) for theme in THEMES), strict=True)

    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert min(counts) > 800
    assert [fault for of_theme in faults for fault in of_theme] == []


# Most rows of a table and most cards are alike but for their texts, values and drawings. axe takes
# half a millisecond for each cell, so it sees the first row and the first card of each kind.
LEAVE_ONE_OF_A_KIND = """() => {
  const kind = (node) => node.nodeType === Node.TEXT_NODE ? Boolean(node.data.trim())
    : node.nodeName === "svg" ? "drawing" : [
      node.nodeName, node.getAttribute("class"), node.getAttribute("style"),
      node.getAttributeNames(), [...node.childNodes].map(kind)];
  const lists = [...document.querySelectorAll("tbody, .cards")];
  window.allRows = lists.map((list) => [list, [...list.children]]);
  for (const [, rows] of window.allRows) {
    const seen = new Set();
    for (const row of rows) {
      const key = JSON.stringify(kind(row));
      if (seen.has(key)) row.remove();
      seen.add(key);
    }
  }
}"""
PUT_ROWS_BACK = "() => window.allRows.forEach(([list, rows]) => list.replaceChildren(...rows))"


def violations_of(page) -> list[tuple[str, str, int]]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="make browser")
    page.evaluate(LEAVE_ONE_OF_A_KIND)
    result = axe.Axe().run(page, options={"resultTypes": ["violations"]}).response
    page.evaluate(PUT_ROWS_BACK)
    assert result["testEngine"]["version"] == AXE_VERSION
    return [
        (violation["id"], violation["nodes"][0]["html"][:200], len(violation["nodes"]))
        for violation in result["violations"]
    ]


def test_axe_finds_nothing(page):
    page.set_viewport_size({"width": 1280, "height": 900})
    page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")

    violations = violations_of(page)

    page.eval_on_selector_all("details", "all => all.forEach(each => each.open = false)")
    assert violations == []


def test_axe_finds_nothing_in_the_dark_on_a_phone_with_synthetic_data(phone):
    """Tables stay folded: they look the same in both themes, and each cell takes time."""
    assert phone.is_visible(".watermark-line")
    assert violations_of(phone) == []


def test_a_phone_scrolls_one_way_only(phone):
    assert phone.evaluate("document.documentElement.scrollWidth") == 360
    assert phone.locator('[data-chart="forest"] svg').bounding_box()["width"] <= 360


def test_the_first_screen_holds_answer_figure_certainty_and_next_step(page):
    for width, height in ((360, 900), (1280, 720)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("scrollTo(0, 0)")
        for part in (".short", ".certain .sure", ".certain .next", '[data-chart="headline"] svg'):
            box = page.locator(part).first.bounding_box()
            assert box["y"] + box["height"] <= height, (part, width)


def test_only_the_panel_about_raters_is_empty_where_one_rater_rated(page):
    assert page.locator("figure .missing").count() == 0
    [what] = page.locator("#fill").all_inner_texts()
    assert "Does the answer depend on the rater?" in what
    assert page.locator("#fill li").count() == 1


def test_people_read_words_and_no_raw_names(page):
    texts = page.evaluate(
        """() => { const copy = document.querySelector('main').cloneNode(true);
          copy.querySelectorAll('code, pre, select, datalist').forEach((each) => each.remove());
          const walker = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT), texts = [];
          while (walker.nextNode()) texts.push(walker.currentNode.data);
          return texts; }"""
    )

    assert [text for text in texts if RAW_NAME.search(text)] == []


def test_a_term_is_explained_by_pointer_by_keyboard_and_in_one_list(page):
    term = page.locator(".certain a.term").first
    meaning = page.text_content(f"#{term.get_attribute('aria-describedby')}")

    term.hover()
    assert page.inner_text(".tip") == meaning
    page.keyboard.press("Escape")
    assert not page.is_visible(".tip")
    term.focus()
    assert page.inner_text(".tip") == meaning
    unexplained = page.eval_on_selector_all(
        "a.term", "all => all.filter(each => !document.querySelector(each.hash)).length"
    )
    assert unexplained == 0


CAUGHT = """() => {
  // Chromium stops a page that saves more than ten files at once, so this catches them.
  window.caught = [];
  const make = URL.createObjectURL, press = HTMLAnchorElement.prototype.click;
  URL.createObjectURL = (blob) => { window.caught.push(blob); return make.call(URL, blob); };
  HTMLAnchorElement.prototype.click = () => {};
  for (const button of document.querySelectorAll('[data-save=csv]')) button.click();
  [URL.createObjectURL, HTMLAnchorElement.prototype.click] = [make, press];
  return Promise.all(window.caught.map((blob) => blob.text()));
}"""


def test_every_figure_is_saved_as_a_table(page):
    figures = page.locator("main figure").count()

    saved = page.evaluate(CAUGHT)

    assert len(saved) == figures >= 18
    for table in saved:
        read = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
        assert {row["plan_hash"] for row in read} == {usual_report().plan_hash}


def test_every_figure_is_saved_as_a_picture(page, saved):
    figures = page.eval_on_selector_all("main figure", "all => all.map(each => each.id)")

    for figure in figures:
        assert page.locator(f'[data-save="png"][data-figure="{figure}"]').count() == 1
    for figure in ("headline", "within", "moment_videos", "specifications", "shapes"):
        assert saved("png", figure).read_bytes().startswith(b"\x89PNG")


def test_a_saved_table_follows_the_filters(page, saved):
    page.fill("form.filters [name=creator]", "creator3")

    read = list(csv.DictReader(io.StringIO(saved("csv", "scatter").read_text("utf-8-sig"))))

    assert {row["creator"] for row in read} == {"creator3"}
    assert len(read) == 25


def test_a_saved_table_runs_no_formula(changed):
    with changed.expect_download() as download:
        changed.click('[data-save="csv"][data-figure="scatter"]')

    table = download.value.path().read_text("utf-8-sig")
    assert {row["creator"] for row in csv.DictReader(io.StringIO(table))} == {"'=1+1"}


def test_the_address_keeps_what_was_chosen(page, opened):
    page.fill("form.filters [name=creator]", "creator3")
    page.locator("form.filters [name=predictor]").select_option("expectation_gap")
    page.click('nav a[href="#whom"]')

    address = page.url
    assert address.endswith("#whom&predictor=expectation_gap&creator=creator3")
    other = page.context.new_page()
    other.goto(address)
    other.wait_for_selector("body[data-drawn]")
    assert other.input_value("form.filters [name=predictor]") == "expectation_gap"
    assert "25 of 300 videos picked out" in other.inner_text(".filters .status")
    assert "Nothing is recomputed" in other.inner_text(".filters .status")
    other.evaluate("location.hash = '#whom&creator=nobody&sort=</script>&x=1'")
    other.wait_for_function(
        "() => document.querySelector('.filters .status').textContent.includes('does not have')"
    )
    assert other.input_value("form.filters [name=creator]") == ""
    other.close()


def test_names_are_offered_as_a_person_types(page):
    page.fill("form.filters [name=creator]", "TOR1")

    assert "3 creators match “TOR1”: creator1, creator10, creator11." in page.inner_text(
        ".filters .status"
    )
    page.fill("form.filters [name=creator]", "tor11")
    page.keyboard.press("Enter")
    assert page.input_value("form.filters [name=creator]") == "creator11"
    assert "25 of 300 videos" in page.inner_text(".filters .status")


def test_the_methods_paragraph_is_copied_by_one_click(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    page.click("[data-copy]")

    page.wait_for_function("() => document.querySelector('.copied').textContent === 'Copied.'")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.text_content(".methods").strip()
    assert "299 TikTok videos" in copied
    assert "95% CI" in copied


def test_a_card_plays_its_file_else_leads_to_its_post(changed):
    cards = changed.locator(".card")
    assert cards.nth(1).locator("a, button").count() == 0
    assert (
        cards.nth(2)
        .locator("a.play")
        .get_attribute("href")
        .startswith("https://www.tiktok.com/@creator/video/73")
    )
    cards.nth(0).locator("button.play").click()
    changed.wait_for_selector("text=is not beside this page")


def test_a_file_beside_the_page_plays(changed):
    changed.locator(".card").nth(3).locator("button.play").click()

    changed.wait_for_function("() => document.querySelector('video')?.readyState >= 2")


def test_a_large_report_draws_a_sample_of_its_videos_and_says_so(opened, monkeypatch):
    monkeypatch.setattr("shared.insights.report.page.MOST_DRAWN", 100)
    data = replace(usual_report(), plan_hash="0" * 16)
    page = opened(data).page

    page.fill("form.filters [name=creator]", "creator3")

    assert "of a random 100 drawn here (300 in all)" in page.inner_text(".filters .status")
