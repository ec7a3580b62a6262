"""Compare what a page shows with what was printed. `…` stands for any text."""

import difflib
import re

from tests.docs.shell import tidy

ANYTHING = "…"


def pattern(shown: str) -> re.Pattern[str]:
    """A whole line `…` stands for any lines, and `…` within a line for any text of that line."""
    lines = tidy(shown).split("\n")
    parts = [r"(?:.*\n)*?" if line.strip() == ANYTHING else f"{_line(line)}\n" for line in lines]
    return re.compile("".join(parts), re.MULTILINE)


def _line(line: str) -> str:
    return ".*?".join(re.escape(part) for part in line.split(ANYTHING))


def difference(shown: str, printed: str) -> str:
    """Empty where the output is what the page shows, else both, line by line."""
    output = tidy(printed)
    if pattern(shown).fullmatch(f"{output}\n"):
        return ""
    lines = difflib.ndiff(tidy(shown).splitlines(), output.splitlines())
    return "\n".join(line for line in lines if not line.startswith("?"))
