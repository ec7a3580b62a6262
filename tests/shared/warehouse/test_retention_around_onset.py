"""The view of retention curves around the moments of the primary rating."""

import pytest

from shared.rubric_values import Values
from tests.records import VIDEO_ID, curve, rating, record, video

OTHER = "7300000000000000002"


def seconds_of(db, video_id, *columns):
    view = "retention_around_onset WHERE video_id = @v ORDER BY second"
    rows = db.rows(f"SELECT {', '.join(columns)} FROM {view}", v=video_id)
    return [tuple(row.values()) for row in rows]


def test_a_second_stands_beside_its_distance_from_the_onset_and_who_leaves_after_it(viewed):
    values = Values(unexpectedness=70, surprise_onset_s=1.9, suspense_from_s=0.5, suspense_to_s=1.8)
    viewed.load(
        record(video=video(duration_s=9.5, synthetic=True), rating=rating(values=values)),
        record(retention=curve(0, 1.0, 0.8, 0.9, 0.0, 0.0, viewers=500)),
    )

    rows = seconds_of(viewed, VIDEO_ID, "second", "second_from_onset", "share", "hazard", "viewers")
    hazards = [row[3] for row in rows]
    assert [row[:3] for row in rows] == [
        (0, -1, 1.0), (1, 0, 0.8), (2, 1, 0.9), (3, 2, 0.0), (4, 3, 0.0),
    ]  # fmt: skip
    assert hazards[:3] == pytest.approx([0.2, -0.125, 1.0])
    assert hazards[3:] == [None, None], "nobody watches, so nobody can leave"
    assert {row[4] for row in rows} == {500}
    moments = ("onset_s", "suspense_from_s", "suspense_to_s")
    (facts,) = set(seconds_of(viewed, VIDEO_ID, "user_key", "synthetic", "duration_s", *moments))
    assert facts == ("ada", True, 9.5, 1.9, 0.5, 1.8)


def test_only_the_newest_reading_counts_and_a_gap_has_no_hazard(viewed):
    viewed.load(
        record(retention=curve(24, 1.0, None, 0.5, 0.4)),
        record(retention=curve(0, 1.0, 0.9, 0.8, 0.7, 0.6, viewers=10)),
        record(OTHER, retention=curve(0, 0.5)),
    )

    rows = seconds_of(viewed, VIDEO_ID, "second", "share", "hazard", "viewers", "onset_s")
    assert [row[:2] for row in rows] == [(0, 1.0), (2, 0.5), (3, 0.4)]
    assert [row[2] for row in rows] == [None, pytest.approx(0.2), None]
    assert {row[3:] for row in rows} == {(None, None)}
    assert seconds_of(viewed, OTHER, "share", "user_key") == [(0.5, "unknown")]
