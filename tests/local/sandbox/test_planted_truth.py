"""The counts of the sandbox follow what its rater sees, and the truth says by how much."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from local.sandbox import DEFAULT_ANCHOR, Library
from local.sandbox.designs import BY_NAME, DESIGNS
from local.sandbox.kpis import LOG_VIEWS_PER_10_POINTS
from local.sandbox.posts import plan_posts
from local.sandbox.visible import FILE, TOLERANCE, rate_design, visible_scores
from shared.rating.signals import VERSION

RATED_HERE = (
    "silent",
    "one_second",
    "sound_burst_100_moving",
    "jump_cut_025",
    "oddball_050",
    "oddball_burst_050",
    "montage",
)
"""Designs of each kind; `python -m benchmarks planted` rates all of them."""


@pytest.fixture(scope="module")
def planted():
    return large_world(is_planted=True)


def large_world(is_planted):
    """Posts of a large library, without clips: creator, design, visible surprise, log views."""
    plan = plan_posts(3, 6000, DEFAULT_ANCHOR, is_planted)
    frame = pd.DataFrame(
        {
            "creator": post.username,
            "appeal": plan.creator_truth[post.username]["u"],
            "design": post.clip,
            "visible": plan.post_truth[post.video_id]["visible_surprise"],
            "views": post.wire.get("view_count"),
            "age_days": (DEFAULT_ANCHOR.timestamp() - post.wire["create_time"]) / 86_400,
        }
        for post in plan.posts
    ).dropna()
    # Growth with age is in the model too; without it what is left is noise.
    frame["log_views"] = np.log(frame.views.clip(lower=1) / -np.expm1(-frame.age_days / 7))
    return frame


def within_creators(frame):
    means = frame.groupby("creator")[["visible", "log_views"]].transform("mean")
    return frame[["visible", "log_views"]] - means


def slope_per_10_points(frame):
    return np.polyfit(frame.visible / 10, frame.log_views, 1)[0]


def test_views_of_a_creator_rise_by_the_planted_ratio_with_what_the_rater_sees(planted):
    slope = slope_per_10_points(within_creators(planted))

    assert slope == pytest.approx(LOG_VIEWS_PER_10_POINTS, abs=0.02)


def test_without_planting_views_of_a_creator_do_not_follow_what_the_rater_sees():
    slope = slope_per_10_points(within_creators(large_world(is_planted=False)))

    assert slope == pytest.approx(0, abs=0.02)


def test_creators_with_more_appeal_show_more_surprise_so_that_pooling_misleads(planted):
    correlation = np.corrcoef(planted.appeal, planted.visible)[0, 1]

    assert correlation == pytest.approx(0.33, abs=0.08)


def test_cuts_are_decoys_without_an_effect_on_views(planted):
    kinds = planted.design.map(lambda name: BY_NAME[name].kind)

    means = within_creators(planted).log_views.groupby(kinds).mean()

    assert means["jump_cut"] == pytest.approx(means["none"], abs=0.1)
    assert means["oddball"] > means["jump_cut"] + 0.5


def test_the_truth_names_the_ratio_and_what_the_rater_sees_of_each_clip(rendered_library):
    library = Library.load(rendered_library)

    truth = library.truth()

    assert truth["effects"]["views_ratio_per_10_points"] == pytest.approx(
        np.exp(LOG_VIEWS_PER_10_POINTS), abs=1e-6
    )
    clips = {post.video_id: post.clip for post in library.posts if post.clip}
    assert {video_id: truth["posts"][video_id]["visible_surprise"] for video_id in clips} == {
        video_id: truth["designs"][name]["visible"]["unexpectedness"]
        for video_id, name in clips.items()
    }


def test_the_stored_scores_are_of_the_shipped_rater_and_of_every_design():
    stored = json.loads(FILE.read_text())

    assert stored["rater"] == f"signals/{VERSION}"
    assert list(stored["designs"]) == [design.name for design in DESIGNS]


def test_the_shipped_rater_gives_the_clips_their_stored_scores():
    with ThreadPoolExecutor(2) as pool:
        scores = list(pool.map(lambda name: rate_design(BY_NAME[name]), RATED_HERE))

    off = [
        name
        for name, rated in zip(RATED_HERE, scores, strict=True)
        if rated.distance(visible_scores()[name]) > TOLERANCE
    ]
    assert off == []
