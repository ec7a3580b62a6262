"""The pages name files, headings and verbs that exist."""

import re
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "terraform/ROLES.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
FOLDERS = "shared|cli|local|functions|scripts|benchmarks|tests|terraform|docs"
PATH = re.compile(rf"`((?:{FOLDERS})/[\w./-]*)")
LINK = re.compile(r"\]\(([^)\s:]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_of_a_page_exists(page):
    paths = PATH.findall(page.read_text())

    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page):
    broken = [link for link in LINK.findall(page.read_text()) if not _leads(page, link)]

    assert broken == []


def _leads(page: Path, link: str) -> bool:
    file, _, heading = link.partition("#")
    target = page.parent / file if file else page
    if target.suffix == ".png" and heading in ("only-light", "only-dark"):  # a theme of the site
        return target.exists()
    return target.exists() and (not heading or heading in _headings(target.read_text()))


def _headings(text: str) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    lines = chain.from_iterable(re.findall(r"^#+ (.+)$|<a id=\"([\w-]+)\"", text, re.MULTILINE))
    return {re.sub(r"[^\w -]", "", line.casefold()).strip().replace(" ", "-") for line in lines}
