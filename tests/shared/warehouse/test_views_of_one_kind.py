"""Observed and synthetic videos never meet in a view that people take averages of."""

from tests.records import DAY_0, VIDEO_ID, metrics, no_media, rating, record, video

OBSERVED, SYNTHETIC = "7300000000000000001", "7300000000000000002"
DAY_H = 24


def of_video(video_id, synthetic, views):
    """A rated video with readings after one day and after eight."""
    listed = video(created_at=DAY_0, synthetic=synthetic)
    return [
        record(
            video_id,
            video=listed,
            metrics=metrics(DAY_H, views=views),
            rating=rating(score=views % 100),
        ),
        record(video_id, metrics=metrics(8 * DAY_H, views=views * 2)),
    ]


def ids(viewed, view, where="TRUE"):
    rows = viewed.rows(f"SELECT DISTINCT video_id FROM {view} WHERE {where} ORDER BY video_id")
    return [row["video_id"] for row in rows]


def test_where_there_is_an_observed_video_the_synthetic_ones_are_set_aside(viewed):
    viewed.load(*of_video(OBSERVED, False, 110), *of_video(SYNTHETIC, True, 10**6))

    assert ids(viewed, "kpis_at_age") == [OBSERVED]
    assert ids(viewed, "engagement_pairs") == [OBSERVED]
    assert ids(viewed, "analysis_sample", "rule IS NULL") == [OBSERVED]
    assert ids(viewed, "analysis_sample", "rule = 'synthetic'") == [SYNTHETIC]


def test_where_all_videos_are_synthetic_they_are_taken(viewed):
    viewed.load(*of_video(SYNTHETIC, True, 110))

    assert ids(viewed, "kpis_at_age") == [SYNTHETIC]
    assert ids(viewed, "engagement_pairs", "synthetic") == [SYNTHETIC]
    assert ids(viewed, "analysis_sample", "rule IS NULL") == [SYNTHETIC]


def test_a_video_that_does_not_say_is_observed(viewed):
    rated_before_it_is_listed = record(OBSERVED, rating=rating())
    viewed.load(rated_before_it_is_listed, *of_video(SYNTHETIC, True, 110))

    assert ids(viewed, "kpis_at_age") == []
    assert ids(viewed, "analysis_sample", "rule = 'synthetic'") == [SYNTHETIC]


def test_the_view_of_every_video_has_both_kinds_as_the_report_reads_it(viewed):
    viewed.load(*of_video(OBSERVED, False, 110), *of_video(SYNTHETIC, True, 110))

    assert ids(viewed, "kpis_at_age_of_every_video") == [OBSERVED, SYNTHETIC]
    columns = "age_days, views, views_gained, interpolation_error"
    one, other = (
        viewed.rows(f"SELECT {columns} FROM {view} WHERE video_id = '{OBSERVED}' ORDER BY 1")
        for view in ("kpis_at_age", "kpis_at_age_of_every_video")
    )
    assert one == other and one[1]["views"] is not None


def test_health_is_that_of_one_kind(viewed):
    viewed.load(
        record(OBSERVED, video=video(), rating=rating(latency_s=8.0)),
        record(SYNTHETIC, video=video(synthetic=True), rating=rating(latency_s=2.0)),
    )

    rows = viewed.rows("SELECT synthetic, mean_latency_s FROM rating_health ORDER BY synthetic")

    assert rows == [
        {"synthetic": False, "mean_latency_s": 8.0},
        {"synthetic": True, "mean_latency_s": 2.0},
    ]


def test_health_counts_ratings_by_day_and_outcome(viewed):
    viewed.load(record(rating=rating()), record(f"{int(VIDEO_ID) + 1}", rating=no_media()))

    rows = viewed.rows("SELECT status, ratings, videos FROM rating_health ORDER BY status")

    assert rows == [
        {"status": "no_media", "ratings": 1, "videos": 1},
        {"status": "rated", "ratings": 1, "videos": 1},
    ]
