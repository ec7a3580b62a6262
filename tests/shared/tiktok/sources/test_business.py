"""Posts of the Business API as our model, its envelopes, and the pace of requests."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import Permanent, Transient
from shared.tiktok.collections import Collection
from shared.tiktok.sources.business import read_post
from shared.tiktok.sources.business_wire import RequestPace, check
from shared.tiktok.sources.source import BadVideo, SourceVideo
from shared.tiktok.sources.wire import Again, ApiResponse, RefusedByApi

NOW = datetime(2026, 11, 1, tzinfo=UTC)
MINE = Collection(name="mine", source="business", usernames=["me"])
POST = {
    "item_id": "7300000000000000001",
    "create_time": "1790000000",
    "media_type": "VIDEO",
    "is_ad": False,
    "caption": "one #loop",
    "video_duration": 2.5,
    "video_views": 900,
    "reach": 700,
    "likes": 90,
    "comments": 9,
    "shares": 3,
    "favorites": 4,
    "total_time_watched": 1800,
    "average_time_watched": 2.0,
    "full_video_watched_rate": 0.4,
    "video_view_retention": [
        {"second": "0", "percentage": 1.0},
        {"second": "1", "percentage": 0.6},
    ],
}


def post(**changes: Any) -> SourceVideo:
    item = {name: value for name, value in (POST | changes).items() if value is not ...}
    return read_post(item, MINE, NOW)


def test_a_post_has_its_counts_its_curve_and_its_account():
    read = post()

    assert read.video_id == POST["item_id"]
    assert (read.video.source, read.video.creator_id) == ("business", "me")
    assert read.video.url == f"https://www.tiktok.com/@me/video/{POST['item_id']}"
    counts = read.metrics
    assert (counts.views, counts.likes, counts.shares, counts.saves) == (900, 90, 3, 4)
    watching = (counts.reach, counts.total_watch_s, counts.average_watch_s, counts.completion_rate)
    assert watching == (700, 1800.0, 2.0, 0.4)
    assert (read.retention.shares, read.retention.viewers) == ((1.0, 0.6), 900)
    assert read.media_url is None


@pytest.mark.parametrize("value", ["many", [], True, 2**63, 1e30, float("nan")])
@pytest.mark.parametrize(("field", "name"), [("likes", "likes"), ("reach", "reach")])
def test_a_figure_that_is_not_a_number_costs_only_itself(field, name, value):
    read = post(**{field: value})

    assert getattr(read.metrics, name) is None
    assert (read.metrics.views, read.metrics.flags) == (900, ("unreadable_value",))


def test_a_time_that_is_not_a_number_costs_only_itself():
    read = post(average_time_watched="2 s", full_video_watched_rate=1)

    assert (read.metrics.average_watch_s, read.metrics.completion_rate) == (None, 1.0)
    assert read.metrics.flags == ("unreadable_value",)


def test_viewers_are_those_reached_where_views_are_missing():
    assert post(video_views=...).retention.viewers == 700
    assert post(video_views=..., reach=-3).retention.viewers is None


def test_a_photo_has_no_curve_and_no_duration():
    read = post(media_type="PHOTO", video_duration=0)

    assert (read.retention, read.video.duration_s) == (None, None)
    assert read.metrics.views == 900


def test_an_ad_is_flagged_in_its_counts_and_its_curve():
    read = post(is_ad=True)

    assert read.metrics.flags == read.retention.flags == ("used_in_ad",)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"item_id": ...}, "id: not a TikTok id"),
        ({"item_id": "../x"}, "id: not a TikTok id"),
        ({"create_time": "soon"}, "create_time"),
        ({"caption": 7}, "caption"),
    ],
)
def test_a_post_that_cannot_be_read_says_which_field(changes, why):
    with pytest.raises(BadVideo, match=why):
        post(**changes)


values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just([{}])
)
items = st.dictionaries(st.sampled_from([*POST, "x"]), values).map(lambda changes: POST | changes)


@settings(max_examples=60)
@given(st.one_of(items, values))
def test_whatever_comes_is_a_post_or_a_bad_video(item):
    try:
        read = read_post(item, MINE, NOW)
    except BadVideo as error:
        assert error.sentence
    else:
        assert read.video_id.isdigit()


# Envelopes


def answer(envelope: dict[str, Any], status: int = 200) -> ApiResponse:
    return ApiResponse(status, b"{}", envelope, 0.0)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (40100, Transient),
        (40133, Transient),
        (50000, Again),
        (50002, Again),
        (60001, Again),
        (40001, RefusedByApi),
        (40002, RefusedByApi),
        (40105, RefusedByApi),
        (7, RefusedByApi),
        (None, Again),
        ("0", Again),
        (True, Again),
        (0.0, Again),
    ],
)
def test_numbers_of_errors_say_what_to_do(code, kind):
    with pytest.raises(kind) as raised:
        check(answer({"code": code, "message": "why", "data": {}}))

    assert "why" in str(raised.value)
    assert not (code == 40100 and isinstance(raised.value, Again))


def test_ok_is_zero_and_the_status_does_not_matter_then():
    check(answer({"code": 0, "message": "OK"}))


@given(st.dictionaries(st.sampled_from(["code", "message", "data"]), values), st.integers(100, 599))
def test_whatever_envelope_comes_is_ok_or_an_error_of_ours(envelope, status):
    try:
        check(answer(envelope, status))
    except (Transient, Permanent) as error:
        assert str(error)
    else:
        assert envelope["code"] == 0


def test_a_minute_has_at_most_forty_requests():
    now, times = [0.0], []

    def sleep(seconds: float) -> None:
        now[0] += seconds

    pace = RequestPace(clock=lambda: now[0], sleep=sleep)
    for _ in range(130):
        pace.wait()
        times.append(now[0])
        now[0] += 0.3

    assert all(late - early > 59.99 for early, late in zip(times, times[40:], strict=False))
    assert times[39] < 13
