"""Take the README's pictures from a report. `make pictures` runs this on the demo's report.

`python scripts/pictures.py REPORT.html` writes docs/pictures/*.png with Debian's Chromium.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs/pictures"
WIDTH, HEIGHT = 1200, 1180


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
        for theme in ("light", "dark"):
            page = _opened(browser, address, theme)
            clip = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT}
            page.screenshot(path=PICTURES / f"answer-{theme}.png", clip=clip, full_page=True)
        browser.close()
    return 0


def _opened(browser, address, theme):  # type: ignore[no-untyped-def]
    context = browser.new_context(
        viewport={"width": WIDTH, "height": 900}, color_scheme=theme, offline=True
    )
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("body[data-drawn]")
    # A sticky bar would cover the figures of a full-page picture.
    page.add_style_tag(content=".filters { position: static !important; }")
    return page


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
