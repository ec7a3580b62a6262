"""A table of videos: columns by their standard names, converted to checked types."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.inputs import coerce
from shared.inputs.handles import handle
from shared.insights.table.columns import EMPTY, converted, refuse_cut_ids
from shared.insights.table.read import Cells, RawTable, columns_of, read_raw
from shared.insights.table.schema import AGE, POSTING_HOUR, TOPIC, TableSchema
from shared.insights.table.topics import caption_hashtags, topics

SECONDS_A_DAY = 86_400

_IDS_END = ("id", "key")
"""Ends of the names of columns that hold ids. The case of an id counts."""


@dataclass(frozen=True)
class VideoTable:
    """Rows in the order of the file.

    Counts and numbers are float64 with NaN where missing, ids and text are str or None, times are
    datetime64 in UTC, `synthetic` is True, False or None. `age` (days), `posting_hour` (0–24, UTC)
    and differences exist where the schema names them. `rounded` marks rows with a count such as
    "541.2K".
    """

    frame: pd.DataFrame
    rounded: pd.Series
    sha256: str


def read_table(path: Path, schema: TableSchema) -> VideoTable:
    """Read the schema's columns of a file. Raises BadTable, which names the column and the row."""
    return _typed(read_raw(path, schema.required, schema.optional), schema)


def table_of(records: Iterable[Mapping[str, Any]], schema: TableSchema, what: str) -> VideoTable:
    """The table of rows in memory; the hash is that of their canonical JSON. Raises BadTable."""
    columns = columns_of(records, schema.required, what, schema.optional)
    text = json.dumps(columns, sort_keys=True, default=str, separators=(",", ":"))
    return _typed(RawTable(columns, hashlib.sha256(text.encode()).hexdigest()), schema)


def collected_at(frame: pd.DataFrame, as_of: datetime | None) -> pd.Series:
    """When the counts of each row were read: `collected_at`, else `as_of`, else unknown."""
    times = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us, UTC]")
    if "collected_at" in frame:
        times = frame["collected_at"]
    return times if as_of is None else times.fillna(pd.Timestamp(as_of))


def _typed(raw: RawTable, schema: TableSchema) -> VideoTable:
    rows = len(next(iter(raw.columns.values())))
    rounded = np.zeros(rows, dtype=bool)
    columns: dict[str, Any] = {}
    for name, kind in schema.kinds.items():
        source = schema.sources[name]
        if source not in raw.columns:
            continue
        cells = raw.columns[source]
        if kind == "count":
            count = coerce.count(raw.thousands_by_comma)
            pairs = converted(name, source, cells, count, (np.nan, False))
            columns[name] = np.array([value for value, _ in pairs], dtype=np.float64)
            rounded |= np.array([is_rounded for _, is_rounded in pairs], dtype=bool)
        else:
            columns[name] = _CONVERTERS[kind](name, source, cells, raw.thousands_by_comma)
            if name == schema.creator and not source.strip().casefold().endswith(_IDS_END):
                columns[name] = columns[name].map(_creator, na_action="ignore")
    frame = pd.DataFrame(columns, index=pd.RangeIndex(rows))
    for name, (first, second) in schema.differences.items():
        frame[name] = frame[first] - frame[second]
    if AGE in schema.derived:
        elapsed = collected_at(frame, schema.as_of) - frame["created_at"]
        frame[AGE] = elapsed.dt.total_seconds() / SECONDS_A_DAY
    if POSTING_HOUR in schema.derived:
        created = frame["created_at"].dt
        frame[POSTING_HOUR] = created.hour + created.minute / 60
    if TOPIC in schema.derived:
        frame[TOPIC] = _topics(raw, schema, frame)
    return VideoTable(frame, pd.Series(rounded), raw.sha256)


def _topics(raw: RawTable, schema: TableSchema, frame: pd.DataFrame) -> pd.Series:
    """The topic of each row. Hashtags of their own column come before those in a caption."""
    creators = None if schema.creator is None else frame[schema.creator].tolist()
    if "hashtags" in schema.sources:
        cells = raw.columns[schema.sources["hashtags"]]
    else:
        cells = [caption_hashtags(cell) for cell in raw.columns[schema.sources["caption"]]]
    return pd.Series(topics(cells, creators), index=frame.index, dtype=object)


def _numbers(name: str, source: str, cells: Cells, commas: bool) -> Any:
    values = converted(name, source, cells, coerce.measure(commas), np.nan)
    return np.array(values, dtype=np.float64)


def _ids(name: str, source: str, cells: Cells, commas: bool) -> Any:
    values = converted(name, source, cells, coerce.identifier, None, EMPTY)
    refuse_cut_ids(name, source, values)
    return pd.Series(values, dtype=object)


def _creator(name: str) -> str:
    """A handle in its one spelling, so that `@me`, `ME` and `me ` are one creator."""
    return handle(name) or name


def _objects(convert: Callable[[Any], Any]) -> Callable[[str, str, Cells, bool], Any]:
    def column_of(name: str, source: str, cells: Cells, commas: bool) -> Any:
        return pd.Series(converted(name, source, cells, convert, None, EMPTY), dtype=object)

    return column_of


def _times(name: str, source: str, cells: Cells, commas: bool) -> Any:
    values: list[datetime | None] = converted(name, source, cells, coerce.moment, None)
    return pd.Series(pd.array(values, dtype="datetime64[us, UTC]"))


_CONVERTERS: dict[str, Callable[[str, str, Cells, bool], Any]] = {
    "id": _ids,
    "text": _objects(coerce.text),
    "number": _numbers,
    "time": _times,
    "yes_or_no": _objects(coerce.yes_or_no),
}
