"""The sentences of a page, and the words of the project in them.

`python -m tests.docs.prose [PAGE…]` prints what is too long, and what is not explained.
"""

import re
import sys
from pathlib import Path
from statistics import fmean

from tests.docs.pages import DOCS, ROOT, lessons

MEAN_WORDS = 16
MOST_WORDS = 30
EVERYDAY = (
    *("account", "anchor", "card", "condition", "creator", "function", "lock", "moment"),
    *("outcome", "power", "predictor", "reading", "surprise"),
)
"""Words of the glossary that have an everyday meaning, too: a reader can read on."""

_NO_PROSE = re.compile(
    r"\A---\n.*?^---\n|^ *```.*?```|<!--.*?-->|<picture>.*?</picture>"
    r"|!\[[^\]]*\]\([^)]*\)|<a id[^>]*></a>",
    re.MULTILINE | re.DOTALL,
)
_OTHER_LINE = re.compile(r"^(#|\|| {4}).*$", re.MULTILINE)
_ITEM = re.compile(r"^ {0,3}(?:[-*]|\d+\.) +", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")
_GLOSSARY = re.compile(r'^- <a id="[\w-]+"></a>(.*?):(.*)', re.MULTILINE)
_BOLD = re.compile(r"\*\*(.+?)\*\*")


def marked_prose(markdown: str) -> str:
    """What a person reads as sentences, with its bold words and links: a paragraph per item."""
    text = _OTHER_LINE.sub("", _NO_PROSE.sub("", markdown))
    return _ITEM.sub("\n\n", text)


def prose(markdown: str) -> str:
    """What a person reads as sentences: no code blocks, tables, pictures, headings or addresses."""
    return re.sub(r"<https?://[^>]*>", "the address", _LINK.sub(r"\1", marked_prose(markdown)))


def sentences(markdown: str) -> list[str]:
    return split(prose(markdown))


def split(text: str) -> list[str]:
    """The sentences of prose. One ends at a full stop before a capital letter or code."""
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
    return [
        sentence
        for paragraph in paragraphs
        for sentence in re.split(r"(?<=[.?!])(?:\*\*)?\s+(?=[\W_]*[A-Z`])", paragraph)
        if re.search(r"\w", sentence)
    ]


def words(sentence: str) -> int:
    return len([word for word in sentence.split() if re.search(r"\w", word)])


def mean_words(markdown: str) -> float:
    return fmean(map(words, sentences(markdown)))


def long_sentences(markdown: str) -> list[str]:
    return [sentence for sentence in sentences(markdown) if words(sentence) > MOST_WORDS]


def terms(glossary: str) -> list[str]:
    """The words that the glossary explains, and their other names, but no everyday ones."""
    names: list[str] = []
    for title, explanation in _GLOSSARY.findall(glossary):
        names += _BOLD.findall(title) + re.findall(r"(?:, or|, also) ([^,*]+)$", title)
        names += _BOLD.findall(explanation)
    return sorted({name for name in names if name not in EVERYDAY}, key=str.casefold)


def unexplained(markdown: str, names: list[str]) -> list[tuple[str, str]]:
    """Terms whose first sentence neither has them in bold nor links to the glossary."""
    listed = [re.sub(r"`[^`]*`", "`…`", sentence) for sentence in split(marked_prose(markdown))]
    firsts = ((name, _first(listed, name)) for name in names)
    return [(name, first) for name, first in firsts if first and not _explains(first, name)]


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/-]){re.escape(name)}s?(?![\w/-])", re.IGNORECASE)


def _first(listed: list[str], name: str) -> str:
    pattern = _pattern(name)
    return next((text for text in listed if pattern.search(_LINK.sub(r"\1", text))), "")


def _explains(sentence: str, name: str) -> bool:
    pattern = _pattern(name)
    links = [text for text, target in _LINK.findall(sentence) if "glossary.md" in target]
    return any(pattern.search(text) for text in [*_BOLD.findall(sentence), *links])


def main(arguments: list[str]) -> int:
    named = [Path(argument).resolve() for argument in arguments] or lessons()
    names = terms((DOCS / "glossary.md").read_text())
    failed = False
    for page in named:
        text = page.read_text()
        mean = mean_words(text)
        print(f"{page.relative_to(ROOT)}: {mean:.1f} words a sentence, at most {MEAN_WORDS}")
        problems = [f"{words(sentence)} words: {sentence}" for sentence in long_sentences(text)]
        problems += [f"“{name}”: {sentence}" for name, sentence in unexplained(text, names)]
        for problem in problems:
            print(f"  {problem}")
        failed |= bool(problems) or mean > MEAN_WORDS
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
