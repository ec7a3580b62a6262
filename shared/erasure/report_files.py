"""Whether a report names somebody who was erased, in the lake or on this machine.

Such a report is deleted whole, because the next run makes it again. Its data is read by column:
creators, captions and ids can name somebody, a number or the name of a collection cannot.
"""

import re

from shared.erasure.creator_lists import redacted_table
from shared.inputs.json_input import parse_json
from shared.privacy.free_text import ACCOUNTS
from shared.privacy.redaction import GONE, Redaction

_PAYLOAD = re.compile(
    rb'<script type="application/json" id="report">(.*?)</script>', re.DOTALL | re.IGNORECASE
)
_PIECES = re.compile(r"""[">']([^"'<>]{1,100})["<']""")
"""Texts and attribute values of a page that we did not write, one by one."""


def report_names_erased(name: str, content: bytes, redaction: Redaction) -> bool:
    if name.endswith(".csv"):
        redacted = redacted_table(content, ACCOUNTS, _columns_without_text(content), redaction)
        return redacted is not None and redacted != content
    if payload := _PAYLOAD.search(content):
        return _payload_names_erased(payload[1], redaction)
    try:
        value = parse_json(content)
    except ValueError:
        return _page_names_erased(content.decode("utf-8", "replace"), redaction)
    redacted = redaction.value(value)
    return redacted is GONE or redacted != value


def _payload_names_erased(payload: bytes, redaction: Redaction) -> bool:
    try:
        value = parse_json(payload)
    except ValueError:
        return redaction.names_in_unreadable(payload)
    redacted = redaction.value(value)
    return redacted is GONE or redacted != value


def _page_names_erased(text: str, redaction: Redaction) -> bool:
    if redaction.names_in_unreadable(text.encode()):
        return True
    pieces = (piece for piece in _PIECES.findall(text) if any(map(str.isalpha, piece)))
    return any(redaction.erased.has_creator(piece.strip()) for piece in pieces)


def _columns_without_text(content: bytes) -> frozenset[str]:
    """Every column of our own table except creator and caption. They hold no free text."""
    header = content.partition(b"\n")[0].decode("utf-8", "replace").strip()
    return frozenset(name.strip().lower() for name in header.split(",")) - {"caption", "creator"}
