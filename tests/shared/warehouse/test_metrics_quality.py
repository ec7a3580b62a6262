"""Readings that cannot be true are kept, flagged by rule, and counted month by month."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.warehouse.views import column_descriptions, templates
from tests.records import DAY_0, metrics, record, video

FLAGGED = (
    ({"views": 10, "likes": 10, "comments": 10}, []),
    ({"views": 10, "likes": 11}, ["likes_exceed_views"]),
    ({"views": 10, "comments": 11}, ["comments_exceed_views"]),
    ({"views": -1}, ["negative_count"]),
    ({"views": None, "likes": 5}, []),
    (
        {"views": 1, "likes": 2, "flags": ("rounded_count",)},
        ["likes_exceed_views", "rounded_count"],
    ),
    (
        {"views": 1, "likes": 2, "comments": 2, "followers": -5},
        ["comments_exceed_views", "likes_exceed_views", "negative_count"],
    ),
    ({"views": 10, "reach": 10, "average_watch_s": 90.0, "completion_rate": 1.0}, []),
    ({"views": 10, "reach": 11}, ["reach_exceeds_views"]),
    ({"views": 10, "reach": -1}, ["negative_count"]),
    ({"views": 10, "total_watch_s": -0.5}, ["negative_watch_time"]),
    ({"views": 10, "hook_rate_3s": 1.01}, ["rate_outside_0_1"]),
    ({"views": 10, "completion_rate": -0.01}, ["rate_outside_0_1"]),
)


def video_id(number):
    return str(7_300_000_000_000_000_000 + number)


def test_a_reading_is_kept_as_it_came_and_flagged_by_rule(db):
    db.load(
        *(record(video_id(n), metrics=metrics(**counts)) for n, (counts, _) in enumerate(FLAGGED))
    )

    for table, flags in (
        ("fact_metrics_snapshot", "flags"),
        ("fact_video_analytics", "metrics_flags"),
    ):
        rows = db.rows(f"SELECT views, {flags} AS flags FROM {table} ORDER BY video_id")
        assert rows == [{"views": counts["views"], "flags": broken} for counts, broken in FLAGGED]


def test_the_fact_has_the_flags_of_its_latest_reading_alone(db):
    db.load(
        record(metrics=metrics(0, views=1, likes=2)), record(metrics=metrics(5, views=9, likes=2))
    )

    assert db.rows("SELECT metrics_flags FROM fact_video_analytics") == [{"metrics_flags": []}]


# A video that vanished

SEEN_OR_GONE = (  # (hour, views or None when it was gone) …, then views and hour of vanishing
    ([(0, 5), (1, 6)], 6, None),
    ([(0, 5), (1, None), (2, None)], 5, 1),
    ([(0, 5), (1, None), (2, 7)], 7, None),
    ([(0, 5), (1, None), (2, 7), (3, None)], 7, 3),
    ([(1, None)], None, 1),
)


def reading(number, hour, views):
    flags = ("vanished",) if views is None else ()
    return record(video_id(number), metrics=metrics(hour, views=views, flags=flags))


def test_a_vanished_video_is_dated_and_keeps_its_last_counts(db):
    for hour in (3, 1, 0, 2):
        db.load(
            *(
                reading(number, at, views)
                for number, (readings, _, _) in enumerate(SEEN_OR_GONE)
                for at, views in readings
                if at == hour
            )
        )

    rows = db.rows("SELECT views, vanished_at FROM fact_video_analytics ORDER BY video_id")
    assert rows == [
        {"views": views, "vanished_at": None if gone is None else DAY_0 + timedelta(hours=gone)}
        for _, views, gone in SEEN_OR_GONE
    ]


# The report of breaks


def posts(month, start, count=20, read=DAY_0, **counts):
    """Videos posted in a month of 2026, read at one time with the same counts."""
    return [
        record(
            video_id(start + n),
            video=video(created_at=datetime(2026, month, 15, tzinfo=UTC)),
            metrics=metrics(**counts).model_copy(update={"collected_at": read}),
        )
        for n in range(count)
    ]


def breaks(db, dated_by="posting"):
    return db.rows(
        "SELECT * FROM metrics_breaks_by_month WHERE dated_by = @dated_by ORDER BY month",
        dated_by=dated_by,
    )


def test_a_month_in_which_likes_exceed_views_is_a_break_and_so_is_its_end(viewed):
    viewed.load(
        *posts(5, 0, views=1000, likes=90),
        *posts(6, 100, views=1010, likes=90),
        *posts(7, 200, views=50, likes=90),
        *posts(8, 300, views=60, likes=90),
        *posts(9, 400, views=1500, likes=90),
    )

    rows = breaks(viewed)

    assert [row["month"] for row in rows] == [date(2026, n, 1) for n in range(5, 10)]
    assert [row["share_impossible"] for row in rows] == [0, 0, 1, 1, 0]
    assert [row["is_break"] for row in rows] == [False, False, True, False, True]
    assert rows[2]["median_views_ratio"] == pytest.approx(50 / 1010)


def test_a_median_that_falls_to_a_tenth_is_a_break_and_nineteen_videos_prove_nothing(viewed):
    viewed.load(
        *posts(5, 0, views=1000), *posts(6, 100, views=100), *posts(7, 200, count=19, views=9)
    )

    assert [row["is_break"] for row in breaks(viewed)] == [False, True, False]


def test_a_break_of_the_day_of_reading_shows_by_collection_and_counts_each_video_once(viewed):
    for day, views in ((datetime(2026, 9, 1, tzinfo=UTC), 500), (DAY_0 - timedelta(days=30), 1000)):
        viewed.load(*posts(5, 0, read=day, views=views))
    viewed.load(*posts(5, 0, read=DAY_0, views=20))

    rows = breaks(viewed, "collection")
    assert [row["median_views"] for row in rows] == [500, 1000, 20]
    assert [row["is_break"] for row in rows] == [False, False, True]
    assert [row["videos"] for row in breaks(viewed)] == [20]


def test_every_column_of_a_view_is_explained(viewed):
    viewed.load(record(video=video(), metrics=metrics()))

    for name, text in templates().items():
        query = viewed.client.query(f"SELECT * FROM `test.{viewed.dataset}.{name}`")
        described = column_descriptions(text)
        assert list(described) == [field.name for field in query.result().schema], name
        assert all(described.values())
