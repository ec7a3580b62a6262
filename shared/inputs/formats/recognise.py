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
from shared.inputs.formats.names import NAMES, folded
from shared.inputs.formats.own_addresses import address_columns, says_other_posts
from shared.inputs.formats.page_url import post_address
from shared.inputs.formats.record import Record
from shared.inputs.formats.stated_columns import (
    UnknownColumn,
    columns_option,
    refuse_unknown,
    resolved_columns,
)
from shared.inputs.suggestions import MOST_LISTED, listed

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
        match = table.recognised_beside(own, names)
    if match is None:
        raise _unknown(names, address_columns(names, first_records))
    own = _own_files(match, columns or ()) | own
    return match.with_columns(own, names) if own else match


def _unknown(columns: tuple[str, ...], addresses: tuple[str, ...]) -> UnknownFormat:
    """What to state where no column surely names the post of each row."""
    if not addresses:
        return UnknownFormat(
            "no column holds ids of videos or addresses of their pages; "
            f"{listed(columns)}. Name yours: --columns video_id=NAME. "
            "The names must be in the first line."
        )
    likely = next((name for name in addresses if not says_other_posts(name)), addresses[0])
    if len(addresses) == 1:
        return UnknownFormat(
            f"{likely[:60]} holds addresses of posts, but perhaps not of each row's own post. If "
            f"they are, state {columns_option('url', likely)}. Else add a column video_id or url."
        )
    names = ", ".join(name[:60] for name in addresses[:MOST_LISTED])
    return UnknownFormat(
        f"these columns hold addresses of posts: {names}. Name the column of each row's own post: "
        f"{columns_option('url', likely)}."
    )


def _own_files(match: Format, columns: Sequence[str]) -> dict[str, str]:
    """The column of own files that a person has added to the export of a tool."""
    if "file" in match.paths:
        return {}
    added = [name for name in match.unused if name in columns and folded(name) in NAMES["file"]]
    return {"file": added[0]} if added else {}


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
