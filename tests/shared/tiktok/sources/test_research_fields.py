"""Facts about how the Research API's fields become ours."""

from datetime import UTC, date, datetime

import pytest

from shared.tiktok.collections import Collection
from shared.tiktok.sources.fields import read_creator, video_id_of
from shared.tiktok.sources.research_fields import read_video as read_found
from shared.tiktok.sources.source import BadVideo

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
CATS = Collection(name="cats", hashtags=["cat"], start_date=date(2026, 1, 1))
FULL = {
    "id": 7028743950684949651,
    "create_time": 1767225600,
    "username": "a.b",
    "region_code": "US",
    "video_description": "cap\0tion #cat",
    "music_id": 703847506349838790,
    "hashtag_names": ["cat", "", "fyp"],
    "video_duration": 14,
    "view_count": 10,
    "like_count": 4,
    "comment_count": 3,
    "share_count": 2,
    "favorites_count": 1,
}


def read_video(item, collection, at):
    video = read_found(item, collection, at)
    return video.video, video.metrics


def test_a_full_answer_fills_every_field():
    video, metrics = read_video(FULL, CATS, NOW)

    assert video_id_of(FULL) == "7028743950684949651"
    assert video.url == "https://www.tiktok.com/@a.b/video/7028743950684949651"
    assert video.created_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert (video.creator_id, video.music_id) == ("a.b", "703847506349838790")
    assert (video.duration_s, video.hashtags) == (14.0, ("cat", "fyp"))
    assert (video.collection, video.source, video.observed_at) == ("cats", "research", NOW)
    counts = (metrics.views, metrics.likes, metrics.comments, metrics.shares, metrics.saves)
    assert counts == (10, 4, 3, 2, 1)


def test_what_is_absent_or_null_is_unknown_and_never_zero():
    video, metrics = read_video({"id": 7, "view_count": None}, CATS, NOW)

    assert (metrics.views, metrics.likes, metrics.saves) == (None, None, None)
    assert (video.caption, video.created_at, video.creator_id, video.url) == (None,) * 4


def test_a_true_zero_stays_zero():
    assert read_video({"id": 7, "view_count": 0}, CATS, NOW)[1].views == 0


def test_the_older_spelling_of_favourites_is_read_too():
    assert read_video({"id": 7, "favourites_count": 5}, CATS, NOW)[1].saves == 5


def test_nul_and_half_surrogates_leave_the_caption():
    video, _ = read_video({"id": 7, "video_description": "a\0b\ud83d"}, CATS, NOW)

    assert video.caption == "ab?"


def test_what_cannot_be_true_is_kept_and_flagged():
    _, metrics = read_video(FULL | {"view_count": -1, "create_time": 1800000000}, CATS, NOW)

    assert (metrics.views, metrics.flags) == (-1, ("posted_after_collected",))


def test_a_reading_from_before_a_known_break_carries_its_flag():
    then = NOW.replace(year=2024, month=6)
    _, metrics = read_video(FULL | {"create_time": 1_700_000_000}, CATS, then)

    assert metrics.flags == ("views_before_2024_07",)


@pytest.mark.parametrize("video_id", [0.5, True, None, -7, "x7", "7 ", 10**20, [], "٧"])
def test_what_is_no_id_is_no_video(video_id):
    with pytest.raises(BadVideo, match="id"):
        video_id_of({"id": video_id})


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("view_count", 2**63, "views"),
        ("view_count", "12", "views"),
        ("view_count", 1.5, "views"),
        ("like_count", True, "likes"),
        ("create_time", -1, "create_time"),
        ("create_time", 10**18, "create_time"),
        ("create_time", "1767225600", "create_time"),
        ("video_duration", 10**9, "duration_s"),
        ("video_duration", 10**400, "duration_s"),
        ("hashtag_names", "cat", "hashtags"),
        ("hashtag_names", [{}], "hashtags"),
        ("video_description", "x" * 20_001, "caption"),
        ("video_description", {}, "caption"),
        ("username", 5, "creator_id"),
        ("username", "x" * 501, "creator_id"),
    ],
)
def test_a_value_that_cannot_be_is_told_by_its_field(field, value, expected):
    with pytest.raises(BadVideo, match=expected):
        read_video(FULL | {field: value}, CATS, NOW)


def test_a_profile_becomes_a_creator():
    creator = read_creator("a.b", {"display_name": "A\0", "follower_count": 3}, NOW)

    assert (creator.creator_id, creator.username, creator.display_name) == ("a.b", "a.b", "A")
    assert (creator.followers, creator.likes) == (3, None)


def test_an_impossible_count_in_a_profile_is_unknown_and_the_rest_stays():
    creator = read_creator("a.b", {"follower_count": -3, "video_count": 9}, NOW)

    assert (creator.followers, creator.videos) == (None, 9)


@pytest.mark.parametrize("data", [None, [], "x", {}])
def test_without_a_profile_only_the_name_is_known(data):
    assert read_creator("a.b", data, NOW).followers is None
