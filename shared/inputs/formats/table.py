"""Any table: columns known by their names, and ids and accounts by addresses of pages."""

from collections.abc import Sequence
from datetime import datetime

from shared.inputs.formats.format import Format
from shared.inputs.formats.names import NAMES, counts_by_word, folded
from shared.inputs.formats.page_url import is_short_link, post_address
from shared.inputs.formats.record import Fields, Record, is_empty, tag_names


def recognised(columns: Sequence[str], records: Sequence[Record]) -> Format | None:
    """A table with a column of ids, of files or of page addresses."""
    paths = _named(columns)
    addresses = address_columns(columns, records)
    if not {"video_id", "file"} & paths.keys() and not addresses:
        return None
    used = {path for candidates in paths.values() for path in candidates} | {*addresses}
    if addresses:
        free = [column for column in columns if column not in used]
        by_word = {
            ours: (name,) for ours, name in counts_by_word(free).items() if ours not in paths
        }
        used |= {name for names in by_word.values() for name in names}
        paths |= by_word
    return Format(
        _title(paths, addresses),
        paths,
        has_reading_time="collected_at" in paths,
        addresses=addresses,
        unused=tuple(column for column in columns if column not in used),
        is_by_names=True,
        adapt=_adapted if "hashtags" in paths else None,
    )


def address_columns(columns: Sequence[str], records: Sequence[Record]) -> tuple[str, ...]:
    """The columns whose first cells are all addresses of posts, or empty."""
    return tuple(column for column in columns if _holds_addresses(column, records))


def _holds_addresses(column: str, records: Sequence[Record]) -> bool:
    cells = [cell for record in records if not is_empty(cell := record.get(column))]
    matches = [cell for cell in cells if post_address(cell) or is_short_link(cell)]
    return bool(matches) and 2 * len(matches) > len(cells)


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
