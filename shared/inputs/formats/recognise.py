"""Recognise the format of a file by its columns and its first records."""

from collections.abc import Callable, Mapping, Sequence

from shared.inputs.formats import (
    pyktok,
    studio,
    table,
    tiktok_scraper,
    web_post,
    web_post_table,
    ytdlp,
)
from shared.inputs.formats.format import Format
from shared.inputs.formats.names import NAMES
from shared.inputs.formats.page_url import post_address
from shared.inputs.formats.record import Record
from shared.inputs.formats.stated_columns import (
    UnknownColumn,
    refuse_unknown,
    resolved_columns,
)
from shared.inputs.suggestions import listed

FIRST_RECORDS = 50
"""So many records decide. Apify lists failures between posts, so one is not enough."""

_Recogniser = Callable[[Sequence[str], Sequence[Record]], Format | None]
_RECOGNISERS: tuple[_Recogniser, ...] = (
    web_post.recognised,
    ytdlp.recognised,
    tiktok_scraper.recognised,
    pyktok.recognised,
    studio.recognised,
    web_post_table.recognised,
    table.recognised,
)
"""In this order: a tool's own shape is surer than names of columns."""


class UnknownFormat(ValueError):
    """The file is not a list of videos that we can read. The text says what to do."""


def recognise(
    columns: Sequence[str] | None,
    first_records: Sequence[Record],
    stated: Mapping[str, str] | None = None,
) -> Format:
    """The format of a file.

    `columns` are those of its header; None where records name their own. `first_records` are its
    first rows, at most FIRST_RECORDS. `stated` maps our fields to columns, and comes before all
    that we recognise. Raises UnknownFormat.
    """
    names = tuple(columns) if columns is not None else _keys(first_records)
    own = _resolved(stated or {}, names, first_records)
    matches = (recognised(names, first_records) for recognised in _RECOGNISERS)
    match = next((match for match in matches if match), None)
    if match is None and {"video_id", "file", "url"} & own.keys():
        match = Format("a table, by the columns that you named", {}, False, unused=names)
    if match is None:
        addresses = table.address_columns(names, first_records)
        if len(addresses) > 1:
            raise UnknownFormat(
                f"{listed(addresses)} hold addresses of posts. Name the column of each row's own "
                f"post: --columns url={addresses[0]}."
            )
        raise UnknownFormat(
            "no column holds ids of videos or addresses of their pages; "
            f"{listed(names)}. Name yours: --columns video_id=NAME. "
            "The names must be in the first line."
        )
    return match.with_columns(own, names) if own else match


def is_without_header(columns: Sequence[str]) -> bool:
    """Whether the first line of a table holds a post's address, so that it is a row, not names."""
    return any(post_address(column) for column in columns)


def _keys(records: Sequence[Record]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(key) for record in records for key in record))


def _resolved(
    stated: Mapping[str, str], columns: tuple[str, ...], records: Sequence[Record]
) -> dict[str, str]:
    try:
        refuse_unknown(stated, list(NAMES))
        return resolved_columns(stated, columns, records)
    except UnknownColumn as error:
        raise UnknownFormat(str(error)) from error
