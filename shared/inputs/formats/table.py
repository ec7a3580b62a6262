"""Any table: columns known by their names, and ids and accounts by addresses of pages."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.inputs.formats.count_words import count_columns
from shared.inputs.formats.format import Format
from shared.inputs.formats.names import NAMES, folded
from shared.inputs.formats.page_url import TIKTOK_ID, is_short_link, post_address
from shared.inputs.formats.record import Fields, Record, is_empty, tag_names

_FILE_COLUMNS = ("video", "video_file", "clip")
_VIDEO_FILE = re.compile(r".*[^/\\]\.(?:mp4|m4v|mov|webm|mkv|avi|gif)", re.IGNORECASE)


def recognised(columns: Sequence[str], records: Sequence[Record]) -> Format | None:
    """A table with a column of ids, of files or of page addresses."""
    named = _named(columns)
    addresses = _own_addresses(columns, records, named)
    paths = named | ({"url": addresses} if addresses else {}) | _files(columns, records, named)
    if not {"video_id", "file"} & paths.keys() and not addresses:
        return None
    used = {path for candidates in paths.values() for path in candidates}
    by_word = count_columns([name for name in columns if name not in used] if addresses else [])
    counts = {ours: (name,) for ours, name in by_word.counts.items() if ours not in paths}
    used |= {name for names in counts.values() for name in names}
    paths |= counts
    return Format(
        _title(paths, addresses),
        paths,
        has_reading_time="collected_at" in paths,
        unused=tuple(column for column in columns if column not in used),
        doubtful=tuple(pair for pair in by_word.doubtful if pair[0] not in paths),
        is_by_names=True,
        adapt=_adapted if "hashtags" in paths else None,
    )


def address_columns(columns: Sequence[str], records: Sequence[Record]) -> tuple[str, ...]:
    """The columns of whose first cells most are addresses of posts; empty cells do not count."""
    return tuple(column for column in columns if _holds_addresses(column, records))


def _holds_addresses(column: str, records: Sequence[Record]) -> bool:
    cells = [cell for record in records if not is_empty(cell := record.get(column))]
    matches = [cell for cell in cells if post_address(cell) or is_short_link(cell)]
    return bool(matches) and 2 * len(matches) > len(cells)


def _own_addresses(
    columns: Sequence[str], records: Sequence[Record], named: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """The columns whose addresses name the post of the row, the surest first.

    A table may hold addresses of other posts too: of the sound, of what was stitched. So a column
    counts by its name. Without such a name, the only column of addresses counts if the ids are
    those of its addresses, or if there are no ids.
    """
    holding = address_columns(columns, records)
    by_name = tuple(column for name in NAMES["url"] for column in holding if folded(column) == name)
    if by_name or len(holding) != 1:
        return by_name
    (column,) = holding
    return holding if _agree(column, named.get("video_id", ()), records) else ()


def _agree(column: str, ids: tuple[str, ...], records: Sequence[Record]) -> bool:
    """Whether the ids of a table are those of its addresses, or only numbers of its rows."""
    has_id = False
    for record in records:
        address = post_address(record.get(column))
        for cell in (record.get(name) for name in ids):
            digits = str(cell).strip()
            if address and digits == address.video_id:
                return True
            has_id = has_id or (bool(digits) and not _is_row_number(digits))
    return not has_id


def _is_row_number(digits: str) -> bool:
    return digits.isdecimal() and not TIKTOK_ID.fullmatch(digits)


def _files(
    columns: Sequence[str], records: Sequence[Record], named: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """A column such as `Video` that holds names of video files."""
    if "file" in named:
        return {}
    for column in columns:
        cells = [cell for record in records if not is_empty(cell := record.get(column))]
        is_file = all(isinstance(cell, str) and _VIDEO_FILE.fullmatch(cell) for cell in cells)
        if folded(column) in _FILE_COLUMNS and cells and is_file:
            return {"file": (column,)}
    return {}


def _named(columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    by_name = {folded(column): column for column in reversed(columns)}
    matches = {
        ours: tuple(by_name[name] for name in names if name in by_name)
        for ours, names in NAMES.items()
    }
    return {ours: candidates[:1] for ours, candidates in matches.items() if candidates}


def _title(paths: dict[str, tuple[str, ...]], addresses: tuple[str, ...]) -> str:
    if "video_id" in paths or "file" in paths:
        return "a table, by the names of its columns"
    return f"a list of page addresses in {addresses[0][:60]}"


def _adapted(fields: Fields, record: Record, read_at: datetime | None) -> Fields:
    """Lists of hashtags that a table holds as text or as objects become names."""
    cell = fields.get("hashtags")
    if not is_empty(cell):
        fields["hashtags"] = tag_names({"hashtags": cell}, "hashtags") or cell
    return fields
