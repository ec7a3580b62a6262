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
EVIL = "evil.test"
"""A name of another site, which leads to this machine."""

FORGO = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
    *("DestroyProfileOnBrowserClose", "HttpsUpgrades", "LensOverlay", "MediaRouter"),
    *("OptimizationHints", "PaintHolding"),
)
"""Features that no test needs. Each new window draws the list below the address, in a process of
its own, for half a second. The others are what Playwright forgoes itself: the last list counts."""


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    # Its event loop runs in this thread until it stops, and no other can run there meanwhile: no
    # longer than the tests of this folder.
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright: make browser")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: make browser")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                f"--disable-features={','.join(FORGO)}",
                f"--host-resolver-rules=MAP {EVIL} 127.0.0.1",
            ],
        )
        yield browser
        browser.close()


@dataclass
class Opened:
    """A page, and what it complained about."""

    page: Any
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="package")
def opened(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Opened]:
    """Open a report from a file, once for each `width` and `theme` of a person's screen.

    The reports are held, so that no other gets the id of one.
    """
    written: dict[int, tuple[ReportData, Path]] = {}
    before: dict[tuple[int, int, str], Opened] = {}

    def open_(data: ReportData, width: int = 1200, theme: str = "light") -> Opened:
        if (id(data), width, theme) in before:
            return before[id(data), width, theme]
        if id(data) not in written:
            path = tmp_path_factory.mktemp("report") / "report.html"
            path.write_text(page_of(data), encoding="utf-8")
            written[id(data)] = data, path
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
        report.page.goto(written[id(data)][1].as_uri())
        report.page.wait_for_selector(DRAWN)
        return report

    yield open_
    for report in before.values():
        report.page.context.close()
