"""Which messages a subscription wants, read from its filter expression.

The part of Pub/Sub's language understood here: `attributes.KEY = "VALUE"`,
`hasPrefix(attributes.KEY, "PREFIX")`, `attributes:KEY`, each optionally after NOT, joined by
AND. A KEY is bare or quoted. https://cloud.google.com/pubsub/docs/subscription-message-filter
"""

import re
from collections.abc import Callable, Mapping

from local.emulators.pubsub.errors import InvalidArgument

Attributes = Mapping[str, str]
Filter = Callable[[Attributes], bool]

MAX_FILTER_BYTES = 256

_STRING = r'"(?:[^"\\]|\\.)*"'
_KEY = rf"(?:[A-Za-z_][\w\-/]*(?:\.[A-Za-z_][\w\-/]*)*|{_STRING})"
_TERM = re.compile(
    rf"""\s*(?P<negated>NOT\s+)?(?:
        attributes\.(?P<equal_key>{_KEY})\s*=\s*(?P<value>{_STRING})
      | hasPrefix\(\s*attributes\.(?P<prefix_key>{_KEY})\s*,\s*(?P<prefix>{_STRING})\s*\)
      | attributes:(?P<key>{_KEY})
    )""",
    re.VERBOSE,
)
_AND = re.compile(r"\s+AND(?=\s)")


def parse_filter(text: str) -> Filter:
    """Turn a filter expression into a test of attributes; an empty one accepts all.

    InvalidArgument for anything outside the forms above or over 256 bytes.
    """
    if len(text.encode()) > MAX_FILTER_BYTES:
        raise InvalidArgument(f"Filter is longer than {MAX_FILTER_BYTES} bytes.")
    terms = _terms(text)
    return lambda attributes: all(term(attributes) for term in terms)


def _terms(text: str) -> list[Filter]:
    terms: list[Filter] = []
    at = 0
    while text[at:].strip():
        if terms:
            at = _expect(_AND, text, at).end()
        match = _expect(_TERM, text, at)
        terms.append(_negated(match) if match["negated"] else _plain(match))
        at = match.end()
    return terms


def _expect(pattern: re.Pattern[str], text: str, at: int) -> re.Match[str]:
    match = pattern.match(text, at)
    if match is None:
        raise InvalidArgument(f"Filter not understood at character {at}: {text[at:]!r}.")
    return match


def _negated(match: re.Match[str]) -> Filter:
    term = _plain(match)
    return lambda attributes: not term(attributes)


def _plain(match: re.Match[str]) -> Filter:
    if match["equal_key"]:
        key, value = _unquoted(match["equal_key"]), _unquoted(match["value"])
        return lambda attributes: attributes.get(key) == value
    if match["prefix_key"]:
        key, prefix = _unquoted(match["prefix_key"]), _unquoted(match["prefix"])
        return lambda attributes: attributes.get(key, "").startswith(prefix) and key in attributes
    key = _unquoted(match["key"])
    return lambda attributes: key in attributes


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text
