"""Find mentions of erased creators and videos in texts of any script and case.

A name counts after an @. Without an @ it counts only if it can hardly be another word: it has a
letter and five or more characters with a dot or an underscore, or a letter and eight or more
characters with a digit. `ana`, `2026`, `3.5` and `00z` may be anything; `ada.l` and `charlie99` may
not. A video counts by an id as long as TikTok's, or by the id of an own file.

Python and BigQuery's RE2 disagree about words: \\b and \\w of RE2 match ASCII only. So RE2 only
selects texts that contain a name anywhere (`pattern_of`), or that may show other letters than
their own (`disguised_pattern`), and this module decides.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from shared.inputs.handles import handle
from shared.privacy.disguises import ShownText, is_disguised

ERASED = "[erased]"
Predicate = Callable[[str], bool]
Span = tuple[int, int]

_LEAST_PUNCTUATED, _LEAST_NUMBERED = 5, 8
_MOST_WORDS = 4
"""In a name from a manifest, such as `Ana María`. TikTok's own names have one word."""

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_UNSPACED += "\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3"
"""Thai to Khmer, kana and Han put no space between a name and the next word. Korean puts none
before a particle or a title (`@anna님`)."""

_AT = "(?:[@＠]|%40)"
"""%40 is an @ in a URL."""

_DIRECTIONS = "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*"
"""Marks of writing direction. Apps put them between the @ and a name."""

_TRAILING = ".\u200c\u200d\ufe0e\ufe0f"
"""Characters after a name that do not belong to it: full stops, joiners, variants of emoji."""

_FILE = re.compile(r"(?:\.(?:mp4|m4v|mov|webm|mkv|avi|gif|jpe?g|png))$", re.IGNORECASE)
"""The end of a file's name. A name of TikTok may have a dot and letters, too, as `ada.l`."""

_ADDED = re.compile(r"(?:[._]|_(?:video|v?[0-9]+|\[erased\]))$", re.IGNORECASE)
"""What tools add to an account's name in the name of a file, as in `@ada_video_73….mp4`."""

_ID = re.compile(r"(?<![A-Za-z0-9])(?:[0-9]{15,20}|u[0-9a-f]{16})(?![A-Za-z0-9])")
"""Ids of TikTok, and of own files. A shorter number in a text is a count."""


def is_unmistakable(name: str) -> bool:
    """Whether a name can hardly be another word, so that it counts without an @."""
    name = name.strip("._")
    if not any(map(str.isalpha, name)):
        return False
    if len(name) >= _LEAST_PUNCTUATED and ("." in name or "_" in name):
        return True
    return len(name) >= _LEAST_NUMBERED and any(map(str.isdigit, name))


def without_mentions(
    text: str, has_video: Predicate, has_creator: Predicate, only_at: bool = False
) -> str:
    """The text with erased names and ids replaced.

    `has_video` and `has_creator` say whether an id or a name was erased. With `only_at`, names
    count only after an @. A name counts as it is written, and as a reader sees it
    (shared/privacy/disguises.py).
    """

    def ids(text: str) -> Iterator[Span]:
        return (match.span() for match in _ID.finditer(text) if has_video(match[0]))

    def names(text: str) -> Iterator[Span]:
        return _names(text, has_creator, only_at)

    def names_of_file(text: str) -> Iterator[Span]:
        return names(_stem(text))

    def names_with_addition(text: str) -> Iterator[Span]:
        return _names_with_addition(_stem(text), has_creator, only_at)

    searches = (ids, names, names_of_file, names_with_addition)
    for search in searches:
        text = _replaced(text, search(text))
    if not is_disguised(text):
        return text
    shown = ShownText(text)
    for search in searches:
        spans = [shown.source_span(*span) for span in search(shown.text)]
        if spans:
            text = _replaced(text, spans)
            shown = ShownText(text)
    return text


def _replaced(text: str, spans: Iterable[Span]) -> str:
    pieces: list[str] = []
    end = 0
    for start, stop in spans:
        pieces += [text[end:start], ERASED]
        end = stop
    return "".join([*pieces, text[end:]]) if pieces else text


def _stem(text: str) -> str:
    """The name of a file without its ending; "" for another text."""
    ending = _FILE.search(text)
    return text[: ending.start()] if ending else ""


def _names(text: str, has_creator: Predicate, only_at: bool) -> Iterator[Span]:
    end = 0
    for token in _tokens().finditer(text):
        if token.start() < end:
            continue
        spans = _after_at(text, token) if token[1] else () if only_at else _alone(token)
        for start, stop in spans:
            if has_creator(text[start:stop]):
                yield start, stop
                end = stop
                break


def _names_with_addition(stem: str, has_creator: Predicate, only_at: bool) -> Iterator[Span]:
    """Names in the name of a file to which a tool has added something."""
    for token in _words_of_file().finditer(stem):
        name = token[2]
        while name and not has_creator(name):
            added = _ADDED.search(name)
            name = name[: added.start()] if added else ""
        if name and (token[1] or (not only_at and is_unmistakable(name))):
            yield token.start(2), token.start(2) + len(name)


def _after_at(text: str, token: re.Match[str]) -> Iterator[Span]:
    """Possible spans of the name after an @, the longest first."""
    start, stop = token.span(2)
    more = _more_words().match(text, stop)
    stops = [] if more is None else [stop + length for length in _ends_of_words(more[0])]
    for at in [*reversed(stops), *(start + cut for cut in reversed(_cuts(token[2])))]:
        trimmed = len(text[start:at].rstrip(_TRAILING))
        if trimmed:
            yield start, start + trimmed


def _ends_of_words(more: str) -> list[int]:
    return [match.end() for match in re.finditer(r"[ -][^ -]+", more)]


def _cuts(word: str) -> list[int]:
    """Possible ends of a name in a word: the end of the word, and each change of script."""
    return [match.end() for match in _scripts().finditer(word)]


def _alone(token: re.Match[str]) -> Iterator[Span]:
    """Spans of a word, and of its parts by script, that can only be names."""
    word = token[2]
    if len(word) < min(_LEAST_PUNCTUATED, _LEAST_NUMBERED):
        return
    parts = [] if word.isascii() else [part.span() for part in _scripts().finditer(word)]
    for start, stop in ((0, len(word)), *parts):
        name = word[start:stop].rstrip(_TRAILING)
        if is_unmistakable(name):
            yield token.start(2) + start, token.start(2) + start + len(name)


# Patterns, made at first use because it takes a moment to collect the marks of all scripts


@lru_cache(maxsize=1)
def _word() -> str:
    """Characters of a name, for a character class: with marks, which \\w does not match."""
    marks: list[list[int]] = []
    for code in range(0x300, 0x1F000):
        if unicodedata.category(chr(code)).startswith("M"):
            if marks and marks[-1][1] == code - 1:
                marks[-1][1] = code
            else:
                marks.append([code, code])
    ranges = "".join(f"{chr(first)}-{chr(last)}" for first, last in marks)
    return rf"\w.\u200c\u200d{ranges}"


@lru_cache(maxsize=1)
def _tokens() -> re.Pattern[str]:
    return re.compile(f"(?:({_AT}){_DIRECTIONS})?([{_word()}]+)")


@lru_cache(maxsize=1)
def _words_of_file() -> re.Pattern[str]:
    return re.compile(f"({_AT})?([^@＠ ]+)")


@lru_cache(maxsize=1)
def _more_words() -> re.Pattern[str]:
    return re.compile(f"(?:[ -][{_word()}]+){{1,{_MOST_WORDS - 1}}}")


@lru_cache(maxsize=1)
def _scripts() -> re.Pattern[str]:
    hiragana, katakana = "\u3040-\u309f", "\u30a0-\u30ff"
    han = "\u3005\u3400-\u9fff\uf900-\ufaff"
    hangul = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3"
    others = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
    return re.compile(
        f"[{hiragana}]+|[{katakana}]+|[{han}]+|[{hangul}]+|[{others}]+|[^{_UNSPACED}]+"
    )


# Patterns for BigQuery


def pattern_of(name: str) -> str:
    """An RE2 pattern that matches every text in which the name is replaced as it is written."""
    plain = handle(name)
    forms = dict.fromkeys([plain, unicodedata.normalize("NFD", plain)])
    either = "|".join(map(_in_any_case, forms))
    return f"(?:{either})" if is_unmistakable(plain) else f"{_AT}{_DIRECTIONS}(?:{either})"


def _in_any_case(name: str) -> str:
    """A pattern for the name in any case. Python folds `ß` to `ss`, and RE2 does not."""
    spellings, parts, at = _spellings(), [], 0
    while at < len(name):
        several = (n for n in (3, 2) if len(piece := name[at : at + n]) == n and piece in spellings)
        longest = next(several, 1)
        piece = name[at : at + longest]
        whole = "".join(sorted(spellings.get(piece, ())))
        if longest == 1:
            parts.append(_class(piece + whole))
        else:
            single = "".join(_class(c + "".join(sorted(spellings.get(c, ())))) for c in piece)
            parts.append(f"(?:{single}|{_class(whole)})")
        at += longest
    return "".join(parts)


def _class(characters: str) -> str:
    if len(characters) == 1:
        return re.escape(characters)
    return f"[{''.join(map(re.escape, characters))}]"


@lru_cache(maxsize=1)
def _spellings() -> dict[str, set[str]]:
    """The characters that casefold turns into each text."""
    spellings: dict[str, set[str]] = {}
    for code in (*range(0x41, 0xD800), *range(0xE000, 0x1EA00)):
        folding = unicodedata.normalize("NFC", chr(code).casefold())
        if folding != chr(code):
            spellings.setdefault(folding, set()).add(chr(code))
    return spellings
