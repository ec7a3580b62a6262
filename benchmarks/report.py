"""A report on 5,000 videos: file size, time to draw, time to filter.

It opens from disk in Debian's Chromium, with 240 key frames of 25 kB, 12 languages and 800
creators. Needs `make browser`.
"""

import json
import os
import statistics
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.table import Measurement
from scripts.browser import chromium
from shared.concurrency import in_one_thread

VIDEOS = 5_000
CREATORS = 800
LANGUAGES = 12
FRAME_BYTES = 25_000
TIMES = 5
COMMAND = "python -m benchmarks report"
PAINTED = """() => new Promise((answer) => {
  const seen = performance.getEntriesByName('first-contentful-paint')[0];
  if (seen) answer(seen.startTime);
  new PerformanceObserver((list) => answer(list.getEntries()[0].startTime))
    .observe({ type: 'paint', buffered: true });
})"""
FILTERED = """async (name) => {
  const box = document.querySelector('form.filters [name=creator]');
  const started = performance.now();
  box.value = name;
  box.dispatchEvent(new Event('input', { bubbles: true }));
  await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
  return performance.now() - started;
}"""


def measurements() -> Iterator[Measurement]:
    from playwright.sync_api import sync_playwright

    with TemporaryDirectory(prefix="report-") as folder, sync_playwright() as playwright:
        path = Path(folder) / "report.html"
        path.write_text(_page(), encoding="utf-8")
        size = path.stat().st_size / 1e6
        yield Measurement("report on 5,000 videos: file", size, 4, COMMAND, "MB", is_most=True)
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        painted, drawn, filtered = zip(
            *(_timings(browser, path) for _ in range(TIMES)), strict=True
        )
        browser.close()
    for what, times_ms, bar in (
        ("report on 5,000 videos: first paint", painted, 0.5),
        ("report on 5,000 videos: all figures drawn", drawn, None),
        ("report on 5,000 videos: a filter answers", filtered, 0.2),
    ):
        yield Measurement(
            what, statistics.median(times_ms) / 1_000, bar, COMMAND, "s", is_most=True
        )


def _timings(browser: Any, path: Path) -> tuple[float, float, float]:
    """Milliseconds to the first paint, to the last figure, and from a filter to its picture."""
    context = browser.new_context(viewport={"width": 1200, "height": 900}, offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    painted = page.evaluate(PAINTED)
    page.wait_for_selector("body[data-drawn]")
    drawn = page.evaluate("performance.now()")
    filtered = [page.evaluate(FILTERED, f"creator{number}") for number in range(5)]
    context.close()
    return painted, drawn, statistics.median(filtered)


def _page() -> str:
    in_one_thread()
    from shared.insights.report.page import page
    from tests.report_world import JPEG, report_of, rows

    videos = rows(VIDEOS)
    for number, video in enumerate(videos):
        video["user_key"] = video["username"] = f"creator{number % CREATORS}"
        video["lang_key"] = f"l{number % LANGUAGES}"
        video["caption"] = "A caption as long as they usually are #with #three #hashtags"
    curve = json.dumps({"surprise": [float(second % 9) for second in range(40)]})
    return page(
        report_of(
            videos,
            curves={video["video_id"]: curve for video in videos},
            frames_of=lambda shown: [JPEG + os.urandom(FRAME_BYTES) for _ in shown],
        )
    )
