"""Spellings that show a reader the same characters: entities, escapes, wide letters, hidden marks.

`@anna`, `&#64;anna`, `\\u0040anna`, `＠ａｎｎａ` and `@an` + U+200B + `na` look alike. Letters of
another script that look alike, as the Cyrillic а, are other letters.
"""

import html
import json
import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from io import StringIO
from itertools import chain

_ENTITY = r"&(?:amp;)*(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};)"
"""Of HTML. Browsers show numeric ones without a semicolon, too."""

_ESCAPE = r'\\{1,8}(?:u[0-9a-fA-F]{4}(?:\\{1,8}u[dD][c-fC-F][0-9a-fA-F]{2})?|[nrtbf/"])'
"""Of JSON in a text, and of JSON in JSON, which doubles the backslashes. Without their bound, a run
of many would take time by its square."""

_HIDDEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
)
"""Characters of no width, for a class: Unicode's Default_Ignorable_Code_Point."""

_NEAR = "0-9A-Za-z_.@\u00aa-\u1fff\u2c00-\ud7ff\uf900-\ufdff\ufe10-\U0001efff\U00020000-\U0003ffff"
"""Letters of every script, for a class. Hidden marks between emoji hide no name."""

_JAMO = range(0x3131, 0x318F)
"""Single Hangul letters, as in `ㅋㅋㅋ`. NFKC makes syllables of them, which look different."""

_VARIANTS_WITHIN = (
    *(range(0x80, 0xD800), range(0xF900, 0xFFA0), range(0x1D400, 0x1D800)),
    *(range(0x1EE00, 0x1EF00), range(0x1F100, 0x1F200), range(0x1FBF0, 0x1FBFA)),
)


class ShownText:
    """A text as a reader sees it, in NFKC, and where each of its characters comes from."""

    def __init__(self, source: str):
        self._starts = array("Q")
        """Where each piece begins in `text`."""
        self._sources = array("Q")
        """Where each piece begins in the source."""
        self._lengths = array("L")
        """The length of each piece in the source; 0 for one that shows itself."""
        out = StringIO(newline="")
        for start, length, shown in _pieces(source):
            self._starts.append(out.tell())
            self._sources.append(start)
            self._lengths.append(length)
            out.write(shown)
        self.text = out.getvalue()

    def source_span(self, start: int, stop: int) -> tuple[int, int]:
        """The part of the source that shows `text[start:stop]`, which is not empty."""
        return self._source(start)[0], self._source(stop - 1)[1]

    def _source(self, at: int) -> tuple[int, int]:
        number = bisect_right(self._starts, at) - 1
        start, length = self._sources[number], self._lengths[number]
        if length:
            return start, start + length
        start += at - self._starts[number]
        return start, start + 1


def _pieces(source: str) -> Iterator[tuple[int, int, str]]:
    """Pieces of a text that show something: start, length of a disguise or 0, what they show."""
    end = 0
    for match in _disguises().finditer(source):
        if end < match.start():
            yield end, 0, source[end : match.start()]
        if shown := _shown(match[0]):
            yield match.start(), len(match[0]), shown
        end = match.end()
    if end < len(source):
        yield end, 0, source[end:]


def is_disguised(text: str) -> bool:
    """Whether a part of a text may show other letters than those that are written."""
    if text.isascii():
        return ("&" in text or "\\" in text) and bool(_spelt_out().search(text))
    return not _signs().isdisjoint(text) and bool(_disguised().search(text))


def readings(text: str) -> tuple[str, ...]:
    """A text as it is written and, if that is another one, as a reader sees it."""
    return (text, ShownText(text).text) if is_disguised(text) else (text,)


@lru_cache(maxsize=1)
def disguised_pattern() -> str:
    """A pattern, also for RE2, that matches every text of which `is_disguised` is true."""
    hidden = f"[{_NEAR}][{_HIDDEN}]+[{_NEAR}]"
    return f"{_ENTITY}|{_ESCAPE}|[{_variants()}]|{hidden}"


@lru_cache(maxsize=1)
def _signs() -> frozenset[str]:
    """A text without these characters has no disguise. A set is faster than a pattern."""
    some = re.compile(f"[&\\\\{_HIDDEN}{_variants()}]")
    codes = chain(range(0x20000), range(0xE0000, 0xE1000))
    return frozenset(filter(some.match, map(chr, codes)))


@lru_cache(maxsize=1)
def _spelt_out() -> re.Pattern[str]:
    return re.compile(f"{_ENTITY}|{_ESCAPE}")


@lru_cache(maxsize=1)
def _disguised() -> re.Pattern[str]:
    return re.compile(disguised_pattern())


@lru_cache(maxsize=1)
def _disguises() -> re.Pattern[str]:
    return re.compile(f"{_ENTITY}|{_ESCAPE}|[{_HIDDEN}]|[{_variants()}]")


def _shown(disguise: str) -> str:
    """What a reader sees of one disguise; "" for a hidden mark."""
    shown = disguise
    if disguise[0] == "&":
        shown = html.unescape(re.sub("^&(?:amp;)+", "&", disguise))
    elif disguise[0] == "\\":
        escape = re.sub(r"\\+", r"\\", disguise)
        shown = json.loads(f'"{escape}"')
    plain = re.sub(f"[{_variants()}]", lambda each: unicodedata.normalize("NFKC", each[0]), shown)
    return re.sub(f"[{_HIDDEN}]", "", plain)


@lru_cache(maxsize=1)
def _variants() -> str:
    """Characters of which NFKC makes others that a name may have, for a character class."""
    ranges: list[list[int]] = []
    for code in (code for codes in _VARIANTS_WITHIN for code in codes):
        if _is_variant(code):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


def _is_variant(code: int) -> bool:
    character = chr(code)
    plain = unicodedata.normalize("NFKC", character)
    if plain in (character, unicodedata.normalize("NFC", character)) or code in _JAMO:
        return False
    return plain == "." or any(each.isalnum() or each in "@_" for each in plain)
