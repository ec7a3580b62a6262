"""Take the pictures of the documentation. `make pictures` runs this on the demo's report.

`python -m scripts.pictures REPORT.html KIT/index.html` writes docs/pictures/*.png with Debian's
Chromium: the first screen in both themes, a phone, the gallery, and the rating kit.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from scripts.browser import chromium

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs/pictures"
DESK = {"viewport": {"width": 1200, "height": 800}}
TALL = {"viewport": {"width": 900, "height": 1160}}
STILL = "html { scroll-behavior: auto !important; } .filters { position: static !important; }"
"""A bar that sticks to the top would cover the cards, and a smooth scroll would be half done."""

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or not all(Path(name).is_file() for name in arguments):
        sys.stderr.write(
            "Name the report and the kit: python -m scripts.pictures report.html kit/index.html\n"
        )
        return 2
    report, kit = (Path(name).resolve().as_uri() for name in arguments)
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for theme in ("light", "dark"):
            with _opened(browser, report, color_scheme=theme, **DESK) as page:
                page.screenshot(path=PICTURES / f"answer-{theme}.png")
        with _opened(browser, report, **PHONE) as page:
            page.screenshot(path=PICTURES / "phone.png")
        # In a language whose letters every machine has.
        with _opened(browser, f"{report}#gallery&language=en", **DESK) as page:
            page.add_style_tag(content=STILL)
            page.evaluate("document.querySelector('#gallery').scrollIntoView()")
            page.screenshot(path=PICTURES / "gallery.png")
        with _opened(browser, kit, drawn="#name", **TALL) as page:
            _rate_the_first_clip(page)
            page.screenshot(path=PICTURES / "rating-kit.png")
        browser.close()
    return 0


@contextmanager
def _opened(
    browser: Any, address: str, drawn: str = "body[data-drawn]", **screen: Any
) -> Iterator[Any]:
    context = browser.new_context(offline=True, **screen)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(drawn)
    yield page
    context.close()


def _rate_the_first_clip(page: Any) -> None:
    """Begin, watch the clip to its end, mark the moment and give a score."""
    page.fill("#name", "Ana")
    page.press("#name", "Enter")
    page.wait_for_selector("video")
    page.eval_on_selector("video", "video => { video.muted = true; return video.play(); }")
    page.wait_for_selector("#fields:not([disabled])")
    page.fill("#scale-unexpectedness", "70")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
