"""Text that a spreadsheet shows and never computes."""

from contextlib import suppress

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How text begins that a spreadsheet may compute. Tab and line ends are skipped before a formula,
and the full-width signs are read like the others where Japanese, Chinese or Korean is set up.
https://owasp.org/www-community/attacks/CSV_Injection, checked 2026-11"""


def guarded(text: str) -> str:
    """The text, with an apostrophe before it where it begins like a formula and is no number."""
    return f"'{text}" if text.startswith(FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    with suppress(ValueError):
        float(text)
        return True
    return False
