"""Curves from rows of the star schema: by second, with the moment and the signals of a video."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from shared.insights.agreement.long_table import ratings_from_records
from shared.insights.moment.events import event_second
from shared.insights.moment.onset_pairs import onset_pairs
from shared.insights.moment.star_schema import (
    SILENCE_LUFS,
    newest_readings,
    shares_by_second,
    stored_curves,
)
from shared.retention_section import Retention

VIDEO = {
    "video_id": "v1",
    "user_key": "ana",
    "username": "ana",
    "synthetic": True,
    "duration_s": 4.0,
    "surprise_onset_s": 2.5,
    "suspense_from_s": 1.0,
    "suspense_to_s": 3.0,
    "suspense_pays_off": False,
}
CURVE = {"video_id": "v1", "viewers": 50, "seconds": [0, 2], "shares": [1.0, 0.6], "videos": 1}


class Stored:
    """A star schema with some rows of retention.sql."""

    def __init__(self, rows, signals=None):
        self.rows, self.signals, self.requested = rows, signals or {}, None

    def retention(self):
        return self.rows

    def curves(self, video_ids):
        self.requested = list(video_ids)
        return self.signals


def stored(rows, signals=None, video=VIDEO, event="surprise"):
    return stored_curves(Stored(rows, signals), [video], event)


def test_a_second_without_a_share_is_missing():
    (curve,) = stored([CURVE]).curves

    assert curve.shares.tolist()[::2] == [1.0, 0.6] and np.isnan(curve.shares[1])
    assert (curve.viewers, curve.onset_s, curve.creator, curve.synthetic) == (50, 2.5, "ana", True)


def test_shares_beyond_the_longest_curve_are_not_kept():
    assert shares_by_second([0, 1, 10**9, -1], [1.0, 0.5, 0.4, 0.3]).tolist() == [1.0, 0.5]
    assert shares_by_second([], []).tolist() == []


def test_the_newest_reading_of_a_video_counts():
    early, late = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)
    readings = [
        ("v1", Retention(collected_at=late, viewers=90, shares=(1.0, None, 0.5))),
        ("v1", Retention(collected_at=early, shares=(1.0, 0.9))),
        ("v0", Retention(collected_at=early, shares=(1.0,))),
    ]

    assert newest_readings(readings)[1] == {
        "video_id": "v1",
        "viewers": 90,
        "seconds": [0, 2],
        "shares": [1.0, 0.5],
        "videos": 2,
    }


def test_a_silent_second_has_the_loudness_of_the_gate():
    signals = {"v1": json.dumps({"motion": [1, None], "loudness": [-20.5, None]})}

    (curve,) = stored([CURVE], signals).curves

    assert curve.loudness.tolist() == [-20.5, SILENCE_LUFS]
    assert curve.motion[0] == 1 and np.isnan(curve.motion[1])


def test_a_video_without_signals_has_none():
    (curve,) = stored([CURVE]).curves

    assert (curve.motion, curve.loudness, curve.cuts) == (None, None, None)


def test_nobody_known_is_no_creator():
    (curve,) = stored([CURVE], video=VIDEO | {"user_key": "unknown"}).curves

    assert curve.creator == ""


def test_curves_of_other_videos_are_not_read():
    source = Stored([CURVE, CURVE | {"video_id": "v2"}])

    assert len(stored_curves(source, [VIDEO], "surprise").curves) == 1
    assert source.requested == ["v1"]


def test_curves_beyond_the_bound_are_counted():
    assert stored([CURVE | {"videos": 12_000}]).unread == 11_999
    assert stored([]).unread == 0


@pytest.mark.parametrize(("event", "second"), [("surprise", 2.5), ("suspense", 1.0)])
def test_each_event_has_its_column(event, second):
    assert event_second(VIDEO, event) == second


def test_suspense_that_breaks_off_has_no_payoff():
    assert event_second(VIDEO, "payoff") is None
    assert event_second(VIDEO | {"suspense_pays_off": True}, "payoff") == 3.0


def marks(*cells):
    """Ratings of video, rater, second and replicate."""
    return ratings_from_records(
        [
            {"video_id": video, "rater": rater, "dimension": "surprise_onset_s", "value": at}
            | {"replicate": replicate, "model_version": None}
            for video, rater, at, replicate in cells
        ],
        "test",
    )


def test_two_raters_of_a_video_make_a_pair_and_repeated_answers_none():
    ratings = marks(
        ("v1", "gemini/a", 2.0, 0),
        ("v1", "gemini/a", 2.9, 1),
        ("v1", "human/b", 2.5, 0),
        ("v2", "human/b", 7.0, 0),
        ("v3", "gemini/a", 1.0, 0),
        ("v3", "human/b", 9.0, 0),
    )

    assert onset_pairs(ratings, "surprise", {"v1", "v2"}) == ((2.0, 2.5),)
    assert onset_pairs(ratings, "suspense", {"v1"}) == ()
    assert onset_pairs(None, "surprise", {"v1"}) == ()


def test_a_change_of_the_picture_is_no_mark_beside_a_rater_of_meaning():
    alone = marks(("v1", "signals/2", 8.0, 0), ("v1", "human/b", 2.5, 0))
    beside = marks(("v1", "signals/2", 8.0, 0), ("v1", "human/b", 2.5, 0), ("v1", "gemini/a", 2, 0))

    assert onset_pairs(alone, "surprise", {"v1"}) in (((8.0, 2.5),), ((2.5, 8.0),))
    assert [sorted(pair) for pair in onset_pairs(beside, "surprise", {"v1"})] == [[2.0, 2.5]]
