"""Where Chromium is, for what opens pages: the tests, a benchmark and the pictures."""

import shutil


def chromium() -> str | None:
    """The path of a Chromium; None if there is none.

    Its headless shell draws the same pages without the windows and menus of the whole program,
    for a seventh less CPU.
    """
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")
