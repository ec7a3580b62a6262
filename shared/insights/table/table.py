"""A table of videos: columns by their standard names, converted to checked types."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd  # type: ignore[import-untyped]

from shared.inputs.tables.cells import are_cut
from shared.inputs.tables.container import open_table
from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.losses import Losses
from shared.inputs.tables.notation import Notation, NotationEvidence
from shared.inputs.tables.table import ColumnChunk, Table, chunk_of
from shared.insights.table.conversion import DURATION, TAGS, Conversion
from shared.insights.table.read import (
    MAX_ROWS,
    columns_of,
    file_sha256,
    lose_unsplit,
    refuse_absent,
)
from shared.insights.table.schema import AGE, POSTING_HOUR, SYNTHETIC, TOPIC, TableSchema
from shared.insights.table.topics import topics
from shared.insights.table.video_kinds import ALL_OBSERVED, VideoKind, kind_of

SECONDS_A_DAY = 86_400
Scores = Mapping[str, Mapping[str, float]]
"""Ratings by the name of a column and by the id of a video."""


@dataclass(frozen=True)
class VideoTable:
    """Rows in the order of the file, observed and synthetic ones until `kind` is decided.

    Counts and numbers are float64 with NaN where missing, ids and text are str or None, times are
    datetime64 in UTC, `synthetic` is True, False or None. `age` (days), `posting_hour` (0–24, UTC)
    and differences exist where the schema names them. `rounded` marks rows with a count such as
    "541.2K". `losses` are the cells and rows that could not be read.
    `joined` are columns that the file lacks, and that ratings gave.
    """

    frame: pd.DataFrame
    rounded: pd.Series
    sha256: str
    losses: Losses = field(default_factory=Losses)
    kind: VideoKind | None = None
    joined: tuple[str, ...] = ()

    def of_one_kind(self, only_synthetic: bool = False) -> "VideoTable":
        """The rows that an analysis takes (see video_kinds), with the index of the table.

        A table whose kind is decided stays as it is. Raises BadTable when synthetic rows are asked
        for, and there are none.
        """
        if self.kind is not None:
            return self
        if SYNTHETIC not in self.frame and not only_synthetic:
            return replace(self, kind=ALL_OBSERVED)
        flags = self.frame.get(SYNTHETIC, pd.Series(False, index=self.frame.index))
        kind = kind_of(flags, self.frame.get("video_id", ()), only_synthetic)
        if only_synthetic and kind.set_aside == len(self.frame):
            raise BadTable("No row of the table is synthetic. Leave out --synthetic.")
        if not kind.set_aside:
            return replace(self, kind=kind)
        rows = flags.map(kind.holds).astype(bool)
        return replace(self, frame=self.frame[rows], rounded=self.rounded[rows], kind=kind)


def read_table(
    path: Path,
    schema: TableSchema,
    stated: Notation | None = None,
    table: Table | None = None,
    joined: Scores | None = None,
) -> VideoTable:
    """Read the schema's columns of a file. Raises BadTable.

    The file is read twice: its cells show its notation before any of them is converted. `stated` is
    what a person said about it. `table` has its rows, where they are under other names than those
    of the file. `joined` are columns from elsewhere, by their names and the ids of videos.
    """
    table = table or open_table(path)
    losses = Losses(table.unit)
    try:
        for source in schema.required:
            table.refuse_twins(source)
        notation, seen = _surveyed(table, schema, stated)
        conversion = Conversion(_present(schema, seen), notation, losses)
        for chunk in table.column_chunks(conversion.needed()):
            conversion.add(chunk.columns, chunk.numbers)
            losses.rows += len(chunk.problems)
            lose_unsplit(chunk.problems, losses)
        losses.notes += (*table.notes, *notation.notes)
        return _finished(conversion, schema, file_sha256(path), table.name, joined)
    except OSError as error:
        raise BadTable(f"{path.name}: {error.strerror or error}.") from error


def table_of(records: Iterable[Mapping[str, Any]], schema: TableSchema, what: str) -> VideoTable:
    """The table of rows in memory; the hash is that of their canonical JSON. Raises BadTable."""
    columns = columns_of(records, schema.required, what, schema.optional)
    text = json.dumps(columns, sort_keys=True, default=str, separators=(",", ":"))
    conversion = Conversion(_present(schema, columns), Notation(), Losses())
    conversion.add(columns, range(1, len(next(iter(columns.values()))) + 1))
    return _finished(conversion, schema, hashlib.sha256(text.encode()).hexdigest(), what)


def collected_at(frame: pd.DataFrame, as_of: datetime | None) -> pd.Series:
    """When the counts of each row were read: `collected_at`, else `as_of`, else unknown."""
    times = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us, UTC]")
    if "collected_at" in frame:
        times = frame["collected_at"]
    return times if as_of is None else times.fillna(pd.Timestamp(as_of))


def _surveyed(
    table: Table, schema: TableSchema, stated: Notation | None
) -> tuple[Notation, list[str]]:
    """The notation of the file, and the columns that its rows have. Raises BadTable.

    Raises AbsentColumns where the rows that can be split into cells lack a column.
    """
    kinds = {
        schema.sources[name]: "seconds" if name == DURATION else kind
        for name, kind in schema.kinds.items()
    }
    evidence = NotationEvidence(kinds, table.unit)
    seen = dict.fromkeys(table.columns or ())
    count = split = 0
    for chunk in _chunks(table, evidence.columns, seen):
        for column in evidence.columns:
            evidence.add(column, chunk.columns[column], chunk.numbers)
        count += chunk.rows
        split += len(chunk.numbers)
        if count > MAX_ROWS:
            raise BadTable(f"{table.name} has more than {MAX_ROWS:,} rows; use a part of it.")
    if not count:
        header = "no" if table.columns is None else "a header and no"
        raise BadTable(f"{table.name} has {header} rows; export it again.")
    if split:
        refuse_absent(schema.required, list(seen), table.name)
    return evidence.notation(table.name, stated), list(seen)


def _chunks(table: Table, names: Sequence[str], seen: dict[str, None]) -> Iterator[ColumnChunk]:
    """The table as columns. `seen` collects the names of rows that name their own columns."""
    if table.columns is not None:
        yield from table.column_chunks(names)
        return
    for rows in table.chunks():
        for row in rows:
            seen.update(dict.fromkeys(row.cells))
        yield chunk_of(rows, names)


def _present(schema: TableSchema, columns: Iterable[str]) -> TableSchema:
    """The schema without the optional columns that the table lacks."""
    present = set(columns)
    kinds = {name: kind for name, kind in schema.kinds.items() if schema.sources[name] in present}
    return schema.with_kinds(kinds)


def _finished(
    conversion: Conversion,
    schema: TableSchema,
    sha256: str,
    name: str,
    joined: Scores | None = None,
) -> VideoTable:
    frame, rounded = conversion.frame()
    losses = conversion.losses
    if not len(frame):
        raise BadTable(f"{name}: no row can be used. {' '.join(losses.sentences()[:1])}".rstrip())
    if "video_id" in frame and are_cut(frame["video_id"]):
        raise BadTable(
            f"{name}: every long id in {schema.sources['video_id']} ends in zeros after its 15th "
            "digit, as a spreadsheet leaves them; ids are read as text, and yours lost digits. "
            "Export the column as text."
        )
    for column_name, by_video in (joined or {}).items():
        frame[column_name] = frame["video_id"].map(by_video).astype("float64")
    tags = frame.pop(TAGS) if TAGS in frame else None
    for name, column in _derived(frame, schema, tags):
        frame[name] = column
    return VideoTable(frame, rounded, sha256, losses)


def _derived(
    frame: pd.DataFrame, schema: TableSchema, tags: pd.Series | None
) -> Iterator[tuple[str, pd.Series]]:
    for name, (first, second) in schema.differences.items():
        yield name, frame[first] - frame[second]
    if AGE in schema.derived:
        elapsed = collected_at(frame, schema.as_of) - frame["created_at"]
        yield AGE, elapsed.dt.total_seconds() / SECONDS_A_DAY
    if POSTING_HOUR in schema.derived:
        created = frame["created_at"].dt
        yield POSTING_HOUR, created.hour + created.minute / 60
    if TOPIC in schema.derived and tags is not None:
        creators = None if schema.creator is None else frame[schema.creator].tolist()
        yield TOPIC, pd.Series(topics(tags, creators), index=frame.index, dtype=object)
