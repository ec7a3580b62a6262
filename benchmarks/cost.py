"""Bytes that BigQuery bills for loading, by Google's rule, over tables of 10³ to 10⁷ videos.

Nothing is run in BigQuery. benchmarks/warehouse_cost has the model: the statements that the shipped
Loader sends, the columns that Google's analyser says they read, the partitions that their
parameters leave, and the sizes of rows that the product makes.
"""

import math
from collections.abc import Iterator
from functools import partial

from benchmarks.table import Measurement
from benchmarks.warehouse_cost.batches import batch_bills
from benchmarks.warehouse_cost.bill import bill_lines
from benchmarks.warehouse_cost.billing import StatementBill, usd
from benchmarks.warehouse_cost.loading import loading_cost
from benchmarks.warehouse_cost.rebuild import rebuild_cost
from benchmarks.warehouse_cost.records import CURVE_S
from benchmarks.warehouse_cost.trickle import month_of_loading
from benchmarks.warehouse_cost.world import SPAN_DAYS, TablesAtRest, row_shape

COMMAND = "python -m benchmarks cost"
SIZES = tuple(10**power for power in range(3, 8))
BATCH_MB_BARS = {10**6: 150.0, 10**7: 300.0}
MILLION = 10**6
CURVE_MB_BARS = {MILLION: 150.0, 10 * MILLION: 450.0}
LOADING_TB_BAR, REBUILD_TB_BAR, GROWTH_BAR, MONTH_USD_BAR = 0.9, 0.03, 1.1, 60.0
FRESHNESS_S = 300

_cost = partial(Measurement, command=COMMAND, is_most=True)


def measurements() -> Iterator[Measurement]:
    yield from _batches("500 new posts", SPAN_DAYS, BATCH_MB_BARS)
    yield from _batches("500 new posts", 365, {})
    yield from _batches("500 new posts with two ratings each", SPAN_DAYS, BATCH_MB_BARS, True)
    yield from _curves()
    yield from _loading()
    yield from _growth()
    yield from _month()


def _batches(
    what: str, span_days: int, bars: dict[int, float], are_rated: bool = False
) -> Iterator[Measurement]:
    for videos in SIZES:
        tables = TablesAtRest(videos, row_shape(), span_days)
        bills = batch_bills(tables, are_rated=are_rated)
        total = sum(bill.billed_bytes for bill in bills)
        yield _cost(
            f"cost, {what}, {videos:,} videos over {span_days} days: MB billed",
            total / 1e6,
            bars.get(videos),
            note=f"{usd(total):.6f} USD; partitions: {_partitions(bills)}",
        )


def _curves() -> Iterator[Measurement]:
    """New posts with a curve each, where every video has one."""
    for videos in (MILLION, 10 * MILLION):
        bills = batch_bills(TablesAtRest(videos, row_shape(curves=1)), have_curves=True)
        yield _cost(
            f"cost, 500 new posts with a curve of {CURVE_S} s each, {videos:,} videos: MB billed",
            sum(bill.billed_bytes for bill in bills) / 1e6,
            CURVE_MB_BARS[videos],
        )


def _partitions(bills: list[StatementBill]) -> str:
    """The most partitions of a table that a statement touches, by its target."""
    counts = {
        bill.target: [read.partitions for read in bill.reads]
        for bill in sorted(bills, key=lambda bill: bill.target)
    }
    return ", ".join(
        f"{target} {'all' if None in touched else max(map(int, filter(None, touched)))}"
        for target, touched in counts.items()
    )


def _loading() -> Iterator[Measurement]:
    for order, words, bar in (
        ("fetch", "in the order of posts", LOADING_TB_BAR),
        ("random", "in random order, in which nothing loads", None),
    ):
        cost = loading_cost(MILLION, order)
        yield _cost(
            f"cost, loading 1,000,000 videos from nothing, {words}: TB billed",
            cost.billed / 1e12,
            bar,
            note=f"{usd(cost.billed):.2f} USD; {cost.excess / 1e12:.2f} TB above the minima",
        )
    rebuilt = rebuild_cost(MILLION)
    yield _cost(
        "cost, rebuilding 1,000,000 videos: TB billed",
        rebuilt.billed / 1e12,
        REBUILD_TB_BAR,
        note=f"{usd(rebuilt.billed):.2f} USD",
    )
    billed = loading_cost(MILLION).billed / 1000
    name = "cost, loading 1,000 of 1,000,000 videos: US cents billed"
    yield _cost(name, 100 * usd(billed), None, note=f"{billed / 1e9:.2f} GB")


def _growth() -> Iterator[Measurement]:
    """How the bill grows, and the bytes below the minima, which are not billed yet."""
    small, million, large = (loading_cost(videos) for videos in (10**5, MILLION, 10**7))
    for less, more, sizes in ((small, million, "10⁵ to 10⁶"), (million, large, "10⁶ to 10⁷")):
        yield _cost(
            f"cost, loading: growth exponent of the bill, {sizes} videos",
            math.log10(more.billed / less.billed),
            GROWTH_BAR,
            note=f"above the minima: {less.excess / 1e12:.2f} and {more.excess / 1e12:.2f} TB",
        )
    steady = loading_cost(10**5, span_days=SPAN_DAYS // 10)
    for name, less in (("at the same posts a day", steady), ("over 730 days", small)):
        yield _cost(
            f"cost, loading: growth exponent of the bytes read, {name}, 10⁵ to 10⁶ videos",
            math.log10(million.read / less.read),
            None,
            note=f"{million.read / 1e9:.0f} GB, {million.read / million.billed:.0%} of the bill",
        )


def _month() -> Iterator[Measurement]:
    month = month_of_loading(MILLION, FRESHNESS_S)
    others = sum(line.usd for line in bill_lines(MILLION, month)[1:])
    yield _cost(
        "cost, a month's trickle at 1,000,000 videos, at most 5 minutes old: USD of bytes billed",
        usd(month.billed_bytes),
        MONTH_USD_BAR,
        note=f"{others:.2f} USD for the rest but Gemini and files: docs/reference/cost.md",
    )
