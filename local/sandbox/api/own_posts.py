"""An owner's post in the format of the Business API: its figures, and the curve of its viewers."""

import zlib
from dataclasses import dataclass
from typing import Any

from local.sandbox.api.shown import Wire


@dataclass(frozen=True, slots=True)
class OwnPost:
    """A post in the format of the Research API, and what its audience depends on."""

    wire: Wire
    is_photo: bool
    duration_s: float
    onset_s: float | None


def at_once(post: OwnPost) -> dict[str, Any]:
    """What an answer says of a post from its first second on."""
    wire = post.wire
    return {
        "item_id": str(wire["id"]),
        "media_type": "PHOTO" if post.is_photo else "VIDEO",
        "is_ad": zlib.crc32(str(wire["id"]).encode()) % 20 == 0,
        "share_url": f"https://www.tiktok.com/@{wire['username']}/video/{wire['id']}",
        "caption": wire.get("video_description", ""),
        "create_time": str(wire["create_time"]),
    }


def figures(post: OwnPost) -> dict[str, Any]:
    """What comes late: counts, time watched and the curve, in parts of 1 with two decimals."""
    from local.sandbox.audiences import watching

    wire, views = post.wire, post.wire.get("view_count", 0)
    values = {
        "video_views": views,
        "reach": views * 17 // 20,
        "likes": wire.get("like_count"),
        "comments": wire.get("comment_count"),
        "shares": wire.get("share_count"),
        "favorites": wire.get("favorites_count"),
    }
    shares: tuple[int, ...] = ()
    if not post.is_photo and post.duration_s:
        shares = watching(str(wire["id"]), post.duration_s, post.onset_s, views)
    if shares:
        watched_s = sum(shares) / 100
        values |= {
            "video_duration": post.duration_s,
            "average_time_watched": round(watched_s, 3),
            "total_time_watched": round(watched_s * views, 3),
            "full_video_watched_rate": shares[-1] / 100,
            "video_view_retention": [
                {"second": str(second), "percentage": share / 100}
                for second, share in enumerate(shares)
            ],
        }
    return values
