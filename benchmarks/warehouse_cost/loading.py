"""What it costs to load many videos from nothing, three records each, in batches of 500."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from benchmarks.warehouse_cost.batches import BATCH, busy_loader
from benchmarks.warehouse_cost.billing import bills
from benchmarks.warehouse_cost.records import ANCHOR, listing, ratings
from benchmarks.warehouse_cost.sent import SentStatement
from benchmarks.warehouse_cost.world import (
    SPAN_DAYS,
    VIDEOS_PER_CREATOR,
    GrowingTables,
    day_of,
    row_shape,
)
from shared.model import Record
from shared.warehouse.partitions import OTHER_IDS, id_day
from shared.warehouse.tables import definitions

RECORDS_A_VIDEO = 3
"""The listing and the answers of two raters."""

PHASES = {"fetch": ("video",), "random": ("record",)}
"""In `fetch` the records of a video come close together, in the order of posts. `random` mixes all
records."""

_VIDEOS_IN_BATCH = {
    "video": BATCH // RECORDS_A_VIDEO,
    "rating": BATCH // (RECORDS_A_VIDEO - 1),
    "record": BATCH,
}
_COMPUTED_BATCHES = 100
"""Batches grow slowly, so that one stands for its neighbours where there are more."""


@dataclass(frozen=True, slots=True)
class LoadingCost:
    """Bytes billed; bytes read without minima; and billed bytes beyond the minima."""

    billed: float = 0.0
    read: float = 0.0
    excess: float = 0.0

    def __add__(self, other: "LoadingCost") -> "LoadingCost":
        return LoadingCost(
            self.billed + other.billed, self.read + other.read, self.excess + other.excess
        )

    def times(self, factor: float) -> "LoadingCost":
        return LoadingCost(self.billed * factor, self.read * factor, self.excess * factor)


def loading_cost(videos: int, order: str = "fetch", span_days: int = SPAN_DAYS) -> LoadingCost:
    """The cost of all batches that load so many videos into empty tables."""
    tables = GrowingTables(row_shape(readings=1), {})
    total = LoadingCost()
    for kind in PHASES[order]:
        for first, last, weight in _batches(videos, kind):
            days = _days(first, last, videos, span_days, kind)
            _fill(tables, last, videos, span_days, kind, days)
            total += _batch_cost(kind, days, last - first, tables).times(weight)
    return total


def own_files_cost(files: int) -> LoadingCost:
    """The cost of a batch of two ratings each of own files, where there are so many."""
    batch = _VIDEOS_IN_BATCH["rating"]
    ids = [f"u{number * 0x9E3779B97F4A7C15 % 2**64:016x}" for number in range(batch)]
    days = sorted(set(map(id_day, ids)))
    tables = GrowingTables(row_shape(readings=1), dict.fromkeys(days, files / OTHER_IDS), 1.0)
    return _batch_cost("rating", days, 1, tables)


def _batches(videos: int, kind: str) -> Iterator[tuple[int, int, float]]:
    """Batches from the first item to before the last, and for how many each of them stands.

    Items are videos, or records of them in random order.
    """
    size = _VIDEOS_IN_BATCH[kind]
    items = videos * RECORDS_A_VIDEO if kind == "record" else videos
    count = -(-items // size)
    computed = min(count, _COMPUTED_BATCHES)
    for number in range(computed):
        first = int((number + 0.5) * count / computed) * size
        yield first, min(items, first + size), count / computed


def _days(first: int, last: int, videos: int, span_days: int, kind: str) -> list[date]:
    """The days of the posts in a batch."""
    if kind == "record":
        chance = random.Random(first)
        numbers = {chance.randrange(span_days) for _ in range(first, last)}
    else:
        numbers = set(range(first * span_days // videos, (last - 1) * span_days // videos + 1))
    return [day_of((number + 0.5) / span_days, span_days) for number in sorted(numbers)]


def _fill(
    tables: GrowingTables, last: int, videos: int, span_days: int, kind: str, days: Sequence[date]
) -> None:
    """Fill the batch's days. Its own rows count as if they were in before (a little too much)."""
    listed = last / RECORDS_A_VIDEO if kind == "record" else videos if kind == "rating" else last
    creators = videos / VIDEOS_PER_CREATOR
    tables.creators = creators * -math.expm1(-listed / creators)  # each video's is drawn at random
    if kind == "record":
        tables.by_day = dict.fromkeys(days, listed / span_days)
        return
    origin = day_of(0, span_days)
    per_day = videos / span_days
    tables.by_day = {
        day: min(per_day, max(0.0, listed - (day - origin).days * per_day)) for day in days
    }


def _batch_cost(
    kind: str, days: Sequence[date], creators: int, tables: GrowingTables
) -> LoadingCost:
    statements = [_with_partitions(each, days, creators) for each in _sent_for(kind)]
    cost = LoadingCost()
    for bill in bills(statements, tables):
        cost += LoadingCost(bill.billed_bytes, bill.read_bytes, bill.excess_bytes)
    return cost


@lru_cache
def _sent_for(kind: str) -> list[SentStatement]:
    """What the Loader sends for a batch of a kind."""
    records: list[Record] = []
    for number in range(_VIDEOS_IN_BATCH[kind] // (RECORDS_A_VIDEO if kind == "record" else 1)):
        if kind != "rating":
            records.append(listing(number, _POSTED_AT, number))
        if kind != "listing":
            records += ratings(number, _POSTED_AT)
    return busy_loader().sent_for(records)


_POSTED_AT = ANCHOR.replace(hour=12)


def _with_partitions(
    statement: SentStatement, days: Sequence[date], creators: int
) -> SentStatement:
    """The statement as it would be sent for these days, and for so many creators."""
    changed = {"id_days": days, "user_buckets": range(round(_buckets_of(creators)))}
    parameters = {name: changed.get(name, value) for name, value in statement.parameters.items()}
    return replace(statement, parameters=parameters)


def _buckets_of(creators: int) -> float:
    """How many partitions of dim_user so many creators are in, by chance."""
    buckets = definitions()["dim_user"].get("buckets", 1)
    return buckets * (1 - (1 - 1 / buckets) ** creators)
