"""The retention curve in an answer of the Business API, point by point.

A point is {"second": "3", "percentage": 0.72}: the part of the viewers who still watch at second 3.
A bad point costs only itself, and a flag says so. Nothing is interpolated and nothing is cut off.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from shared.retention_section import MOST_SECONDS, Retention
from shared.tiktok.sources.fields import epoch

PERCENT_FROM = 2.0
"""A curve begins near 1, or near 100. From here on its first point is a percent."""

MOST_SHARE = 10.0
"""A larger share is not one, even of people who watch a second again."""

LARGEST = 1e6
"""Beyond it a number is not a percentage, and an integer may be too long for a float."""

BAD_POINTS = "bad_points"
IN_PERCENT = "in_percent"
LONGER_THAN_VIDEO = "longer_than_video"
NEGATIVE_SHARE = "negative_share"
REPEATED_SECOND = "repeated_second"


def read_curve(
    points: Any,
    viewers: int | None,
    duration_s: float | None,
    at: datetime,
    flags: Iterable[str] = (),
) -> Retention | None:
    """The curve of a post as it was read `at` that time; None when no second has a share.

    Points may come in any order. `flags` are added to those that the points give.
    """
    noticed = set(flags)
    by_second = _by_second(points if isinstance(points, list) else [], noticed)
    shares = _as_parts(by_second, noticed)
    if not any(share is not None for share in shares.values()):
        return None
    length = max(shares) + 1
    if duration_s is not None and length > math.ceil(duration_s) + 1:
        noticed.add(LONGER_THAN_VIDEO)
    try:
        return Retention(
            collected_at=at,
            viewers=viewers,
            shares=tuple(shares.get(second) for second in range(length)),
            flags=tuple(sorted(noticed)),
        )
    except ValidationError:  # an impossible number of viewers
        return None


def _by_second(points: list[Any], noticed: set[str]) -> dict[int, float | None]:
    """Shares as they came. A second that came with two shares has none: nobody knows which."""
    by_second: dict[int, float | None] = {}
    for point in points:
        second, share = _point(point)
        if second is None or share is None:
            noticed.add(BAD_POINTS)
        elif share < 0:
            noticed.add(NEGATIVE_SHARE)
            by_second.setdefault(second, None)
        elif by_second.setdefault(second, share) != share:
            noticed.add(REPEATED_SECOND)
            by_second[second] = None
    return by_second


def _point(point: Any) -> tuple[int | None, float | None]:
    """Second and share of a point; None for what is not one."""
    if not isinstance(point, Mapping):
        return None, None
    second, share = epoch(point.get("second")), point.get("percentage")
    if type(second) is float and second.is_integer():
        second = int(second)
    if type(second) is not int or not 0 <= second < MOST_SECONDS:
        second = None
    if not isinstance(share, int | float) or isinstance(share, bool) or not abs(share) <= LARGEST:
        return second, None
    return second, float(share)


def _as_parts(by_second: Mapping[int, float | None], noticed: set[str]) -> dict[int, float | None]:
    """Shares as parts of 1. The first point decides for the whole curve whether they are percents.

    No client says whether `percentage` is a part or a percent, and both occur in their examples.
    """
    if first_share(by_second) < PERCENT_FROM:
        scale = 1.0
    else:
        scale = 100.0
        noticed.add(IN_PERCENT)
    shares: dict[int, float | None] = {}
    for second, share in by_second.items():
        shares[second] = as_part(share, scale)
        if share is not None and shares[second] is None:
            noticed.add(BAD_POINTS)
    return shares


def first_share(by_second: Mapping[int, float | None]) -> float:
    """The first share above 0, as it was written; 0 where there is none."""
    return next((share for _, share in sorted(by_second.items()) if share), 0.0)


def as_part(share: float | None, scale: float) -> float | None:
    """A share as a part of 1; None for one that is too large to be a share."""
    part = None if share is None else round(share / scale, 9)
    return part if part is not None and part <= MOST_SHARE else None
