"""Ratings as rows: which rater gave which video which value on which dimension, and how often.

A table has the columns `video_id, rater, dimension, value` and may have `replicate` and
`model_version`; others are left alone. Who a rater is follows from the name: `human/…` and names
without a slash are people, `benchmark/…` is a published annotation, anything else is a machine.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from shared import cell
from shared.insights import cells
from shared.insights.raw import ADVICE, BadTable, Cells, Raw, columns_of, read_raw
from shared.insights.resampling import FloatArray
from shared.rating.rubric import scores

Kind = Literal["human", "machine", "benchmark"]
COLUMNS = ("video_id", "rater", "dimension", "value")
OPTIONAL = ("replicate", "model_version")
STAND_IN = "-stand-in"
ATTENTION = "attention_check"
"""Dimension of the rating kit's checks: 1 where the rater did as told, else 0."""

Values = dict[str, dict[int, float]]
"""video -> replicate -> value"""


@dataclass(frozen=True)
class Ratings:
    """Every value by dimension and rater; raters and dimensions in the order they appeared."""

    values: dict[tuple[str, str], Values]
    stand_ins: frozenset[str] = frozenset()
    machines: frozenset[str] = frozenset()
    synthetic: frozenset[str] = frozenset()
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    empty: int = 0
    """Rows without a value."""

    @property
    def dimensions(self) -> list[str]:
        return list(dict.fromkeys(dimension for dimension, _ in self.values))

    @property
    def raters(self) -> list[str]:
        return list(dict.fromkeys(rater for _, rater in self.values))

    def kind(self, rater: str) -> Kind:
        """Who a rater is, by name."""
        if rater in self.machines:
            return "machine"
        head, slash, _ = rater.partition("/")
        if head == "benchmark":
            return "benchmark"
        return "human" if head == "human" or not slash else "machine"

    def of(self, dimension: str, *kinds: Kind) -> list[str]:
        """Raters who rated a dimension, of these kinds (all when none is named)."""
        rated = [rater for name, rater in self.values if name == dimension]
        return [rater for rater in rated if not kinds or self.kind(rater) in kinds]

    def table(self, dimension: str, raters: Sequence[str]) -> "Table":
        """Each rater's first value of each video."""
        columns = [self.values.get((dimension, rater), {}) for rater in raters]
        videos = sorted({video for column in columns for video in column})
        made = np.full((len(videos), len(raters)), np.nan)
        for place, column in enumerate(columns):
            for row, video in enumerate(videos):
                if replicates := column.get(video):
                    made[row, place] = replicates[min(replicates)]
        return Table(tuple(videos), tuple(raters), made)

    def replicates(self, dimension: str, rater: str) -> "Table":
        """A rater's values of each video by replicate, one column each."""
        values = self.values.get((dimension, rater), {})
        numbers = sorted({number for of_video in values.values() for number in of_video})
        videos = sorted(values)
        made = [[values[video].get(number, np.nan) for number in numbers] for video in videos]
        shaped = np.array(made, dtype=np.float64).reshape(len(videos), len(numbers))
        return Table(tuple(videos), tuple(map(str, numbers)), shaped)

    def scores(self, rater: str) -> list[str]:
        """The rubric's scores that a rater gave; of a table with other names, all dimensions."""
        own = [name for name, by in self.values if by == rater]
        return [name for name in own if name in scores()] or own

    def renamed(self, videos: Mapping[str, str]) -> "Ratings":
        """The same with other ids where the mapping has one."""
        if not videos:
            return self
        values = {
            key: {videos.get(video, video): held for video, held in by_video.items()}
            for key, by_video in self.values.items()
        }
        return replace(self, values=values)

    def without(self, raters: Iterable[str]) -> "Ratings":
        """The same without some raters."""
        gone = set(raters)
        kept = {key: held for key, held in self.values.items() if key[1] not in gone}
        return self._with(kept)

    def only(self, dimensions: Iterable[str]) -> "Ratings":
        """The same with these dimensions alone."""
        wanted = set(dimensions)
        kept = {key: held for key, held in self.values.items() if key[0] in wanted}
        return self._with(kept)

    def of_synthetic(self, videos: Iterable[str]) -> "Ratings":
        """The same, knowing that these videos are synthetic."""
        return replace(self, synthetic=self.synthetic | frozenset(videos))

    def _with(self, values: dict[tuple[str, str], Values]) -> "Ratings":
        raters = {rater for _, rater in values}
        return replace(self, values=values, stand_ins=self.stand_ins & raters)


@dataclass(frozen=True)
class Table:
    """Videos by raters; NaN where a rater did not rate."""

    videos: tuple[str, ...]
    raters: tuple[str, ...]
    values: FloatArray

    @property
    def complete(self) -> FloatArray:
        """The rows that every rater rated."""
        whole: FloatArray = self.values[~np.isnan(self.values).any(axis=1)]
        return whole

    @property
    def usual(self) -> int:
        """Of a table by replicate: as many as keep the most values in rows without a gap."""
        kept = [
            (count * int((~np.isnan(self.values[:, :count]).any(axis=1)).sum()), count)
            for count in range(1, len(self.raters) + 1)
        ]
        return max((one for one in kept if one[1] >= 2 and one[0]), default=(0, 1))[1]


@dataclass
class Rows:
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


def ratings_of(
    records: Sequence[Mapping[str, Any]], what: str, machines: frozenset[str] = frozenset()
) -> Ratings:
    """The same from rows in memory. Raises BadTable."""
    with _advice():
        columns = columns_of(records, COLUMNS, what, OPTIONAL)
    told = json.dumps(columns, sort_keys=True, default=str, separators=(",", ":"))
    return _ratings(Raw(columns, hashlib.sha256(told.encode()).hexdigest()), what, machines)


@contextmanager
def _advice() -> Iterator[None]:
    """A table of ratings has no plan that could be mended."""
    try:
        yield
    except BadTable as error:
        asked = f"A table of ratings has the columns {', '.join(COLUMNS)}."
        raise BadTable(error.sentence.replace(ADVICE, asked)) from error


def _ratings(raw: Raw, name: str, machines: frozenset[str]) -> Ratings:
    rows = Rows(machines=machines)
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


def _replicates(raw: Raw) -> list[int]:
    given = raw.columns.get("replicate")
    if given is None:
        return [0] * len(raw.columns["value"])
    read = cells.converted("replicate", "replicate", given, cell.number(), 0.0)
    wrong = [number for number in read if number < 0 or not float(number).is_integer()]
    if wrong:
        raise BadTable(f"replicate: {wrong[0]:g} is no number of a repetition (0, 1, 2, …).")
    return [int(number) for number in read]
