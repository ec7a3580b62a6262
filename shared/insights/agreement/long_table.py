"""Ratings from a long table: `video_id, rater, dimension, value`, one value per row.

The columns `replicate` (0, 1, …) and `model_version` are optional; others are ignored.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from shared.inputs import coerce as cell
from shared.inputs.tables.errors import BadTable
from shared.insights.agreement.ratings import STAND_IN, Ratings, Values
from shared.insights.table import columns as cells
from shared.insights.table.read import ADVICE, Cells, RawTable, columns_of, read_raw

COLUMNS = ("video_id", "rater", "dimension", "value")
OPTIONAL = ("replicate", "model_version")


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
    empty: int = 0

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
            for video, replicates in videos.items():
                for replicate, value in replicates.items():
                    self.add(video, rater, dimension, value, replicate)
        self.stand_ins |= other.stand_ins
        self.synthetic |= other.synthetic
        self.sources += other.sources
        self.notes += other.notes
        self.read_as += other.read_as
        self.empty += other.empty

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
        )


def read_ratings(
    path: Path, machines: frozenset[str] = frozenset(), rater: str | None = None
) -> Ratings:
    """Read a table of ratings (.csv, .tsv, .parquet, .json, .jsonl). Raises BadTable.

    With `rater`, all of it is this rater's, and the table needs no such column.
    """
    with _advice():
        if rater is None:
            return ratings_from_columns(read_raw(path, COLUMNS, OPTIONAL), path.name, machines)
        raw = read_raw(path, [name for name in COLUMNS if name != "rater"], OPTIONAL)
    columns = {**raw.columns, "rater": [rater] * len(raw.columns["value"])}
    return ratings_from_columns(replace(raw, columns=columns), path.name, machines)


def ratings_from_records(
    records: Sequence[Mapping[str, Any]], what: str, machines: frozenset[str] = frozenset()
) -> Ratings:
    """Ratings from rows in memory; `what` names them in errors. Raises BadTable."""
    with _advice():
        columns = columns_of(records, COLUMNS, what, OPTIONAL)
    text = json.dumps(columns, sort_keys=True, default=str, separators=(",", ":"))
    raw = RawTable(columns, hashlib.sha256(text.encode()).hexdigest())
    return ratings_from_columns(raw, what, machines)


@contextmanager
def _advice() -> Iterator[None]:
    """Replace advice about plans in errors: a table of ratings has no plan."""
    try:
        yield
    except BadTable as error:
        advice = f"A table of ratings has the columns {', '.join(COLUMNS)}."
        raise BadTable(error.sentence.replace(ADVICE, advice)) from error


def ratings_from_columns(raw: RawTable, name: str, machines: frozenset[str]) -> Ratings:
    """Ratings from the columns of a long table; `name` is its name in errors. Raises BadTable."""
    builder = RatingsBuilder(machines=machines)
    texts = {key: _text(key, raw.columns[key]) for key in ("video_id", "rater", "dimension")}
    values = cells.converted(
        "value", "value", raw.columns["value"], cell.number(raw.thousands_by_comma), None
    )
    replicates = _replicates(raw)
    versions = raw.columns.get("model_version") or [None] * len(values)
    for index, value in enumerate(values):
        if value is None:
            builder.empty += 1
            continue
        rater = texts["rater"][index]
        if STAND_IN in f"{rater}{versions[index] or ''}":
            builder.stand_ins.add(rater)
        video, dimension = texts["video_id"][index], texts["dimension"][index]
        builder.add(video, rater, dimension, value, replicates[index])
    if not builder.values:
        raise BadTable(f"{name}: no row has a value.")
    builder.sources.append(f"{name} sha256:{raw.sha256}")
    return builder.ratings()


def _text(name: str, column: Cells) -> list[str]:
    texts = cells.converted(name, name, column, cell.identifier, None, cells.EMPTY)
    if None in texts:
        raise BadTable(f"{name}: row {texts.index(None) + 1:,} is empty. Every row needs a value.")
    if name == "video_id":
        cells.refuse_cut_ids(name, name, texts)
    return texts


def _replicates(raw: RawTable) -> list[int]:
    column = raw.columns.get("replicate")
    if column is None:
        return [0] * len(raw.columns["value"])
    numbers = cells.converted("replicate", "replicate", column, cell.number(), 0.0)
    wrong = [number for number in numbers if number < 0 or not float(number).is_integer()]
    if wrong:
        raise BadTable(f"replicate: {wrong[0]:g} is not the number of a replicate (0, 1, 2, …).")
    return [int(number) for number in numbers]
