"""The sample of videos: its size, and probabilities that are what they say."""

from collections import Counter

import pytest

from shared.insights.multiverse.drawing import draw_videos, known_creators

SIZES = {"ana": 2, "ben": 30, "chi": 7, "dov": 1, "eva": 12}
VIDEOS = {f"{name}{number}": name for name, size in SIZES.items() for number in range(size)}


def test_videos_are_drawn_as_often_as_their_probability_says():
    times: Counter[str] = Counter()
    runs = 2_000
    for seed in range(runs):
        drawn = draw_videos(VIDEOS, 11, seed)
        times.update(drawn.ids)
    probabilities = {}
    for seed in range(40):
        probabilities |= draw_videos(VIDEOS, 11, seed).probabilities

    for video, probability in probabilities.items():
        assert times[video] / runs == pytest.approx(probability, abs=0.05)


def test_many_creators_come_before_many_videos_of_one():
    few = draw_videos(VIDEOS, 11, seed=1)
    many = draw_videos(VIDEOS, 30, seed=1)

    assert (few.take, few.drawn_creators) == (5, 3)
    assert (many.take, many.drawn_creators, len(many.ids)) == (10, 5, 30)


def test_a_sample_as_large_as_the_lake_takes_every_video_for_sure():
    drawn = draw_videos(VIDEOS, 1_000, seed=1)

    assert set(drawn.ids) == set(VIDEOS)
    assert set(drawn.probabilities.values()) == {1.0}
    assert drawn.sentence == "All 52 videos of 5 creators are taken."


def test_the_same_seed_draws_the_same_videos_in_whatever_order_they_come():
    backwards = dict(reversed(VIDEOS.items()))

    assert draw_videos(VIDEOS, 20, seed=7) == draw_videos(backwards, 20, seed=7)
    assert draw_videos(VIDEOS, 20, seed=7).ids != draw_videos(VIDEOS, 20, seed=8).ids


def test_no_videos_give_an_empty_sample():
    assert draw_videos({}, 20, seed=1).ids == ()


def test_videos_of_nobody_known_are_not_one_creator():
    rows = [{"video_id": str(n), "user_key": key} for n, key in enumerate(["a", "unknown", None])]

    assert known_creators(rows, "unknown") == {"0": "a", "1": "video 1", "2": "video 2"}
