"""The counts of the sandbox follow what happens in its clips, and the truth says by how much."""

import numpy as np
import pandas as pd
import pytest

from local.sandbox import DEFAULT_ANCHOR, Library
from local.sandbox.kpis import LOG_VIEWS_PER_10_POINTS
from local.sandbox.posts import plan_posts


@pytest.fixture(scope="module")
def planted():
    return large_world(is_planted=True)


def large_world(is_planted):
    """Posts of a large library, without clips: creator, surprise, log views."""
    plan = plan_posts(3, 6000, DEFAULT_ANCHOR, is_planted)
    frame = pd.DataFrame(
        {
            "creator": post.username,
            "appeal": plan.creator_truth[post.username]["u"],
            "surprise": plan.post_truth[post.video_id]["unexpectedness"],
            "views": post.wire.get("view_count"),
            "age_days": (DEFAULT_ANCHOR.timestamp() - post.wire["create_time"]) / 86_400,
        }
        for post in plan.posts
    ).dropna()
    # Growth with age is in the model too; without it what is left is noise.
    frame["log_views"] = np.log(frame.views.clip(lower=1) / -np.expm1(-frame.age_days / 7))
    return frame


def within_creators(frame):
    means = frame.groupby("creator")[["surprise", "log_views"]].transform("mean")
    return frame[["surprise", "log_views"]] - means


def slope_per_10_points(frame):
    return np.polyfit(frame.surprise / 10, frame.log_views, 1)[0]


def test_views_of_a_creator_rise_by_the_planted_ratio_with_unexpectedness(planted):
    slope = slope_per_10_points(within_creators(planted))

    assert slope == pytest.approx(LOG_VIEWS_PER_10_POINTS, abs=0.02)


@pytest.mark.campaign
def test_without_planting_views_of_a_creator_do_not_follow_unexpectedness():
    slope = slope_per_10_points(within_creators(large_world(is_planted=False)))

    assert slope == pytest.approx(0, abs=0.02)


def test_creators_with_more_appeal_show_more_surprise_so_that_pooling_misleads(planted):
    correlation = np.corrcoef(planted.appeal, planted.surprise)[0, 1]

    assert correlation == pytest.approx(0.33, abs=0.08)


def test_the_truth_names_the_ratio_and_the_unexpectedness_of_each_clip(rendered_library):
    library = Library.load(rendered_library)

    truth = library.truth()

    assert truth["effects"]["views_ratio_per_10_points"] == pytest.approx(
        np.exp(LOG_VIEWS_PER_10_POINTS), abs=1e-6
    )
    clips = {post.video_id: post.clip for post in library.posts if post.clip}
    assert {video_id: truth["posts"][video_id]["unexpectedness"] for video_id in clips} == {
        video_id: truth["clips"][name]["unexpectedness"] for video_id, name in clips.items()
    }
