"""A month of steady trickle: what it costs to load records as fresh as one wishes."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from benchmarks.warehouse_cost.batches import busy_loader
from benchmarks.warehouse_cost.billing import bills
from benchmarks.warehouse_cost.records import ANCHOR, listing, ratings, reading
from benchmarks.warehouse_cost.world import SPAN_DAYS, TablesAtRest, row_shape
from shared.model import Record
from shared.tiktok.collections import REFRESH_AGES_DAYS

HOURS_A_MONTH = 30 * 24
LONGEST_WAIT_S = 60
"""Up to this freshness records wait in their requests. Beyond it a schedule pulls them."""

COMMIT_S = 3.0
"""Assumed: a MERGE of BigQuery takes one to two seconds, and a batch has two rounds of them."""

LAST_PULL_S = 6.0
"""How long a run pulls until it believes that the subscription is empty."""

Arrival = tuple[float, Record]
"""Seconds from the start, and what arrives."""


@dataclass(frozen=True, slots=True)
class MonthOfLoading:
    """Batches, bytes billed, and seconds for which an instance of `load` is billed, in 30 days."""

    freshness_s: float
    batches: float
    billed_bytes: float
    instance_s: float

    @property
    def is_pulled(self) -> bool:
        return self.freshness_s > LONGEST_WAIT_S


@lru_cache
def month_of_loading(videos: int, freshness_s: float, span_days: int = SPAN_DAYS) -> MonthOfLoading:
    """The month of a collection that grows as fast as `videos` over `span_days`.

    An hour is played through the Loader, and counts 720 times.
    """
    world = TablesAtRest(videos, row_shape(), span_days)
    batches = batches_of(arrivals(videos / span_days / 24), freshness_s)
    billed = sum(
        bill.billed_bytes
        for records in batches
        for bill in bills(busy_loader().sent_for(records), world)
    )
    wait_s = LAST_PULL_S if freshness_s > LONGEST_WAIT_S else freshness_s
    month = len(batches) * HOURS_A_MONTH
    return MonthOfLoading(freshness_s, month, billed * HOURS_A_MONTH, month * (wait_s + COMMIT_S))


@lru_cache
def arrivals(videos_an_hour: float) -> list[Arrival]:
    """An hour of new posts of two days, their ratings minutes later, and all readings that are due.

    A listing each day brings posts of that day and of the day before.
    """
    return sorted(_arrivals(round(videos_an_hour)), key=lambda arrival: arrival[0])


def _arrivals(posts: int) -> Iterator[Arrival]:
    chance = random.Random(1)
    noon = ANCHOR - timedelta(hours=12)
    for number in range(posts):
        at_s, posted_at = chance.random() * 3600, noon - timedelta(days=number % 2, seconds=number)
        yield at_s, listing(number, posted_at, number)
        for rating in ratings(number, posted_at):
            yield (at_s + chance.uniform(20, 300)) % 3600, rating
        for age in map(timedelta, REFRESH_AGES_DAYS):
            older = reading(number, noon - age - timedelta(seconds=number), age)
            yield chance.random() * 3600, older


def batches_of(events: Sequence[Arrival], freshness_s: float) -> list[list[Record]]:
    """Arrivals in the batches in which they are loaded.

    A pull takes what came since the last pull. Otherwise the first record waits for `freshness_s`,
    and takes all along that came meanwhile.
    """
    batches: list[list[Record]] = []
    ends_s = 0.0
    for at_s, record in events:
        if not batches or at_s >= ends_s:
            batches.append([])
            is_pulled = freshness_s > LONGEST_WAIT_S
            ends_s = (at_s // freshness_s + 1) * freshness_s if is_pulled else at_s + freshness_s
        batches[-1].append(record)
    return batches
