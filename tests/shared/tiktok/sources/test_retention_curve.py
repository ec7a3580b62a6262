"""Curves of the Business API: points, their scale, and what is wrong with some of them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.retention_section import Retention
from shared.tiktok.sources.retention_curve import read_curve

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def curve(points: Any, duration_s: float | None = None, viewers: int | None = 1_000) -> Retention:
    retention = read_curve(points, viewers, duration_s, NOW)
    assert retention is not None
    return retention


def points(*shares: float) -> list[dict[str, Any]]:
    return [{"second": str(second), "percentage": share} for second, share in enumerate(shares)]


def test_seconds_are_texts_and_shares_are_parts_of_the_viewers():
    retention = curve(points(1.0, 0.82, 0.7))

    assert (retention.shares, retention.flags) == ((1.0, 0.82, 0.7), ())
    assert (retention.viewers, retention.collected_at) == (1_000, NOW)


def test_whole_percents_are_known_by_the_first_point_and_flagged():
    retention = curve(points(100, 82, 1))

    assert (retention.shares, retention.flags) == ((1.0, 0.82, 0.01), ("in_percent",))
    assert curve(points(1, 1.04, 0.9)).shares == (1.0, 1.04, 0.9)


def test_seconds_may_come_as_numbers_and_in_any_order_and_gaps_are_missing():
    mixed = [{"second": 3, "percentage": 0.4}, {"second": 0.0, "percentage": 1}]

    assert curve(mixed).shares == (1.0, None, None, 0.4)


@pytest.mark.parametrize(
    ("point", "flag"),
    [
        ({"second": "10000000000", "percentage": 0.5}, "bad_points"),
        ({"second": "-1", "percentage": 0.5}, "bad_points"),
        ({"second": "1.5", "percentage": 0.5}, "bad_points"),
        ({"second": True, "percentage": 0.5}, "bad_points"),
        ({"second": "1", "percentage": "0.5"}, "bad_points"),
        ({"second": "1", "percentage": 10**400}, "bad_points"),
        ({"second": "1", "percentage": float("nan")}, "bad_points"),
        ({"second": "1", "percentage": 55}, "bad_points"),
        ({"percentage": 0.5}, "bad_points"),
        (["1", 0.5], "bad_points"),
        ({"second": "1", "percentage": -0.01}, "negative_share"),
    ],
)
def test_a_bad_point_costs_itself_and_is_flagged(point, flag):
    retention = curve([*points(1.0), point, {"second": "2", "percentage": 0.7}])

    assert (retention.shares, retention.flags) == ((1.0, None, 0.7), (flag,))


def test_a_second_with_two_shares_has_none_and_a_repeated_point_is_one_point():
    twice = [*points(1.0, 0.8), {"second": "1", "percentage": 0.6}]

    assert curve(twice).shares == (1.0, None)
    assert curve(twice).flags == ("repeated_second",)
    assert curve(points(1.0, 0.8) * 2).flags == ()


def test_a_curve_longer_than_its_video_is_flagged():
    assert curve(points(*[1.0] * 12), duration_s=10.2).flags == ()
    assert curve(points(*[1.0] * 13), duration_s=10.2).flags == ("longer_than_video",)


@pytest.mark.parametrize("nothing", [None, [], "x", {}, [[]], points(-1.0), [{"second": "1"}]])
def test_without_a_share_there_is_no_curve(nothing):
    assert read_curve(nothing, 5, None, NOW) is None


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.integers(0, 70).map(str),
    st.floats(0, 100),
    st.lists(st.integers(), max_size=2),
)
any_points = st.one_of(
    values,
    st.lists(
        st.one_of(values, st.fixed_dictionaries({"second": values, "percentage": values})),
        max_size=12,
    ),
)


@given(any_points, st.one_of(st.none(), st.floats(0, 86_400)))
def test_whatever_comes_is_a_curve_or_nothing_and_every_share_was_in_it(any_points, duration_s):
    retention = read_curve(any_points, 7, duration_s, NOW)

    if retention is not None:
        given_shares = {
            float(point["percentage"])
            for point in any_points
            if isinstance(point, dict) and type(point["percentage"]) in (int, float)
        }
        scale = 100.0 if "in_percent" in retention.flags else 1.0
        shares = {share for share in retention.shares if share is not None}
        assert shares <= {round(share / scale, 9) for share in given_shares if abs(share) < 1e7}
        assert retention.shares[-1] is not None or retention.flags


@given(st.permutations(points(1.0, 0.8, 0.7, 0.65, 0.6)))
def test_the_order_of_points_does_not_matter(shuffled):
    assert curve(shuffled) == curve(points(1.0, 0.8, 0.7, 0.65, 0.6))
