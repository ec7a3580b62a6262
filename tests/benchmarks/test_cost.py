"""The cost model against Google's rule, the shipped Loader and the documentation."""

import re
from datetime import timedelta

import pytest

from benchmarks import cost
from benchmarks.warehouse_cost import loading, page, references, trickle
from benchmarks.warehouse_cost.batches import batch_bills, busy_loader, new_posts
from benchmarks.warehouse_cost.billing import LEAST_BYTES_PER_TABLE, bills
from benchmarks.warehouse_cost.rebuild import rebuild_cost
from benchmarks.warehouse_cost.records import ANCHOR, listing, ratings
from benchmarks.warehouse_cost.references import Reads, Scan, StaleReferences, reads_of
from benchmarks.warehouse_cost.sent import SentStatement
from benchmarks.warehouse_cost.sizes import row_bytes, value_bytes
from benchmarks.warehouse_cost.trickle import batches_of, month_of_loading
from benchmarks.warehouse_cost.world import TablesAtRest, row_shape
from shared.warehouse.partitions import id_day, user_bucket
from shared.warehouse.rows import table_rows
from shared.warehouse.statements import MERGE_FILES

MANY = 10**8
"""Videos of a world in which every table is above the minimum."""


def rating_merge(updates=True, bounds=None, columns=("video_id", "id_day"), **parameters):
    scan = Scan("fact_rating", columns, bounds or {})
    return SentStatement(Reads("fact_rating", updates, (scan,)), parameters)


def billed(*statements, videos=MANY, **options):
    world = TablesAtRest(videos, row_shape())
    return sum(bill.billed_bytes for bill in bills(statements, world, **options))


@pytest.mark.parametrize(
    ("kind", "value", "size"),
    [
        ("STRING", "", 2),
        ("STRING", "für 😂", 2 + 9),
        ("INT64", 5, 8),
        ("BOOL", False, 1),
        ("TIMESTAMP", "2026-11-01T00:00:00Z", 8),
        ("STRING", None, 0),
        ("STRING", ["fyp", "é"], 5 + 4),
        ("STRING", [], 0),
    ],
)
def test_values_have_the_sizes_of_googles_table(kind, value, size):
    assert value_bytes(kind, value) == size


def test_a_merge_that_only_inserts_is_billed_q():
    row = row_shape().bytes_per_row("fact_rating", ("video_id", "id_day"))

    assert billed(rating_merge(updates=False)) == pytest.approx(2 * MANY * row)


def test_a_merge_that_updates_is_billed_q_and_all_columns_of_the_target():
    q = row_shape().bytes_per_row("fact_rating", ("video_id", "id_day"))
    t = row_shape().bytes_per_row("fact_rating")

    assert billed(rating_merge()) == pytest.approx(2 * MANY * (q + t))


def test_constants_leave_their_partitions_alone_if_they_bound_the_right_column():
    days = [ANCHOR.date() - timedelta(days=2), ANCHOR.date() - timedelta(days=1)]
    bound = rating_merge(bounds={"id_day": "id_days"}, id_days=days)
    elsewhere = rating_merge(bounds={"video_id": "video_ids"}, video_ids=["1", "2"])

    assert billed(bound) == pytest.approx(billed(rating_merge()) * 2 / 730)
    assert billed(elsewhere) == billed(rating_merge())


def test_one_mention_without_bounds_reads_the_whole_table():
    scans = (
        Scan("fact_rating", ("video_id",), {"id_day": "id_days"}),
        Scan("fact_rating", ("video_id",), {}),
    )
    reads = Reads("dim_user", False, scans)
    row = row_shape().bytes_per_row("fact_rating", ("video_id",))

    statement = SentStatement(reads, {"id_days": [ANCHOR.date()]})

    assert billed(statement) == pytest.approx(2 * MANY * row), "the same column counts once"
    assert billed(statement, each_mention=True) == pytest.approx(4 * MANY * row)


def test_each_table_counts_as_ten_megabytes_at_least():
    small = billed(rating_merge(), rating_merge(), videos=1)

    assert small == 2 * LEAST_BYTES_PER_TABLE
    assert round(small / 1e6, 2) == 20.97, "a real bill of two small tables; see billing.py"


def test_every_statement_has_a_stored_answer():
    for path in MERGE_FILES.glob("*.sql"):
        reads_of(path.read_text())


def test_a_changed_statement_asks_for_another_answer():
    sql = (MERGE_FILES / "dim_video.sql").read_text()

    assert reads_of(f"-- another remark\n{sql}") == reads_of(sql)
    with pytest.raises(StaleReferences, match=references.COMMAND):
        reads_of(sql.replace("caption", "url"))


def test_the_parameters_of_a_batch_are_the_partitions_of_its_rows():
    posts = new_posts(40)

    sent = {each.reads.target: each.parameters for each in busy_loader().sent_for(posts)}

    days = {id_day(post.video_id) for post in posts}
    buckets = {user_bucket(post.video.creator_id) for post in posts}
    for table in ("dim_video", "fact_metrics_snapshot", "fact_video_analytics"):
        assert set(sent[table]["id_days"]) == days and len(days) == 2
    assert set(sent["dim_user"]["user_buckets"]) == buckets


def test_the_partitions_of_a_simulated_batch_are_those_that_the_loader_sends():
    first, last, videos = 60, 140, 36_500  # 50 videos a day
    start = ANCHOR - timedelta(days=730)
    posted = [start + timedelta(days=(number + 0.5) / 50) for number in range(first, last)]
    records = [listing(number, at, number) for number, at in enumerate(posted)]
    records += [each for number, at in enumerate(posted) for each in ratings(number, at)]

    sent = {each.reads.target: each.parameters for each in busy_loader().sent_for(records)}

    days = loading._days(first, last, videos, 730, "video")
    assert sorted(sent["fact_video_analytics"]["id_days"]) == days
    expected = loading._buckets_of(last - first)
    assert len(sent["dim_user"]["user_buckets"]) == pytest.approx(expected, rel=0.05)


def test_a_pull_takes_what_came_since_the_last_one_and_a_request_waits():
    events = [(10, "a"), (290, "b"), (301, "c"), (330, "d"), (400, "e")]

    assert batches_of(events, 300) == [["a", "b"], ["c", "d", "e"]]
    assert batches_of(events, 30) == [["a"], ["b", "c"], ["d"], ["e"]]


def test_rows_of_the_sample_have_no_column_that_the_tables_lack():
    rows = table_rows(new_posts(3))

    assert {table for table in rows if rows[table]} <= set(row_shape().counts)
    assert all(row_bytes("dim_video", row)["video_id"] == 21 for row in rows["dim_video"])


@pytest.mark.parametrize("are_rated", [False, True])
@pytest.mark.parametrize("videos", [10**6, 10**7])
def test_a_batch_stays_below_its_bar(videos, are_rated):
    bills_of_batch = batch_bills(TablesAtRest(videos, row_shape()), are_rated=are_rated)
    total = sum(bill.billed_bytes for bill in bills_of_batch)

    assert total / 1e6 <= cost.BATCH_MB_BARS[videos]


@pytest.mark.parametrize("videos", [10**6, 10**7])
def test_a_batch_with_curves_stays_below_its_bar_and_reads_its_own_days(videos):
    bills_of_batch = batch_bills(TablesAtRest(videos, row_shape(curves=1)), have_curves=True)
    (of_curves,) = (bill for bill in bills_of_batch if bill.target == "fact_retention")

    assert [read.partitions for read in of_curves.reads] == [2]
    total = sum(bill.billed_bytes for bill in bills_of_batch)
    assert total / 1e6 <= cost.CURVE_MB_BARS[videos]


def test_loading_a_million_videos_stays_below_its_bar():
    small, million = loading.loading_cost(10**5), loading.loading_cost(10**6)

    assert million.billed / 1e12 <= cost.LOADING_TB_BAR
    assert million.billed / small.billed <= 10**cost.GROWTH_BAR


def test_a_rebuild_reads_each_row_a_few_times_whatever_the_size():
    small, million = rebuild_cost(10**5), rebuild_cost(10**6)
    stored = 10**6 * row_shape(readings=1).bytes_per_video()

    assert million.billed / 1e12 <= cost.REBUILD_TB_BAR
    assert million.read == pytest.approx(10 * small.read)
    assert stored < million.read < 4 * stored


def test_a_month_at_five_minutes_stays_below_its_bar():
    month = month_of_loading(10**6, 300)

    assert month.batches == 8_640
    assert page.usd(month.billed_bytes) <= cost.MONTH_USD_BAR


def test_the_model_waits_and_pulls_where_the_deployment_does():
    functions = (page.PAGE.parents[2] / "terraform/functions.tf").read_text()
    variables = (page.PAGE.parents[2] / "terraform/variables.tf").read_text()
    default = re.search(r'variable "freshness_s" {.*?default += (\d+)', variables, re.S)[1]

    assert f"pushes_records = var.freshness_s <= {trickle.LONGEST_WAIT_S}\n" in functions
    assert int(default) == page.USUAL_FRESHNESS_S == cost.FRESHNESS_S


def test_the_tables_of_the_documentation_are_the_models():
    assert page.written(page.PAGE.read_text()) == page.PAGE.read_text(), "run `make cost`"
