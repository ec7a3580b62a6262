"""TikTok's Business API as a source: an account's own posts, with the curves of their viewers.

For the wire format see business_wire.py. A request brings up to twenty posts with their counts and
curves. TikTok's figures are 24 to 48 hours old when they are read. A post without figures yet has
none, not zeros.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from pydantic import ValidationError

from shared.model import Metrics, Video
from shared.quality import COUNTS, UNREADABLE, USED_IN_AD, flag_on_arrival
from shared.tiktok.collections import Collection
from shared.tiktok.sources.account_pages import (
    account_pages,
    account_rereads,
    refuse_other_account,
)
from shared.tiktok.sources.business_wire import DIALECT, NO_PERMISSION, ROOT, RequestPace
from shared.tiktok.sources.fields import (
    cleaned,
    epoch,
    first_problem,
    hashtags_in,
    instant,
    page_url,
    seconds,
    video_id_of,
)
from shared.tiktok.sources.retention_curve import read_curve
from shared.tiktok.sources.source import BadVideo, Position, Reread, SourcePage, SourceVideo
from shared.tiktok.sources.user_tokens import UserTokens
from shared.tiktok.sources.wire import Calls, RefusedByApi

API = "Business API"
PHOTO = "PHOTO"
NO_PROFILE = b'{"data": {}}'
VIDEO_FIELDS = {
    "video.list": (
        "item_id",
        "create_time",
        "media_type",
        "is_ad",
        "caption",
        "video_duration",
        "video_views",
        "reach",
        "likes",
        "comments",
        "shares",
        "favorites",
    ),
    "video.insights": (
        "total_time_watched",
        "average_time_watched",
        "full_video_watched_rate",
        "video_view_retention",
    ),
}
USER_FIELDS = {
    "user.info.basic": ("display_name",),
    "user.info.username": ("username",),
    "user.info.profile": ("bio_description", "is_verified"),
    "user.info.stats": ("followers_count", "following_count", "total_likes", "videos_count"),
}
"""Fields by scope. TikTok refuses a request for a field whose scope was not granted."""

FIGURES = {
    "views": "video_views",
    "likes": "likes",
    "comments": "comments",
    "shares": "shares",
    "saves": "favorites",
    "reach": "reach",
    "total_watch_s": "total_time_watched",
    "average_watch_s": "average_time_watched",
    "completion_rate": "full_video_watched_rate",
}
"""Our names of the figures, and TikTok's."""

SCOPES = (*USER_FIELDS, *VIDEO_FIELDS)


class BusinessApi:
    """Implements VideoSource. A cursor is a time in milliseconds; posts come newest first."""

    name = "business"
    has_profiles = True

    def __init__(
        self,
        tokens: UserTokens,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._tokens = tokens
        self._calls = Calls(tokens.exchange, tokens, None, sleep, DIALECT)
        self._pace = RequestPace(clock, sleep)

    @property
    def requests(self) -> int:
        return self._calls.count

    def pages(
        self, collection: Collection, today: date, position: Position | None = None
    ) -> Iterator[SourcePage]:
        """All posts since the position's first day, or since the collection's."""
        return account_pages(API, self._list, collection, today, position)

    def read(self, item: Any, collection: Collection, at: datetime) -> SourceVideo:
        """A post, its counts and its curve. Raises BadVideo."""
        return read_post(item, collection, at)

    def again(
        self, collection: Collection, posts: Iterable[tuple[str, datetime]]
    ) -> Iterator[Reread]:
        """Requests the posts by their ids, twenty at once."""
        return account_rereads(API, self._list, posts)

    def user_info(self, username: str) -> bytes:
        """The owner's own profile, unchanged; an empty one where the app may not read it.

        Raises NotThatAccount for another name than the owner's.
        """
        fields = self._granted(USER_FIELDS)
        if not fields:
            return NO_PROFILE
        try:
            body, data = self._ask("business/get", {"fields": json.dumps(fields)})
        except RefusedByApi as error:
            if error.reason != str(NO_PERMISSION):
                raise
            return NO_PROFILE
        refuse_other_account(data.get("username"), username)
        return body

    def close(self) -> None:
        pass

    def _list(self, request: Mapping[str, Any]) -> tuple[bytes, dict[str, Any]]:
        """Posts by page, or by their ids. The account's id is not part of the request we keep."""
        query = {"fields": json.dumps(self._granted(VIDEO_FIELDS))}
        query |= {
            name: json.dumps(value) if isinstance(value, dict) else str(value)
            for name, value in request.items()
        }
        return self._ask("business/video/list", query)

    def _ask(self, path: str, query: Mapping[str, str]) -> tuple[bytes, dict[str, Any]]:
        self._pace.wait()
        parameters = urlencode({"business_id": self._tokens.open_id} | dict(query))
        return self._calls.send(f"{ROOT}/{path}/?{parameters}", None)

    def _granted(self, fields: Mapping[str, tuple[str, ...]]) -> list[str]:
        """The fields that the owner's scopes open."""
        scopes = self._tokens.scopes
        return [name for scope, names in fields.items() if scope in scopes for name in names]


def read_post(item: Any, collection: Collection, at: datetime) -> SourceVideo:
    """A post of an answer. Raises BadVideo, which names the wrong field.

    A photo post has no curve. A post that is used in an ad is flagged: its counts and its curve
    include people who were shown the ad.
    """
    video_id, item = video_id_of(item), cleaned(item)
    (account,) = collection.usernames
    flags = (USED_IN_AD,) if item.get("is_ad") is True else ()
    try:
        video = _video(item, video_id, account, collection, at)
        metrics = _metrics(item, at, flags)
    except (ValidationError, TypeError) as error:
        why = first_problem(error) if isinstance(error, ValidationError) else "caption: no text"
        raise BadVideo(why) from error
    retention = None
    if item.get("media_type") != PHOTO:
        points = item.get("video_view_retention")
        retention = read_curve(points, _viewers(item), video.duration_s, at, flags)
    metrics = flag_on_arrival(metrics, video.created_at, at)
    return SourceVideo(video_id, video, metrics, retention=retention)


def _video(
    item: Mapping[str, Any], video_id: str, account: str, collection: Collection, at: datetime
) -> Video:
    caption = item.get("caption")
    return Video(
        observed_at=at,
        source="business",
        creator_id=account,
        collection=collection.name,
        url=page_url(account, video_id),
        caption=caption,
        hashtags=hashtags_in(caption),
        created_at=instant(epoch(item.get("create_time"))),
        # A post whose figures have not come yet, and a photo, have 0 here.
        duration_s=seconds(item.get("video_duration")) or None,
        synthetic=collection.synthetic,
    )


def _metrics(item: Mapping[str, Any], at: datetime, flags: tuple[str, ...]) -> Metrics:
    """The figures of a post. One that is not a number is unknown, and costs no other."""
    values = {name: item.get(theirs) for name, theirs in FIGURES.items()}
    figures = {name: _figure(name, value) for name, value in values.items()}
    readable = {name: figure for name, figure in figures.items() if figure is not None}
    if any(value is not None and name not in readable for name, value in values.items()):
        flags = (*flags, UNREADABLE)
    return Metrics.model_validate({"collected_at": at, "flags": flags} | readable)


def _figure(name: str, value: Any) -> float | None:
    """A whole number where the figure counts something; None for what cannot be read."""
    if name in COUNTS:
        return value if _is_count(value) else None
    return _number(value)


def _is_count(value: Any) -> bool:
    return type(value) is int and -(2**63) <= value < 2**63


def _number(value: Any) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < 2**63:
        return None
    return float(value)


def _viewers(item: Mapping[str, Any]) -> int | None:
    """Viewers at the start: the views, or where they are missing the people who were reached."""
    for name in ("video_views", "reach"):
        count = item.get(name)
        if isinstance(count, int) and _is_count(count) and count >= 0:
            return count
    return None
