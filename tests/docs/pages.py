"""The pages of the documentation, and the blocks of code in them."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
RUN = ("sh", "python", "sql")
"""Languages of blocks that a reader runs. A block whose title is a file name is written instead."""
GENERATED = (
    "docs/explanation/measured/coverage.md",
    "docs/explanation/measured/wordings.md",
    "docs/explanation/measured/worlds.md",
    "docs/reference/column-names.md",
    "docs/reference/commands.md",
    "docs/reference/data-dictionary.md",
    "docs/reference/hostile-input.md",
    "docs/reference/settings.md",
)
"""Pages that programs write."""

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>[\w-]*)(?P<info>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_TITLE = re.compile(r'title="([^"]*)"')


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its title if it has one, its text, and the line of its text."""

    language: str
    title: str
    text: str
    line: int

    @property
    def is_file(self) -> bool:
        """Whether its title names the file that the reader writes."""
        return bool(re.fullmatch(r"[\w./-]+\.\w+", self.title))

    @property
    def is_run(self) -> bool:
        return self.language in RUN and not self.is_file

    @property
    def is_background(self) -> bool:
        """Whether it keeps running in a terminal of its own while the page goes on."""
        return "terminal" in self.title

    @property
    def is_failure(self) -> bool:
        """Whether the page shows an error, so that the block must fail."""
        return "fails" in self.title


def blocks(markdown: str) -> list[Block]:
    """The fenced blocks of a page, in their order."""
    return [
        Block(
            language=fence["language"],
            title="".join(_TITLE.findall(fence["info"])),
            text=re.sub(rf"^{fence['indent']}", "", fence["text"], flags=re.MULTILINE),
            line=markdown.count("\n", 0, fence.start("text")) + 1,
        )
        for fence in _FENCE.finditer(markdown)
    ]


def pages() -> list[Path]:
    """The README and every page of the documentation."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def lessons() -> list[Path]:
    """Tutorials and guides: the pages that a reader follows."""
    return [*sorted(DOCS.glob("tutorials/*.md")), *sorted(DOCS.glob("guides/*.md"))]


def runnable() -> list[Path]:
    """The pages with a block that a reader runs."""
    return [page for page in pages() if any(block.is_run for block in blocks(page.read_text()))]
