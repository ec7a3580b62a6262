"""Text that a spreadsheet shows and does not compute."""

from contextlib import suppress

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A spreadsheet may compute a text that begins so. It skips tab and line ends before a formula.
With Japanese, Chinese or Korean set up, it reads full-width signs like the others.
https://owasp.org/www-community/attacks/CSV_Injection, checked 2026-11"""


def guarded(text: str) -> str:
    """The text, with an apostrophe before it if it begins like a formula and is not a number."""
    return f"'{text}" if text.startswith(FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    with suppress(ValueError):
        float(text)
        return True
    return False
