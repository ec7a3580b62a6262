"""Synthetic audiences: the hazard they leave by, the planted effect, and the studio's posts."""

import json
import math

import numpy as np
import pytest

from local.sandbox import DEFAULT_ANCHOR, generate
from local.sandbox.audiences import EFFECT_S, LOG_HAZARD_RATIO, hazards, watching
from local.sandbox.studio import studio_account, studio_posts, studio_ratings

ANCHOR = DEFAULT_ANCHOR.isoformat()
ID = "7300000000000000001"


def log_hazard(onset_s: float | None, video_id: str = ID) -> np.ndarray:
    """The log of the cumulative hazard of each second."""
    return np.log(-np.log1p(-hazards(video_id, 30.0, onset_s)))


def test_the_planted_log_hazard_ratio_lasts_five_seconds_from_the_onset():
    difference = log_hazard(8.0) - log_hazard(None)

    assert difference[8:13] == pytest.approx(LOG_HAZARD_RATIO)
    assert np.delete(difference, slice(8, 13)) == pytest.approx(0.0)


def test_a_second_that_the_effect_covers_in_part_has_the_effect_in_part():
    ratio = np.exp(log_hazard(8.25) - log_hazard(None))

    assert ratio[8] == pytest.approx(1 + 0.75 * math.expm1(LOG_HAZARD_RATIO))
    assert ratio[13] == pytest.approx(1 + 0.25 * math.expm1(LOG_HAZARD_RATIO))
    assert ratio[9:13] == pytest.approx(math.exp(LOG_HAZARD_RATIO))


def test_leaving_falls_along_the_video_and_has_a_bump_at_its_start():
    leaving = hazards(ID, 30.0, None)

    assert len(leaving) == 29
    assert (np.diff(leaving) < 0).all()
    assert leaving[0] > 3 * leaving[4]


def test_those_who_watch_leave_by_the_hazard():
    viewers, counts = 10_000_000, np.zeros(20)
    for number in range(30):
        shares = np.array(watching(f"{number}", 20.0, 6.0, viewers)) / 100
        expected = np.concatenate([[1.0], np.cumprod(1 - hazards(f"{number}", 20.0, 6.0))])
        assert np.abs(shares - expected).max() < 0.006  # whole percents
        counts += shares - expected

    assert np.abs(counts / 30).max() < 0.002


def test_a_curve_depends_on_the_post_and_its_viewers_alone():
    assert watching(ID, 20.0, 6.0, 900) == watching(ID, 20.0, 6.0, 900)
    assert watching(ID, 20.0, 6.0, 900) != watching(ID, 20.0, 6.0, 901)
    assert watching(ID, 2.4, 1.2, 900)[0] == 100
    assert (len(watching(ID, 2.4, 1.2, 900)), watching(ID, 2.4, 1.2, 0)) == (3, ())


def test_the_effect_is_in_the_truth_of_a_library(tmp_path):
    generate(tmp_path, posts=16)

    effects = json.loads((tmp_path / "truth.json").read_text())["effects"]
    assert effects["audiences"]["log_hazard_ratio_after_onset"] == LOG_HAZARD_RATIO
    assert effects["audiences"]["seconds_after_onset"] == EFFECT_S


def test_the_studio_has_long_posts_of_which_most_have_an_onset_well_inside():
    posts = studio_posts(7, ANCHOR)

    assert posts == studio_posts(7, ANCHOR)
    assert len({each.post.video_id for each in posts}) == len(posts) == 120
    assert sum(each.onset_s is None for each in posts) == 20
    for each in posts:
        assert 18 <= each.duration_s <= 40
        assert each.onset_s is None or 3 <= each.onset_s <= 12
        assert int(each.post.video_id) >> 32 == each.post.wire["create_time"]
    assert studio_account(120).info["video_count"] == 120


def test_the_studio_is_rated_around_its_onsets():
    ratings = {record.video_id: record.rating for record in studio_ratings(7, ANCHOR)}

    for each in studio_posts(7, ANCHOR):
        rating = ratings[each.post.video_id]
        assert rating.rater == "synthetic/meaning"
        onset_s = rating.values.surprise_onset_s
        if each.onset_s is None:
            assert onset_s is None
        else:
            assert onset_s == pytest.approx(each.onset_s, abs=0.3)
