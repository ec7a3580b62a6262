"""The pictures of the README, taken of a report: `make pictures` makes the demo's and runs this.

`python scripts/pictures.py REPORT.html` writes docs/pictures/*.png with Debian's Chromium.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs/pictures"
VIEWS = (
    ("answer-light", "light", 1200, 0, 1180),
    ("answer-dark", "dark", 1200, 0, 1180),
)
GALLERY = ("gallery", "light", 1200)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        sys.stderr.write("Name the report: python scripts/pictures.py report.html\n")
        return 2
    address = Path(arguments[0]).resolve().as_uri()
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, theme, width, top, height in VIEWS:
            page = _opened(browser, address, theme, width)
            clip = {"x": 0, "y": top, "width": width, "height": height}
            page.screenshot(path=PICTURES / f"{name}.png", clip=clip, full_page=True)
        name, theme, width = GALLERY
        page = _opened(browser, address, theme, width)
        page.locator(".cards").scroll_into_view_if_needed()
        box = page.locator(".cards").bounding_box()
        clip = {"x": 0, "y": box["y"] + page.evaluate("scrollY") - 20, "width": width}
        page.screenshot(path=PICTURES / f"{name}.png", clip=clip | {"height": 560}, full_page=True)
        browser.close()
    return 0


def _opened(browser, address, theme, width):  # type: ignore[no-untyped-def]
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, offline=True
    )
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("body[data-drawn]")
    page.add_style_tag(content=".filters { position: static !important; }")
    return page


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
