"""Columns of a table as arrays, a chunk of rows at a time.

A cell that cannot be read is missing and counted. A row is left out only where its id or a time of
its counts cannot be read, and it is counted too.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from types import NoneType
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.inputs.handles import written_handle
from shared.inputs.tables import cells as read
from shared.inputs.tables.cell_memory import CellMemory, Reader
from shared.inputs.tables.losses import Losses
from shared.inputs.tables.notation import Notation
from shared.inputs.tables.number_cells import EXACT
from shared.inputs.tables.table import CHUNK, Cell
from shared.insights.table.captions import CAPTION, NO_CODE, read_caption_code
from shared.insights.table.schema import TableSchema
from shared.insights.table.topics import FoldedTags, caption_hashtags, hashtags

NEEDED = ("video_id", "created_at", "collected_at")
"""Without one of these, nobody knows which video a row is about, or how old its counts are."""

DURATION = "duration_s"
TAGS = "hashtags of the topic"
"""Name of the column of hashtags while the table is read: it is no column of the plan's."""

NUMERIC = ("number", "part", "seconds")
"""Kinds whose values may have decimals."""

_IDS_END = ("id", "key")
"""Ends of the names of columns that hold ids. The case of an id counts."""

CHUNKS_JOINED = 32
"""So many arrays of CHUNK rows are large enough for the system to take back when they go."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NO_TIME = np.iinfo(np.int64).min
_DIGITS = re.compile(r"(?:\d+\n)*", re.ASCII)
_WHOLE = re.compile(r"(?:(?:0|[1-9]\d{0,14})?\n)*", re.ASCII)
_DECIMAL = re.compile(r"(?:(?:-?\d{1,15}(?:\.\d{1,15})?)?\n)*", re.ASCII)

Array = np.ndarray[Any, Any]


@dataclass
class Conversion:
    """Takes chunks of rows, and gives columns by the names of the plan.

    `sources` maps these names to the keys of a row. A column that no row has is absent.
    """

    schema: TableSchema
    notation: Notation
    losses: Losses
    _chunks: dict[str, list[Array]] = field(default_factory=dict)
    _rounded: list[Array] = field(default_factory=list)
    _memories: dict[str, CellMemory] = field(default_factory=dict)
    _tag_sets: dict[FoldedTags, FoldedTags] = field(default_factory=dict)

    def add(self, columns: Mapping[str, Sequence[Cell]], rows: Sequence[int]) -> None:
        """Add a chunk of columns by their names in the file, with the numbers of their rows."""
        self.losses.rows += len(rows)
        arrays: dict[str, Array] = {}
        flags = columns.get(self.schema.rounded or "", [False] * len(rows))
        rounded = np.fromiter((flag is True for flag in flags), bool, len(rows))
        taken = np.ones(len(rows), dtype=bool)
        for name, kind in self.schema.kinds.items():
            source = self.schema.sources[name]
            if source not in columns:
                continue
            if (plain := _plain(kind, columns[source], self.notation)) is not None:
                self.losses.count_filled(source, int(pd.notna(plain).sum()))
                arrays[name] = plain
                continue
            values, unread = self._converted(name, kind, columns[source], rows)
            if name in NEEDED:
                for at in unread:
                    if taken[at]:  # a row without id and time is one row
                        self._lose_row(source, rows[at], columns[source][at], values[at])
                taken[unread] = False
                values = [None if type(value) is read.Unclear else value for value in values]
            if kind == "count":
                rounded |= np.array([value is not None and value[1] for value in values], bool)
            arrays[name] = _packed(CAPTION if name in self.schema.only_compared else kind, values)
        if (tags := self._tags(columns)) is not None:
            arrays[TAGS] = tags
        for name, array in arrays.items():
            self._keep(name, array if taken.all() else array[taken])
        self._rounded.append(rounded[taken])

    def _keep(self, name: str, array: Array) -> None:
        """Add an array to a column. Small ones are joined: the system does not take them back."""
        chunks = self._chunks.setdefault(name, [])
        chunks.append(array)
        if len(chunks) >= CHUNKS_JOINED and len(chunks[-CHUNKS_JOINED]) <= CHUNK:
            chunks[-CHUNKS_JOINED:] = [np.concatenate(chunks[-CHUNKS_JOINED:])]

    def frame(self) -> tuple[pd.DataFrame, pd.Series]:
        """The columns of every chunk, and which rows have a rounded count."""
        rounded = np.concatenate([np.zeros(0, dtype=bool), *self._rounded])
        columns = {
            name: _column(np.concatenate(self._chunks.pop(name))) for name in [*self._chunks]
        }
        index = pd.RangeIndex(len(rounded))
        return pd.DataFrame(columns, index=index, copy=False), pd.Series(rounded)

    def needed(self) -> list[str]:
        """The columns of the file that are read."""
        names = {*self.schema.kinds, *self._topic_column()}
        flag = [self.schema.rounded] if self.schema.rounded else []
        sources = (self.schema.sources[name] for name in sorted(names))
        return list(dict.fromkeys([*sources, *flag]))

    def _topic_column(self) -> list[str]:
        """Where the hashtags of a topic come from: their own column, else the caption."""
        if "topic" not in self.schema.derived:
            return []
        return ["hashtags" if "hashtags" in self.schema.sources else "caption"]

    def _tags(self, columns: Mapping[str, Sequence[Cell]]) -> Array | None:
        for name in self._topic_column():
            if TAGS not in self._memories:
                of_cell = hashtags if name == "hashtags" else caption_hashtags
                reader = partial(_tags_of, of_cell)
                self._memories[TAGS] = CellMemory(reader, self.notation)
            read_all = self._memories[TAGS].read_all(columns[self.schema.sources[name]])
            share = self._tag_sets.setdefault  # lists of tags have no hash to remember them by
            return _objects([share(tags, tags) for tags in read_all])
        return None

    def _converted(
        self, name: str, kind: str, cells: Sequence[Cell], rows: Sequence[int]
    ) -> tuple[list[Any], list[int]]:
        """The values of the cells, and the positions of those that cannot be read."""
        if name not in self._memories:
            self._memories[name] = CellMemory(self._reader(name, kind), self.notation)
        values = self._memories[name].read_all(cells)
        unread = [at for at, value in enumerate(values) if type(value) is read.Unclear]
        source = self.schema.sources[name]
        self.losses.count_filled(source, len(values) - values.count(None))
        for at in unread if name not in NEEDED else ():
            self.losses.lose_cell(source, rows[at], cells[at], str(values[at]))
            values[at] = None
        return values, unread

    def _reader(self, name: str, kind: str) -> Reader:
        if name == DURATION:
            return read.seconds
        if name in self.schema.only_compared:
            return read_caption_code
        source = self.schema.sources[name].strip().casefold()
        if name == self.schema.creator and not source.endswith(_IDS_END):
            return _creator
        return partial(read.count, column=name) if kind == "count" else _READERS[kind]

    def _lose_row(self, source: str, row: int, cell: Cell, problem: Exception) -> None:
        self.losses.lose_row(f"the {source} cannot be read: it {problem}", row, cell)


def _tags_of(
    of_cell: Callable[[Cell], frozenset[str]], cell: Cell, notation: Notation
) -> FoldedTags:
    return FoldedTags(sorted(of_cell(cell)))


def _creator(cell: Cell, notation: Notation) -> str | None:
    """A handle in its one spelling, so that `@me`, `ME` and `me ` are one creator."""
    name = read.identifier(cell, notation)
    return (name and written_handle(name)) or None


_READERS: dict[str, Reader] = {
    "id": read.identifier,
    "number": read.measure,
    "part": read.part,
    "seconds": read.seconds,
    "text": read.text,
    "time": read.moment,
    "yes_or_no": read.yes_or_no,
}


def _plain(kind: str, cells: Sequence[Cell], notation: Notation) -> Array | None:
    """The array of plain digits or numbers, ten times as fast; None where a cell is neither."""
    if kind not in ("count", "id", *NUMERIC):
        return None
    try:
        text = "\n".join(cells) + "\n"  # type: ignore[arg-type]
    except TypeError:
        return None if kind == "id" else _typed(kind, cells)
    if kind == "id":
        return _objects(list(cells)) if _DIGITS.fullmatch(text) else None
    is_decimal = kind in NUMERIC and (notation.decimal == "." or "." not in text)
    if not (_DECIMAL if is_decimal else _WHOLE).fullmatch(text):
        return None
    has_empty = text.startswith("\n") or "\n\n" in text
    filled = (cell or "nan" for cell in cells) if has_empty else cells
    return np.fromiter(map(float, filled), np.float64, len(cells))  # type: ignore[arg-type]


def _typed(kind: str, cells: Sequence[Cell]) -> Array | None:
    """The array of a container's own numbers; None where a cell is anything else."""
    if not {*map(type, cells)} <= {int, float, NoneType}:
        return None
    try:
        array = np.array(cells, np.float64)  # None becomes NaN
    except OverflowError:
        return None
    filled = array[~np.isnan(array)]
    is_credible = bool((np.abs(filled) < EXACT).all())
    is_fit = kind in NUMERIC or bool((filled == np.floor(filled)).all())
    return array if is_credible and is_fit else None


def _packed(kind: str, values: list[Any]) -> Array:
    if kind == "count":
        return np.array([np.nan if value is None else value[0] for value in values], np.float64)
    if kind == CAPTION:
        return np.array([code or NO_CODE for code in values], np.int64)
    if kind in NUMERIC:
        return np.array([np.nan if value is None else value for value in values], np.float64)
    if kind == "time":
        micros = [_NO_TIME if at is None else (at - _EPOCH) // _MICROSECOND for at in values]
        return np.array(micros, np.int64).view("datetime64[us]")
    return _objects(values)


def _objects(values: list[Any]) -> Array:
    return np.fromiter(values, dtype=object, count=len(values))


def _column(array: Array) -> pd.Series:
    if array.dtype.kind == "M":
        return pd.Series(array).dt.tz_localize("UTC")
    return pd.Series(array, dtype=array.dtype)
