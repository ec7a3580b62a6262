"""How many lines a reader may have to read: `python -m tests.docs.lines`.

What programs write, whole pages or the part between two marks, and the decision records do not
count.
"""

import re

from tests.docs.pages import GENERATED, ROOT, pages

LINES_BEFORE = 3_302
"""README and docs/*.md, counted in the same way, before the pages were sorted by kind: b6273c0."""
_WRITTEN_BY_A_PROGRAM = re.compile(
    r"^<!-- (?:make \w+: begin|begin of make \w+) -->.*?^<!-- .*? -->\n", re.MULTILINE | re.DOTALL
)


def lines() -> dict[str, int]:
    """Lines of each page that a person wrote, the longest first."""
    texts = {page.relative_to(ROOT).as_posix(): page.read_text() for page in pages()}
    counts = {
        name: _WRITTEN_BY_A_PROGRAM.sub("", text).count("\n")
        for name, text in texts.items()
        if name not in GENERATED and not name.startswith("docs/decisions/")
    }
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


if __name__ == "__main__":
    for name, count in lines().items():
        print(f"{count:6,}  {name}")
    print(f"{sum(lines().values()):6,}  in all; {LINES_BEFORE:,} before")
