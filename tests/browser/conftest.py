"""Reports in Debian's Chromium, opened from disk with the network off. Skipped aloud without it."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from shared.insights.report.data import ReportData
from shared.insights.report.page import page as page_of

CHROMIUM = shutil.which("chromium")
DRAWN = "body[data-drawn]"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    # Its event loop runs in this thread until it stops, and no other can run there meanwhile: no
    # longer than one file.
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright: make browser")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: make browser")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Opened:
    """A page, and what it complained about."""

    page: Any
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def opened(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Opened]:
    """Open a report from a file, once for each `width` and `theme` of a person's screen."""
    written: dict[int, Path] = {}
    before: dict[tuple[int, int, str], Opened] = {}

    def open_(data: ReportData, width: int = 1200, theme: str = "light") -> Opened:
        if (id(data), width, theme) in before:
            return before[id(data), width, theme]
        if id(data) not in written:
            path = tmp_path_factory.mktemp("report") / "report.html"
            path.write_text(page_of(data), encoding="utf-8")
            written[id(data)] = path
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, offline=True
        )
        report = before[id(data), width, theme] = Opened(context.new_page())
        report.page.on("pageerror", lambda error: report.complaints.append(str(error)))
        report.page.on(
            "console",
            lambda console_message: (
                report.complaints.append(console_message.text)
                if console_message.type in ("error", "warning")
                else None
            ),
        )
        report.page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(("file:", "data:"))
                else report.complaints.append(f"asked for {request.url}")
            ),
        )
        report.page.goto(written[id(data)].as_uri())
        report.page.wait_for_selector(DRAWN)
        return report

    yield open_
    for report in before.values():
        report.page.context.close()
