"""A wide sheet of ratings: a row for each video, and a column for each rater or dimension.

Three layouts occur. Columns are raters (`video, anna, ben`), pairs (`video, unexpectedness:anna`),
or dimensions (`video, unexpectedness, positivity`). `long_records` makes one record for each value.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shared.inputs.tables.errors import BadTable
from shared.insights.agreement.star_schema import numeric_columns
from shared.insights.table.schema import COUNTS, IDS, TEXTS, TIMES

Layout = Literal["raters", "pairs", "dimensions"]
RATING = "rating"
"""Name of what raters rated, where neither an option nor the file's name says it."""

VIDEOS = ("video_id", "video", "clip_id", "clip", "item_id", "item", "post_id", "post", "id")
"""Names of a column of videos, the surest first."""

PAIR = ":"
_WORDS = re.compile(r"[^\W\d_]+")
ALSO_LONG = ("replicate", "model_version")
_SUMMARY_WORDS = frozenset(
    (
        *("average", "averages", "avg", "mean", "means", "median", "std", "stdev", "stddev", "sum"),
        *("total", "totals", "overall", "consensus", "mittelwert", "mittel", "durchschnitt"),
        *("summe", "gesamt", "moyenne", "moyennes", "média", "promedio", "gemiddelde", "ø"),
    )
)
_SUMMARIES = _SUMMARY_WORDS | {"count", "mode", "n", "sd"}
"""Columns that a spreadsheet computes from raters. Read as raters, they would agree too well."""

NOT_RATERS = frozenset(
    (
        *(*IDS, *COUNTS, *TIMES, *TEXTS),
        *("age", "comment", "day", "duration", "duration_s", "hashtags", "index", "link", "note"),
        *("notes", "title", "url"),
    )
)
"""Other columns that a sheet of ratings has, and a table of videos."""


@dataclass(frozen=True, slots=True)
class WideSheet:
    """Which column has whose values of what.

    `series` maps a column to its dimension and rater. The rater is None where the column `rater`
    has it. `left_out` are columns that nobody rated, of which `summaries` are computed from raters.
    """

    layout: Layout
    video: str
    series: Mapping[str, tuple[str, str | None]]
    left_out: tuple[str, ...] = ()

    @property
    def summaries(self) -> list[str]:
        return [name for name in self.left_out if is_summary(name.rpartition(PAIR)[2])]

    @property
    def dimensions(self) -> list[str]:
        return list(dict.fromkeys(dimension for dimension, _ in self.series.values()))

    def without(self, columns: Sequence[str]) -> "WideSheet":
        """The sheet without some columns, which are then left out."""
        series = {name: of for name, of in self.series.items() if name not in columns}
        return WideSheet(self.layout, self.video, series, (*self.left_out, *columns))

    def long_records(self, records: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        """A record for each value: video_id, rater, dimension, value. Empty cells have none."""
        for record in records:
            of_row = {name: record[name] for name in ALSO_LONG if record.get(name) is not None}
            for column, (dimension, rater) in self.series.items():
                if record.get(column) is not None:
                    yield {
                        "video_id": record[self.video],
                        "rater": record.get("rater") if rater is None else rater,
                        "dimension": dimension,
                        "value": record[column],
                        **of_row,
                    }


@dataclass(frozen=True, slots=True)
class SheetHints:
    """What is known of a sheet besides its columns.

    `is_wide` is whether a person said that it is a wide sheet, `dimension` the name that they gave
    to what is rated, `rater` the rater of a sheet whose columns are dimensions.
    """

    is_wide: bool = False
    dimension: str | None = None
    rater: str | None = None


def wide_sheet(columns: Sequence[str], file: str, hints: SheetHints) -> WideSheet | None:
    """The layout of a wide sheet; None for another table, and where the columns leave a doubt.

    Columns that are computed from raters are left out. A sheet that a person calls wide keeps the
    columns that can be ratings. Raises BadTable if there are none.
    """
    video = next((name for word in VIDEOS for name in columns if name.casefold() == word), None)
    if hints.is_wide and video is None and columns:
        video = columns[0]
    is_long = "value" in columns and bool({"rater", "dimension"} & set(columns))
    if is_long or video is None:
        return None
    others = [name for name in columns if name not in (video, "rater", *ALSO_LONG)]
    sheet = _sheet(video, others, "rater" in columns, file, hints)
    if hints.is_wide and sheet is not None and not sheet.series:
        raise BadTable(f"{file}: no column can be a rater or a dimension.")
    if sheet is None or not sheet.series:
        return None
    return sheet if hints.is_wide or sheet.left_out == (*sheet.summaries,) else None


def is_summary(name: str) -> bool:
    """Whether a name is that of a mean, a total or the like: `Mean`, `avg_score`, `total (all)`."""
    folded = name.strip().casefold()
    return folded in _SUMMARIES or not _SUMMARY_WORDS.isdisjoint(_WORDS.findall(folded))


def _sheet(
    video: str, others: list[str], has_rater: bool, file: str, hints: SheetHints
) -> WideSheet | None:
    """The layout that most of the columns speak for."""
    pairs = _of_pairs([name for name in others if PAIR in name.strip(PAIR) and _is_name(name)])
    rated = [name for name in others if name in numeric_columns()]
    if has_rater and not rated and hints.is_wide:
        rated = _raters(others)
    if pairs:
        series = {name: of for name, of in pairs.items() if not is_summary(of[1])}
        return _chosen("pairs", video, others, series)
    if rated or has_rater:
        # With neither a column of raters nor a name, nobody knows who rated.
        if not has_rater and hints.rater is None:
            return None
        rater = None if has_rater else hints.rater
        return _chosen("dimensions", video, others, {name: (name, rater) for name in rated})
    raters = _raters(others)
    if len(raters) < 2 and not hints.is_wide:
        return None
    dimension = hints.dimension or _dimension_in(file) or RATING
    return _chosen("raters", video, others, {name: (dimension, name) for name in raters})


def _chosen(
    layout: Layout, video: str, others: list[str], series: Mapping[str, tuple[str, str | None]]
) -> WideSheet:
    return WideSheet(layout, video, series, tuple(name for name in others if name not in series))


def _raters(columns: list[str]) -> list[str]:
    return [name for name in columns if _is_name(name) and not is_summary(name)]


def _of_pairs(pairs: list[str]) -> dict[str, tuple[str, str]]:
    """Dimension and rater of each pair; only where the second is in the rubric it is the first."""
    split = ((name, name.split(PAIR, 1)) for name in pairs)
    halves = {name: (first.strip(), second.strip()) for name, (first, second) in split}
    rubric = set(numeric_columns())
    is_turned = all(second in rubric and first not in rubric for first, second in halves.values())
    return {
        name: (second, first) if is_turned else (first, second)
        for name, (first, second) in halves.items()
    }


def _is_name(column: str) -> bool:
    folded = column.casefold()
    return bool(folded) and folded not in NOT_RATERS and not folded.startswith("unnamed")


def _dimension_in(file: str) -> str | None:
    """The longest name of the rubric in the name of a file."""
    names = [name for name in numeric_columns() if name in file.casefold()]
    return max(names, key=len, default=None)
