"""The site names what it does not hold, lists every page, and asks no other server."""

import doctest
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts import site_hooks
from tests.docs.pages import pages

ROOT = Path(__file__).parents[2]
NESTED_TOO_LITTLE = re.compile(r"^ {1,3}[-*] .*", re.MULTILINE)
LIST_WITHIN_A_PARAGRAPH = re.compile(r"^\w(?!\d*\. ).*\n(?:[-*]|1\.) .*", re.MULTILINE)
BUILDER = ROOT / ".venv-docs/bin/python"
OTHER_SERVER = re.compile(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=\"?https?://")

needs_mkdocs = pytest.mark.skipif(
    not BUILDER.exists(), reason="MkDocs is not installed: run `make docs`."
)


def shown(markdown: str, page: str = "reference/insights.md") -> str:
    source = SimpleNamespace(file=SimpleNamespace(src_uri=page))
    return site_hooks.on_page_markdown(markdown, page=source)


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the site in a folder that has the documentation."""
    (folder / "scripts").symlink_to(ROOT / "scripts")
    (folder / "mkdocs.yml").write_bytes((ROOT / "mkdocs.yml").read_bytes())
    command = [str(BUILDER), "-m", "mkdocs", "build", "--strict"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_example_of_the_hook_holds():
    assert doctest.testmod(site_hooks).failed == 0
    assert doctest.testmod(site_hooks).attempted == 1


def test_a_link_within_the_documentation_stays_a_link():
    link = "[marks](../explanation/measured/coverage.md#marks)"

    assert shown(link) == link


def test_a_file_of_the_repository_is_named():
    assert shown("[`functions.tf`](../../terraform/functions.tf)") == "`terraform/functions.tf`"
    assert shown("[roles](../terraform/ROLES.md#who)", "a.md") == "roles (`terraform/ROLES.md`)"
    assert shown("errors ([the model](../../a.py))") == "errors (the model, `a.py`)"


def test_a_page_that_a_text_of_the_program_names_is_linked():
    assert shown("docs/limits.md says why.") == "[docs/limits.md](../limits.md) says why."
    assert shown("see docs/reference/moment.md", "a.md").endswith("(reference/moment.md)")
    for text in ("`docs/limits.md`", "[docs/limits.md](../limits.md)"):
        assert shown(text) == text


def test_a_block_of_code_is_shown_as_written():
    block = "```text\n[a](../../b.py)\n```"

    assert shown(block) == block


def test_the_navigation_lists_every_page(tmp_path):
    for name in ("index.md", "guides/b.md", "guides/a.md", "reference/deep/c.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("# Page")
    nav = [
        {"Home": "index.md"},
        {"Guides": ["guides/b.md", "guides/later.md", "guides/"]},
        {"None": ["none/"]},
    ]
    config = SimpleNamespace(docs_dir=str(tmp_path), nav=[*nav, {"Reference": ["reference/"]}])

    assert site_hooks.on_config(config).nav == [
        {"Home": "index.md"},
        {"Guides": ["guides/b.md", "guides/a.md"]},
        {"Reference": ["reference/deep/c.md"]},
    ]


def test_no_diagram_needs_a_program_of_another_server():
    pages = (ROOT / "docs").rglob("*.md")

    assert [page.name for page in pages if "```mermaid" in page.read_text()] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_lists_look_the_same_on_the_site_as_in_the_repository(page):
    """Python-Markdown nests a list by four spaces, and begins one after an empty line."""
    text = re.sub(r"^ *```.*?```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)

    assert NESTED_TOO_LITTLE.findall(text) == []
    assert LIST_WITHIN_A_PARAGRAPH.findall(text) == []


@needs_mkdocs
def test_the_site_builds_without_a_warning_and_asks_no_other_server(tmp_path):
    (tmp_path / "docs").symlink_to(ROOT / "docs")

    built = build(tmp_path)

    assert built.returncode == 0, built.stderr
    pages = [page.read_text() for page in (tmp_path / "build/site").rglob("*.html")]
    assert pages
    assert [found for page in pages for found in OTHER_SERVER.findall(page)] == []


@needs_mkdocs
def test_a_link_that_leads_nowhere_and_a_page_without_a_place_fail_the_build(tmp_path):
    links = ["nowhere.md", "index.md#no-heading", "/docs/index.md", "nowhere/"]
    omitted = "no-place.md"
    docs = tmp_path / "docs"  # few pages: the whole site takes three seconds of CPU
    docs.mkdir()
    (docs / omitted).write_text("# Not in the navigation")
    (docs / "index.md").write_text("\n".join(f"[broken]({link})\n" for link in links))

    built = build(tmp_path)

    assert built.returncode == 1
    assert [link for link in links if f"'{link}'" not in built.stderr] == []
    assert omitted in built.stderr
