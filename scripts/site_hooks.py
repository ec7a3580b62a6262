"""How the site differs from the folder docs/: MkDocs calls these functions while it builds.

https://www.mkdocs.org/user-guide/configuration/#hooks, read 2026-11. The site is built in an
environment of its own, so this file needs the standard library alone.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_LINK = re.compile(
    r"\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]\((?P<target>\.\./[^)\s#]+)(?:#[^)\s]*)?\)"
)
_PAGE = re.compile(r"(?<![\w/`(\[])docs/(?P<path>[\w/-]+\.md)(?![\w`\]])")
_FENCE = re.compile(r"^(```.*?^```)$", re.MULTILINE | re.DOTALL)


def on_config(config: Any) -> Any:
    """List the pages of each folder that the navigation names with a trailing slash.

    MkDocs warns of each page that has no place here, so a name without a page is no silent mistake.
    """
    docs = Path(config.docs_dir)
    sections = [
        {title: list(_pages(docs, entries)) if isinstance(entries, list) else entries}
        for section in config.nav
        for title, entries in section.items()
    ]
    config.nav = [section for section in sections if all(section.values())]
    return config


def _pages(docs: Path, entries: list[str]) -> Iterator[str]:
    for entry in entries:
        if entry.endswith("/"):
            pages = (page.relative_to(docs).as_posix() for page in docs.glob(f"{entry}**/*.md"))
            yield from sorted(page for page in pages if page not in entries)
        elif (docs / entry).is_file():
            yield entry


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Name the files of the repository that a page links to, and link the pages that it names.

    The site does not hold those files. Texts of the program name pages as `docs/limits.md`.
    """
    parts = _FENCE.split(markdown)
    folder = posixpath.dirname(page.file.src_uri)
    for number in range(0, len(parts), 2):
        text = _LINK.sub(lambda link: _named(folder, link), parts[number])
        parts[number] = _PAGE.sub(lambda name: _linked(folder, name), text)
    return "".join(parts)


def _linked(folder: str, name: re.Match[str]) -> str:
    """The name of a page as a link to it."""
    return f"[{name[0]}]({posixpath.relpath(name['path'], folder or '.')})"


def _named(folder: str, link: re.Match[str]) -> str:
    """A link as it is, or the words of a link out of docs/ and the path of its file.

    >>> _named("reference", _LINK.match("[the ladder](../../shared/insights/ladder.yaml)"))
    'the ladder (`shared/insights/ladder.yaml`)'
    """
    path = posixpath.normpath(posixpath.join("docs", folder, link["target"]))
    if path.startswith("docs/"):
        return link[0]
    if path.endswith(link["text"].strip("`")):
        return f"`{path}`"
    in_brackets = link.string[: link.start()].endswith("(")
    return f"{link['text']}, `{path}`" if in_brackets else f"{link['text']} (`{path}`)"
