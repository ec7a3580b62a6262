"""Ratings from a long table: `video_id, rater, dimension, value`, one value per row.

The columns `replicate` (0, 1, …) and `model_version` are optional; others are ignored.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import repeat
from pathlib import Path
from typing import Any

from shared.inputs.tables import cells
from shared.inputs.tables.cell_memory import CellMemory, Reader
from shared.inputs.tables.errors import BadTable, Unclear
from shared.inputs.tables.losses import Losses
from shared.inputs.tables.notation import Notation
from shared.inputs.tables.table import Cell
from shared.insights.agreement.drawn_sample import DrawnSample
from shared.insights.agreement.ratings import STAND_IN, Ratings, Values
from shared.insights.table.read import ADVICE, RawTable, StatedTable, columns_of, read_raw

COLUMNS = ("video_id", "rater", "dimension", "value")
REPLICATE = "replicate"
OPTIONAL = (REPLICATE, "model_version")
_CELLS_AT_ONCE = 10_000
KINDS = {"value": "number", REPLICATE: "count"}
"""The columns that show how the file writes numbers."""


@dataclass
class RatingsBuilder:
    """Collects values one by one into Ratings."""

    machines: frozenset[str] = frozenset()
    values: dict[tuple[str, str], Values] = field(default_factory=dict)
    stand_ins: set[str] = field(default_factory=set)
    synthetic: set[str] = field(default_factory=set)
    sources: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    read_as: list[str] = field(default_factory=list)
    losses: list[tuple[str, Losses]] = field(default_factory=list)
    empty: int = 0
    drawn: DrawnSample | None = None

    def add(self, video: str, rater: str, dimension: str, value: float, replicate: int = 0) -> None:
        """Add a value; adding it again changes nothing. Raises BadTable for a different value."""
        of_video = self.values.setdefault((dimension, rater), {}).setdefault(video, {})
        if of_video.get(replicate, value) != value:
            raise BadTable(
                f"{rater} gave video {video} two values of {dimension}: {of_video[replicate]:g} "
                f"and {value:g}. If both are meant, number them in a column replicate (0, 1, …)."
            )
        of_video[replicate] = value

    def add_all(self, other: Ratings) -> None:
        """Add all ratings of `other`."""
        for (dimension, rater), videos in other.values.items():
            if (dimension, rater) not in self.values:  # a million inner mappings need no copy
                self.values[dimension, rater] = videos
                continue
            for video, replicates in videos.items():
                for replicate, value in replicates.items():
                    self.add(video, rater, dimension, value, replicate)
        self.stand_ins |= other.stand_ins
        self.synthetic |= other.synthetic
        self.sources += other.sources
        self.notes += other.notes
        self.read_as += other.read_as
        self.losses += other.losses
        self.empty += other.empty
        self.drawn = self.drawn or other.drawn

    def ratings(self) -> Ratings:
        return Ratings(
            {key: self.values[key] for key in sorted(self.values)},
            frozenset(self.stand_ins),
            self.machines,
            frozenset(self.synthetic),
            tuple(self.sources),
            tuple(self.notes),
            self.empty,
            tuple(self.read_as),
            tuple(self.losses),
            drawn=self.drawn,
        )


def read_ratings(
    path: Path,
    machines: frozenset[str] = frozenset(),
    rater: str | None = None,
    stated: StatedTable | None = None,
) -> Ratings:
    """Read a table of ratings in any container. Raises BadTable.

    With `rater`, all of it is this rater's, and the table needs no such column. `stated` is what a
    person said about its columns and its numbers.
    """
    with _advice():
        if rater is None:
            raw = read_raw(path, COLUMNS, OPTIONAL, KINDS, stated)
            return ratings_from_columns(raw, path.name, machines)
        names = [name for name in COLUMNS if name != "rater"]
        raw = read_raw(path, names, OPTIONAL, KINDS, stated)
    columns = {**raw.columns, "rater": [rater] * len(raw.columns["value"])}
    return ratings_from_columns(replace(raw, columns=columns), path.name, machines)


def ratings_from_records(
    records: Iterable[Mapping[str, Any]], what: str, machines: frozenset[str] = frozenset()
) -> Ratings:
    """Ratings from rows in memory; `what` names them in errors. Raises BadTable."""
    with _advice():
        columns = columns_of(records, COLUMNS, what, OPTIONAL)
    losses = Losses(rows=len(columns["value"]))
    raw = RawTable(columns, _sha256(columns), losses=losses)
    return ratings_from_columns(raw, what, machines)


def _sha256(columns: Mapping[str, Sequence[Any]]) -> str:
    """The SHA-256 of the columns as JSON, whose whole text would be as large as the ratings."""
    digest, mark = hashlib.sha256(), "{"
    for name in sorted(columns):
        digest.update(f"{mark}{json.dumps(name)}:[".encode())
        for start in range(0, len(columns[name]), _CELLS_AT_ONCE):
            some = columns[name][start : start + _CELLS_AT_ONCE]
            text = json.dumps(some, sort_keys=True, default=str, separators=(",", ":"))
            digest.update(("," if start else "").encode() + text[1:-1].encode())
        digest.update(b"]")
        mark = ","
    digest.update(b"}")
    return digest.hexdigest()


@contextmanager
def _advice() -> Iterator[None]:
    """Replace advice about plans in errors: a table of ratings has no plan."""
    try:
        yield
    except BadTable as error:
        advice = f"A table of ratings has the columns {', '.join(COLUMNS)}."
        raise BadTable(error.sentence.replace(ADVICE, advice)) from error


def ratings_from_columns(raw: RawTable, name: str, machines: frozenset[str]) -> Ratings:
    """Ratings from the columns of a long table; `name` is its name in errors.

    A row is left out and counted where its video, rater, dimension or replicate cannot be read. A
    value that cannot be read is missing. Raises BadTable where no row has a value.
    """
    rows = _RatingRows(raw, RatingsBuilder(machines=machines))
    if cells.are_cut(id_ for id_ in rows.columns["video_id"] if type(id_) is str):
        raise BadTable(
            f"{name}: every long id in video_id ends in zeros after its 15th digit, as a "
            "spreadsheet leaves them; ids are read as text, and yours lost digits. Export the "
            "column as text."
        )
    rows.add_all()
    builder = rows.builder
    if not builder.values:
        lost = " ".join(raw.losses.sentences()[:1])
        raise BadTable(f"{name}: no row has a value. {lost}".rstrip())
    builder.sources.append(f"{name} sha256:{raw.sha256}")
    builder.losses.append((name, raw.losses))
    return builder.ratings()


class _RatingRows:
    """The rows of a long table, with their cells read."""

    def __init__(self, raw: RawTable, builder: RatingsBuilder):
        self.builder = builder
        self._raw, self._losses = raw, raw.losses
        self.columns = {name: self._read(name, reader) for name, reader in _READERS.items()}

    def add_all(self) -> None:
        """Add every row that can be read to the builder, and count the others."""
        versions = self._raw.columns.get("model_version") or repeat(None)
        rows = zip(self._raw.numbers, *self.columns.values(), versions, strict=False)
        for at, (number, video, rater, dimension, replicate, value, version) in enumerate(rows):
            if self._is_lost(at, number, (video, rater, dimension, replicate)):
                continue
            if type(value) is float:
                if STAND_IN in rater or (version and STAND_IN in str(version)):
                    self.builder.stand_ins.add(rater)
                self.builder.add(video, rater, dimension, value, replicate)
                continue
            self.builder.empty += value is None
            if value is not None:
                self._losses.lose_cell("value", number, self._raw.columns["value"][at], str(value))
        empty = self.columns["value"].count(None)
        self._losses.count_filled("value", len(self.columns["value"]) - empty)

    def _read(self, name: str, reader: Reader) -> list[Any]:
        if name not in self._raw.columns:
            return [0] * len(self._raw.columns["value"])
        return CellMemory(reader, self._raw.notation).read_all(self._raw.columns[name])

    def _is_lost(self, at: int, number: int, parts: Sequence[Any]) -> bool:
        for name, part in zip(_READERS, parts, strict=False):
            if part is None or isinstance(part, Unclear):
                cell = self._raw.columns[name][at]
                lose_nameless(self._losses, name, number, cell, part)
                return True
        return False


def lose_nameless(
    losses: Losses, column: str, number: int, cell: Cell, problem: Unclear | None
) -> None:
    """Count a row whose video, rater or the like is empty, or cannot be read."""
    why = f"cannot be read: it {problem}" if problem else "is empty"
    losses.lose_row(f"the {column} {why}", number, cell if problem else "")


def replicate_number(cell: Cell, notation: Notation) -> int:
    """The number of a replicate; an empty cell is the first one, 0. Raises Unclear."""
    value = cells.number(cell, notation) or 0.0
    if value < 0 or not value.is_integer():
        raise Unclear("is not the number of a replicate (0, 1, 2, …)")
    return int(value)


_READERS: dict[str, Reader] = {
    "video_id": cells.identifier,
    "rater": cells.identifier,
    "dimension": cells.identifier,
    REPLICATE: replicate_number,
    "value": cells.number,
}
"""A row needs all but the value."""
