"""Reports in Debian's Chromium, opened from disk with the network off. Skipped aloud without it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.browser import chromium as path_of_chromium
from shared.insights.report.data import ReportData
from shared.insights.report.page import page as page_of
from tests.report_world import briefly, rows, usual_report

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
    if (path := path_of_chromium()) is None:
        pytest.skip("no Chromium on this machine: make browser")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",
                f"--disable-features={','.join(FORGO)}",
                f"--host-resolver-rules=MAP {EVIL} 127.0.0.1",
            ],
        )
        yield browser
        browser.close()


class Screen:
    """A window without network: the report that it shows, and what the browser complained about."""

    def __init__(self, browser: Any, folder: Path) -> None:
        self.page = browser.new_context(offline=True).new_page()
        self.complaints: list[str] = []
        self._path = folder / "report.html"
        self._shown: tuple[ReportData, int, str] | None = None
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)
        self.page.on("request", self._see)

    def show(self, data: ReportData, width: int = 1200, theme: str = "light") -> "Screen":
        """Open a report on a screen of a person's width and theme, unless it is shown there."""
        if self._shown and self._shown[0] is data and self._shown[1:] == (width, theme):
            return self
        self._shown = None
        self.page.goto("about:blank")  # or the report before would be drawn in the new width
        self.page.mouse.move(0, 0)
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme=theme)
        self._path.write_text(page_of(data), encoding="utf-8")
        self.complaints.clear()
        self.page.goto(self._path.as_uri())
        self.page.wait_for_selector(DRAWN)
        self._shown = data, width, theme
        return self

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _see(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:")):
            self.complaints.append(f"asked for {request.url}")


@pytest.fixture(scope="package")
def opened(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Screen]:
    """Open a report from a file, in a window that all such tests share.

    A new window takes a quarter of a second of CPU.
    """
    return Screen(chromium, tmp_path_factory.mktemp("report")).show


@pytest.fixture(scope="package")
def usual(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Screen:
    """The usual report, in a window of its own."""
    return Screen(chromium, tmp_path_factory.mktemp("usual")).show(usual_report())


@pytest.fixture
def page(usual: Screen) -> Any:
    """The usual page with nothing chosen, in the light."""
    usual.page.set_viewport_size({"width": 1200, "height": 900})
    usual.page.emulate_media(color_scheme="light")
    usual.page.click("form.filters [type=reset]")
    return usual.page


@pytest.fixture(scope="package")
def synthetic() -> ReportData:
    """A report of few videos, which were made up, by a rater with a long name."""
    return briefly(rows(60, synthetic=True, rater=f"gemini/{'m' * 90}/1.0"))
