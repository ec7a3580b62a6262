"""The tables of docs/reference/cost.md that come from the model."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.warehouse_cost.batches import BATCH, batch_bills
from benchmarks.warehouse_cost.bill import bill_lines, storage_of_files_usd
from benchmarks.warehouse_cost.billing import usd
from benchmarks.warehouse_cost.loading import RECORDS_A_VIDEO, loading_cost, own_files_cost
from benchmarks.warehouse_cost.rebuild import rebuild_cost
from benchmarks.warehouse_cost.records import CURVE_S
from benchmarks.warehouse_cost.trickle import month_of_loading
from benchmarks.warehouse_cost.world import ALL_READINGS, SPAN_DAYS, TablesAtRest, row_shape

PAGE = Path(__file__).parents[2] / "docs/reference/cost.md"
BEGIN, END = "<!-- make cost: begin -->\n", "<!-- make cost: end -->\n"

BEFORE_BYTES_PER_VIDEO, BEFORE_LEAST_BYTES = 12_200, 94_000_000
"""What a batch was billed before the tables had partitions: for each video in the tables."""

SIZES = tuple(10**power for power in range(3, 8))
MILLION = 10**6
FRESHNESS_S = {
    1: "1 s", 10: "10 s", 60: "60 s", 300: "5 min", 900: "15 min", 3600: "1 h"
}  # fmt: skip
USUAL_FRESHNESS_S = 300
PER_1000 = "US dollars per 1,000 videos in the order of posts"
LOAD_COLUMNS = ("for `load`", "together")
RATED = "with two ratings each"
FILES = "5 MB each, Nearline after 30 days"


def block() -> str:
    """The generated part, with its marks."""
    parts = (_batches(), _loading(), _freshness(), _month(), _rows())
    return f"{BEGIN}\n" + "\n".join("\n".join(part) + "\n" for part in parts) + f"\n{END}"


def written(page: str) -> str:
    """The page with the generated part of now."""
    before, _, marked = page.partition(BEGIN)
    return before + block() + marked.partition(END)[2]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"


def _batches() -> Iterator[str]:
    yield "**A batch of 500 new posts** of two days, by 500 creators:"
    yield ""
    yield from _table(
        ("videos in the tables", "before", "two years of posts", RATED, "one year", "US dollars"),
        (_batch_row(videos) for videos in SIZES),
    )


def _batch_bytes_before(videos: float) -> float:
    return max(BEFORE_LEAST_BYTES, BEFORE_BYTES_PER_VIDEO * videos)


def _batch_row(videos: int) -> list[str]:
    before = _batch_bytes_before(videos)
    now, dense = (_batch_bytes(videos, days) for days in (SPAN_DAYS, 365))
    rated = _batch_bytes(videos, SPAN_DAYS, are_rated=True)
    sizes = map(_size, (before, now, rated, dense))
    return [f"{videos:,}", *sizes, f"{usd(now):.4f}"]


def _batch_bytes(
    videos: int, span_days: int, are_rated: bool = False, caption_factor: int = 1
) -> float:
    shape = row_shape(caption_factor=caption_factor)
    tables = TablesAtRest(videos, shape, span_days)
    return sum(bill.billed_bytes for bill in batch_bills(tables, are_rated=are_rated))


def _loading() -> Iterator[str]:
    yield "**Loading from nothing**, three records a video, in batches of 500, or by a rebuild:"
    yield ""
    yield from _table(
        ("videos", "before", "in the order of posts", "a rebuild", "at random", PER_1000),
        (_loading_row(videos) for videos in (10**5, MILLION, 10**7)),
    )


def _loading_row(videos: int) -> list[str]:
    fetched, mixed = (loading_cost(videos, order).billed for order in ("fetch", "random"))
    rebuilt = rebuild_cost(videos).billed
    batches = videos * RECORDS_A_VIDEO // BATCH
    before = batches * _batch_bytes_before(videos / 2)
    sizes = [_size(before), _size(fetched), _size(rebuilt), _size(mixed)]
    return [f"{videos:,}", *sizes, f"{usd(fetched) / videos * 1000:.4f}"]


def _freshness() -> Iterator[str]:
    yield "**How fresh the tables are**, in a month at 1,000,000 videos:"
    yield ""
    yield from _table(
        ("at most so old", "how", "batches", "bytes billed", "US dollars for them", *LOAD_COLUMNS),
        (_freshness_row(seconds, name) for seconds, name in FRESHNESS_S.items()),
    )


def _freshness_row(seconds: int, name: str) -> list[str]:
    month = month_of_loading(MILLION, seconds)
    bytes_usd = usd(month.billed_bytes)
    load_usd = next(line.usd for line in bill_lines(MILLION, month) if line.what == "`load`")
    return [
        name,
        "a schedule pulls" if month.is_pulled else "requests wait",
        f"{month.batches:,.0f}",
        _size(month.billed_bytes),
        f"{bytes_usd:.2f}",
        f"{load_usd:.2f}",
        f"{bytes_usd + load_usd:.2f}",
    ]


def _month() -> Iterator[str]:
    month = month_of_loading(MILLION, USUAL_FRESHNESS_S)
    lines = bill_lines(MILLION, month)
    name = FRESHNESS_S[USUAL_FRESHNESS_S]
    yield f"**The month's bill** at 1,000,000 videos and {name}, without Gemini:"
    yield ""
    rows = [[line.what, line.calculation, f"{line.usd:.2f}"] for line in lines]
    total = sum(line.usd for line in lines)
    files = storage_of_files_usd(MILLION)
    rows.append(["**together**", "", f"**{total:.2f}**"])
    rows.append(["the files, if you keep them", FILES, f"{files:.2f}"])
    yield from _table(("what", "calculation", "US dollars"), rows)


def _rows() -> Iterator[str]:
    shape = row_shape()
    yield "**The rows** that these tables reckon with:"
    yield ""
    yield from _table(
        ("table", "rows a video", "bytes a row"),
        (
            [f"`{table}`", f"{shape.rows(table, MILLION) / MILLION:.1f}", _bytes(table)]
            for table in shape.counts
            if shape.rows(table, MILLION) >= MILLION / 10
        ),
    )
    longer = _size(_batch_bytes(10**7, SPAN_DAYS, caption_factor=4))
    yield ""
    own = [_size(own_files_cost(files).billed) for files in (10**5, MILLION)]
    yield f"With captions four times as long, the batch at 10,000,000 videos bills {longer}."
    yield from _curves()
    yield f"A batch of 250 files of your own, rated twice, bills {own[0]} where there are 100,000"
    yield f"of them, and {own[1]} where there are 1,000,000."


def _curves() -> Iterator[str]:
    """What retention curves add, where every video in the tables has one."""
    (first, last), (_, most) = (
        [_size(_curve_bytes(videos, curves)) for videos in (MILLION, 10**7)]
        for curves in (1, ALL_READINGS)
    )
    yield f"With a curve of {CURVE_S} s of each video, it bills {first} at 1,000,000 videos"
    yield f"and {last} at 10,000,000. {ALL_READINGS} readings of each curve make that {most}."


def _curve_bytes(videos: int, curves: int) -> float:
    tables = TablesAtRest(videos, row_shape(curves=curves), SPAN_DAYS)
    return sum(bill.billed_bytes for bill in batch_bills(tables, have_curves=True))


def _bytes(table: str) -> str:
    return f"{row_shape().bytes_per_row(table):,.0f}"


def _size(size: float) -> str:
    for unit, factor in (("TB", 1e12), ("GB", 1e9)):
        if size >= factor:
            return f"{size / factor:,.{2 if size < 10 * factor else 0}f} {unit}"
    return f"{size / 1e6:,.0f} MB"
