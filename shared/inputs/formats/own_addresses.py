"""Which columns of a table hold the addresses of its own posts.

A table may hold addresses of other posts too: of the sound, of what was stitched or answered.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from shared.inputs.formats.names import NAMES, folded
from shared.inputs.formats.page_url import TIKTOK_ID, is_short_link, post_address
from shared.inputs.formats.record import Record, is_empty
from shared.inputs.handles import handle, written_handle

_OF_OTHERS = re.compile(
    r"(?:^|[_.])(?:duet|dúo|stitch|remix|parent|origin|sound|song|son(?:$|_)|sonido|musi|música|audio"
    r"|repl(?:y|ie)|respon|respuesta|resposta|antwort|comment|source|quelle|fuente|fonte|quot|zit"
    r"|refer|relat|mention|repost|reshare|inspir)"
)
"""Beginnings of words that say of which other post an address is, folded."""

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BLANKS = re.compile(r"\s")


def address_columns(columns: Sequence[str], records: Sequence[Record]) -> tuple[str, ...]:
    """The columns of whose first cells most are addresses of posts; empty cells do not count."""
    return tuple(column for column in columns if _holds_addresses(column, records))


def says_other_posts(column: str) -> bool:
    """Whether a column's name says that its addresses are of other posts, as `duet_of` does."""
    return not post_address(column) and bool(_OF_OTHERS.search(folded(_CAMEL.sub("_", column))))


def own_addresses(
    columns: Sequence[str], records: Sequence[Record], by_field: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """The columns whose addresses name the post of the row, the surest first.

    A column counts by its name. Without such a name, the only column of addresses counts if the
    ids are those of its addresses. Where there are no ids, it counts unless its name or the
    accounts of the rows say that the posts are others.
    """
    holding = address_columns(columns, records)
    by_name = tuple(column for name in NAMES["url"] for column in holding if folded(column) == name)
    if by_name or len(holding) != 1:
        return by_name
    (column,) = holding
    ids = tuple(_ids(column, by_field.get("video_id", ()), records))
    if any(ids):
        return holding
    is_other = says_other_posts(column) or _is_contradicted(column, by_field, records)
    return () if ids or is_other else holding


def _holds_addresses(column: str, records: Sequence[Record]) -> bool:
    cells = [cell for record in records if not is_empty(cell := record.get(column))]
    matches = [cell for cell in cells if post_address(cell) or is_short_link(cell)]
    return bool(matches) and 2 * len(matches) > len(cells)


def _ids(column: str, ids: tuple[str, ...], records: Sequence[Record]) -> Iterator[bool]:
    """For each id of a row, whether it is that of the address. Numbers of rows are no ids."""
    for record in records:
        address = post_address(record.get(column))
        for cell in (record.get(name) for name in ids):
            digits = "" if is_empty(cell) else str(cell).strip()
            if address and digits == address.video_id:
                yield True
            elif digits and not _is_row_number(digits):
                yield False


def _is_row_number(digits: str) -> bool:
    return digits.isdecimal() and not TIKTOK_ID.fullmatch(digits)


def _is_contradicted(
    column: str, by_field: Mapping[str, tuple[str, ...]], records: Sequence[Record]
) -> bool:
    """Whether most rows that name an account name another one than their address."""
    matches = []
    for record in records:
        address = post_address(record.get(column))
        cell = next((record.get(name) for name in by_field.get("username", ())), None)
        if address is None or address.handle is None or not isinstance(cell, str):
            continue
        account = written_handle(cell)
        if account and not _BLANKS.search(account):  # a name with blanks is what the page shows
            matches.append(account == handle(address.handle))
    return 2 * matches.count(False) > len(matches)
