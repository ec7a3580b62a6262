"""The warehouse that the model reckons with: how many rows there are, and in which partitions.

Videos are spread evenly over `span_days`, of which the newest is the day before ANCHOR. Each
creator has five. A video has the reading of its listing, one more at each of the default
`refresh_ages_days`, and two ratings. It has no retention curve unless a caller says so. How many
rows that makes, and how large they are, follows from the product's own `table_rows`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from benchmarks.warehouse_cost.records import (
    AGE_AT_LISTING,
    ANCHOR,
    curve,
    listing,
    ratings,
    reading,
)
from benchmarks.warehouse_cost.sizes import FACT_TABLE, MeanSizes, mean_sizes
from shared.model import Record
from shared.tiktok.collections import REFRESH_AGES_DAYS
from shared.warehouse.rows import table_rows
from shared.warehouse.tables import definitions

SPAN_DAYS = 730
VIDEOS_PER_CREATOR = 5
ALL_READINGS = 1 + len(REFRESH_AGES_DAYS)
SAMPLE = 100
"""Videos whose rows are measured: each caption of the sandbox once, some twice."""


@dataclass(frozen=True, slots=True)
class RowShape:
    """Rows that SAMPLE videos make, by table, and the mean bytes of each of their columns."""

    counts: dict[str, int]
    sizes: MeanSizes

    def bytes_per_row(self, table: str, columns: Sequence[str] | None = None) -> float:
        """Mean bytes of some columns of a row, or of all."""
        sizes = self.sizes[table]
        return sum(sizes.values()) if columns is None else sum(sizes[name] for name in columns)

    def rows(self, table: str, videos: float) -> float:
        """Rows that so many videos make. There are only so many languages."""
        is_bounded = definitions()[table]["key"] == ["lang_key"]
        return self.counts[table] * (1 if is_bounded else videos / SAMPLE)

    def bytes_per_video(self) -> float:
        """Stored bytes of a video in all tables."""
        return sum(self.rows(table, 1) * self.bytes_per_row(table) for table in self.counts)


@lru_cache
def row_shape(readings: int = ALL_READINGS, caption_factor: int = 1, curves: int = 0) -> RowShape:
    """The rows of videos with so many readings, whose captions are so many times longer.

    `curves` is the number of readings of each retention curve.
    """
    records = list(sample(readings, caption_factor, curves))
    primary = [each for each in records if each.rating and each.rating.rater.startswith("gemini/")]
    rows = table_rows(records)
    counts = {table: len(rows[table]) for table in rows} | {FACT_TABLE: SAMPLE}
    return RowShape(counts, mean_sizes(rows, table_rows(primary)))


def sample(readings: int, caption_factor: int, curves: int = 0) -> Iterator[Record]:
    """The records whose rows are measured."""
    for number in range(SAMPLE):
        posted_at = ANCHOR - timedelta(minutes=number + 1)
        yield listing(number, posted_at, number // VIDEOS_PER_CREATOR, caption_factor)
        yield from ratings(number, posted_at)
        for days in REFRESH_AGES_DAYS[: readings - 1]:
            yield reading(number, posted_at, timedelta(days=days))
        ages = [AGE_AT_LISTING, *(timedelta(days=days) for days in REFRESH_AGES_DAYS)]
        for age in ages[:curves]:
            yield curve(number, posted_at, age)


def day_of(share: float, span_days: int) -> date:
    """The day of the post at a share (0 to 1) of the span."""
    return ANCHOR.date() - timedelta(days=span_days) + timedelta(days=int(share * span_days))


@dataclass(frozen=True, slots=True)
class TablesAtRest:
    """Tables of so many videos, as a batch finds them."""

    videos: float
    shape: RowShape
    span_days: int = SPAN_DAYS

    def rows(self, table: str, partitions: Sequence[Any] | None) -> float:
        """Rows of a table, or of some of its partitions."""
        rows = self.shape.rows(table, self.videos)
        return rows if partitions is None else rows * self._share(table, partitions)

    def _share(self, table: str, partitions: Sequence[Any]) -> float:
        if buckets := definitions()[table].get("buckets"):
            return len(partitions) / buckets
        first, end = day_of(0, self.span_days), ANCHOR.date()
        return sum(first <= day < end for day in partitions) / self.span_days


@dataclass(slots=True)
class GrowingTables:
    """Tables while they are loaded: the videos of each day, and the creators, so far."""

    shape: RowShape
    by_day: dict[date, float]
    creators: float = 0.0

    def rows(self, table: str, partitions: Sequence[Any] | None) -> float:
        """Rows of a table, or of some of its partitions, so far."""
        if buckets := definitions()[table].get("buckets"):
            return self.creators * (1 if partitions is None else len(partitions) / buckets)
        days = self.by_day if partitions is None else partitions
        return self.shape.rows(table, sum(self.by_day.get(day, 0.0) for day in days))
