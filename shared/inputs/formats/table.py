"""Any table: columns known by their names, and ids and accounts by addresses of pages."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.inputs.formats.count_words import count_columns
from shared.inputs.formats.format import Format
from shared.inputs.formats.names import NAMES, folded
from shared.inputs.formats.own_addresses import own_addresses
from shared.inputs.formats.record import Fields, Record, is_empty, tag_names

_FILE_COLUMNS = ("video", "video_file", "clip")
_VIDEO_FILE = re.compile(r".*[^/\\]\.(?:mp4|m4v|mov|webm|mkv|avi|gif)", re.IGNORECASE)


def recognised(columns: Sequence[str], records: Sequence[Record]) -> Format | None:
    """A table with a column of ids, of files or of page addresses."""
    by_field = _named(columns)
    addresses = own_addresses(columns, records, by_field)
    paths = (
        by_field | ({"url": addresses} if addresses else {}) | _files(columns, records, by_field)
    )
    if not {"video_id", "file"} & paths.keys() and not addresses:
        return None
    return _by_names(_title(paths, addresses), paths, columns)


def recognised_beside(stated: Mapping[str, str], columns: Sequence[str]) -> Format:
    """A table whose ids, files or addresses a person names; the other columns by their names."""
    by_field = {ours: paths for ours, paths in _named(columns).items() if ours not in stated}
    free = {ours: paths for ours, paths in by_field.items() if not {*paths} & {*stated.values()}}
    title = "a table, by the columns that you named and the names of the others"
    others = tuple(column for column in columns if column not in stated.values())
    return _by_names(title, free, others)


def _by_names(title: str, paths: dict[str, tuple[str, ...]], columns: Sequence[str]) -> Format:
    used = {path for candidates in paths.values() for path in candidates}
    by_word = count_columns([name for name in columns if name not in used])
    counts = {ours: (name,) for ours, name in by_word.counts.items() if ours not in paths}
    used |= {name for names in counts.values() for name in names}
    paths = paths | counts
    return Format(
        title,
        paths,
        has_reading_time="collected_at" in paths,
        unused=tuple(column for column in columns if column not in used),
        doubtful=tuple(pair for pair in by_word.doubtful if pair[0] not in paths),
        is_by_names=True,
        adapt=_adapted if "hashtags" in paths else None,
    )


def _files(
    columns: Sequence[str], records: Sequence[Record], by_field: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """A column such as `Video` that holds names of video files."""
    if "file" in by_field:
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
