"""The long table that ratings come in: `video_id, rater, dimension, value`, one value a row.

It may have `replicate` (0, 1, …) and `model_version`; other columns are left alone.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.inputs import coerce as cell
from shared.insights.agreement.ratings import STAND_IN, Ratings, Values
from shared.insights.table import columns as cells
from shared.insights.table.read import ADVICE, BadTable, Cells, RawTable, columns_of, read_raw

COLUMNS = ("video_id", "rater", "dimension", "value")
OPTIONAL = ("replicate", "model_version")


@dataclass
class RatingsBuilder:
    """Ratings as they come in, one by one."""

    machines: frozenset[str] = frozenset()
    values: dict[tuple[str, str], Values] = field(default_factory=dict)
    stand_ins: set[str] = field(default_factory=set)
    synthetic: set[str] = field(default_factory=set)
    sources: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    empty: int = 0

    def add(self, video: str, rater: str, dimension: str, value: float, replicate: int = 0) -> None:
        """Take one value; the same again changes nothing. Raises BadTable for another one."""
        of_video = self.values.setdefault((dimension, rater), {}).setdefault(video, {})
        if of_video.get(replicate, value) != value:
            raise BadTable(
                f"{rater} gave video {video} two values of {dimension}: {of_video[replicate]:g} "
                f"and {value:g}. If both are meant, number them in a column replicate (0, 1, …)."
            )
        of_video[replicate] = value

    def take(self, other: Ratings) -> None:
        """Take all of another's."""
        for (dimension, rater), videos in other.values.items():
            for video, replicates in videos.items():
                for replicate, value in replicates.items():
                    self.add(video, rater, dimension, value, replicate)
        self.stand_ins |= other.stand_ins
        self.synthetic |= other.synthetic
        self.sources += other.sources
        self.notes += other.notes
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
        )


def read_ratings(path: Path, machines: frozenset[str] = frozenset()) -> Ratings:
    """Read a table of ratings (.csv, .tsv, .parquet, .json, .jsonl). Raises BadTable."""
    with _advice():
        return _ratings(read_raw(path, COLUMNS, OPTIONAL), path.name, machines)


def ratings_from_records(
    records: Sequence[Mapping[str, Any]], what: str, machines: frozenset[str] = frozenset()
) -> Ratings:
    """The same from rows in memory. Raises BadTable."""
    with _advice():
        columns = columns_of(records, COLUMNS, what, OPTIONAL)
    told = json.dumps(columns, sort_keys=True, default=str, separators=(",", ":"))
    return _ratings(RawTable(columns, hashlib.sha256(told.encode()).hexdigest()), what, machines)


@contextmanager
def _advice() -> Iterator[None]:
    """A table of ratings has no plan that could be mended."""
    try:
        yield
    except BadTable as error:
        asked = f"A table of ratings has the columns {', '.join(COLUMNS)}."
        raise BadTable(error.sentence.replace(ADVICE, asked)) from error


def _ratings(raw: RawTable, name: str, machines: frozenset[str]) -> Ratings:
    rows = RatingsBuilder(machines=machines)
    texts = {key: _text(key, raw.columns[key]) for key in ("video_id", "rater", "dimension")}
    values = cells.converted(
        "value", "value", raw.columns["value"], cell.number(raw.thousands_by_comma), None
    )
    replicates = _replicates(raw)
    versions = raw.columns.get("model_version") or [None] * len(values)
    for place, value in enumerate(values):
        if value is None:
            rows.empty += 1
            continue
        rater = texts["rater"][place]
        if STAND_IN in f"{rater}{versions[place] or ''}":
            rows.stand_ins.add(rater)
        rows.add(
            texts["video_id"][place], rater, texts["dimension"][place], value, replicates[place]
        )
    if not rows.values:
        raise BadTable(f"{name}: no row has a value.")
    rows.sources.append(f"{name} sha256:{raw.sha256}")
    return rows.ratings()


def _text(name: str, given: Cells) -> list[str]:
    read = cells.converted(name, name, given, cell.identifier, None, cells.EMPTY)
    if None in read:
        raise BadTable(f"{name}: row {read.index(None) + 1:,} has none. Every row needs one.")
    if name == "video_id":
        cells.refuse_cut_ids(name, name, read)
    return read


def _replicates(raw: RawTable) -> list[int]:
    given = raw.columns.get("replicate")
    if given is None:
        return [0] * len(raw.columns["value"])
    read = cells.converted("replicate", "replicate", given, cell.number(), 0.0)
    wrong = [number for number in read if number < 0 or not float(number).is_integer()]
    if wrong:
        raise BadTable(f"replicate: {wrong[0]:g} is no number of a repetition (0, 1, 2, …).")
    return [int(number) for number in read]
