"""A table of videos in the plan's words: columns by their standard names, of checked types."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.inputs import coerce as cell
from shared.insights.plan import AGE, DERIVED, POSTING_HOUR, Plan
from shared.insights.table import columns as cells
from shared.insights.table.kinds import kind_of
from shared.insights.table.read import Cells, Raw, columns_of, read_raw

SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Table:
    """Rows as they came, in their order.

    Counts and numbers are float64 with NaN where missing, ids and text are str or None, times are
    datetime64 in UTC, `synthetic` is True, False or None. `age` (days), `posting_hour` (0–24, UTC)
    and the plan's differences are there where the plan asks for them. `rounded` marks rows with a
    count such as "541.2K".
    """

    frame: pd.DataFrame
    rounded: pd.Series
    sha256: str


def read_table(path: Path, plan: Plan) -> Table:
    """Read what the plan uses of a file. Raises BadTable: which column, which row, what to do."""
    return _typed(read_raw(path, plan.columns.values()), plan)


def table_of(records: Iterable[Mapping[str, Any]], plan: Plan, what: str) -> Table:
    """The same from rows in memory; their hash is that of their canonical JSON. Raises BadTable."""
    columns = columns_of(records, plan.columns.values(), what)
    told = json.dumps(columns, sort_keys=True, default=str, separators=(",", ":"))
    return _typed(Raw(columns, hashlib.sha256(told.encode()).hexdigest()), plan)


def _typed(raw: Raw, plan: Plan) -> Table:
    used = sorted(plan.used())
    rows = len(next(iter(raw.columns.values())))
    rounded = np.zeros(rows, dtype=bool)
    made: dict[str, Any] = {}
    for name in used:
        kind, column = kind_of(name, plan), plan.columns[name]
        given = raw.columns[column]
        if kind == "count":
            read = cells.converted(
                name, column, given, cell.count(raw.thousands_by_comma), (np.nan, False)
            )
            made[name] = np.array([value for value, _ in read], dtype=np.float64)
            rounded |= np.array([was for _, was in read], dtype=bool)
        else:
            made[name] = _COLUMNS[kind](name, column, given, raw.thousands_by_comma)
    frame = pd.DataFrame(made, index=pd.RangeIndex(rows))
    for name, (first, second) in plan.differences.items():
        frame[name] = frame[first] - frame[second]
    return Table(_with_derived(frame, plan), pd.Series(rounded), raw.sha256)


def collected_at(frame: pd.DataFrame, plan: Plan) -> pd.Series:
    """When the counts of each row were read: as the row says, else `as_of`, else unknown."""
    known = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us, UTC]")
    if "collected_at" in frame:
        known = frame["collected_at"]
    return known if plan.as_of is None else known.fillna(pd.Timestamp(plan.as_of))


def _with_derived(frame: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    asking = {*plan.controls, *plan.filters, *plan.exposure.values()} & set(DERIVED)
    if AGE in asking or plan.min_age_days is not None:
        since = collected_at(frame, plan) - frame["created_at"]
        frame[AGE] = since.dt.total_seconds() / SECONDS_A_DAY
    if POSTING_HOUR in asking:
        at = frame["created_at"]
        frame[POSTING_HOUR] = at.dt.hour + at.dt.minute / 60
    return frame


def _numbers(name: str, column: str, given: Cells, commas: bool) -> Any:
    read = cells.converted(name, column, given, cell.number(commas), np.nan)
    return np.array(read, dtype=np.float64)


def _ids(name: str, column: str, given: Cells, commas: bool) -> Any:
    read = cells.converted(name, column, given, cell.identifier, None, cells.EMPTY)
    cells.refuse_cut_ids(name, column, read)
    return pd.Series(read, dtype=object)


def _objects(convert: Callable[[Any], Any]) -> Callable[[str, str, Cells, bool], Any]:
    def column_of(name: str, column: str, given: Cells, commas: bool) -> Any:
        read = cells.converted(name, column, given, convert, None, cells.EMPTY)
        return pd.Series(read, dtype=object)

    return column_of


def _times(name: str, column: str, given: Cells, commas: bool) -> Any:
    read: list[datetime | None] = cells.converted(name, column, given, cell.moment, None)
    return pd.Series(pd.array(read, dtype="datetime64[us, UTC]"))


_COLUMNS: dict[str, Callable[[str, str, Cells, bool], Any]] = {
    "id": _ids,
    "text": _objects(cell.text),
    "number": _numbers,
    "time": _times,
    "yes_or_no": _objects(cell.yes_or_no),
}
