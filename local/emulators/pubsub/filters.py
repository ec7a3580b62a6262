"""Which messages a subscription receives, read from its filter expression.

It reads a part of Pub/Sub's language: `attributes.KEY = "VALUE"` and
`hasPrefix(attributes.KEY, "PREFIX")`, joined by AND.
https://cloud.google.com/pubsub/docs/subscription-message-filter
"""

import re
from collections.abc import Callable, Mapping

from local.emulators.pubsub.errors import InvalidArgument

Attributes = Mapping[str, str]
Filter = Callable[[Attributes], bool]

MAX_FILTER_BYTES = 256

_STRING = r'"(?:[^"\\]|\\.)*"'
_KEY = r"[A-Za-z_][\w\-/]*(?:\.[A-Za-z_][\w\-/]*)*"
_TERM = re.compile(
    rf"""\s*(?:
        attributes\.(?P<equal_key>{_KEY})\s*=\s*(?P<value>{_STRING})
      | hasPrefix\(\s*attributes\.(?P<prefix_key>{_KEY})\s*,\s*(?P<prefix>{_STRING})\s*\)
    )""",
    re.VERBOSE,
)
_AND = re.compile(r"\s+AND(?=\s)")


def parse_filter(text: str) -> Filter:
    """Turn a filter expression into a test of attributes. An empty one accepts all messages.

    Raises InvalidArgument for any other form and for more than 256 bytes.
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
        terms.append(_term(match))
        at = match.end()
    return terms


def _expect(pattern: re.Pattern[str], text: str, at: int) -> re.Match[str]:
    match = pattern.match(text, at)
    if match is None:
        raise InvalidArgument(f"Filter not understood at character {at}: {text[at:]!r}.")
    return match


def _term(match: re.Match[str]) -> Filter:
    if match["equal_key"]:
        key, value = match["equal_key"], _unquoted(match["value"])
        return lambda attributes: attributes.get(key) == value
    key, prefix = match["prefix_key"], _unquoted(match["prefix"])
    return lambda attributes: key in attributes and attributes[key].startswith(prefix)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])
