"""TikTok's Display API as a source: a creator's own account, all of its public posts.

https://developers.tiktok.com/doc/tiktok-api-v2-video-list,
https://developers.tiktok.com/doc/tiktok-api-v2-get-user-info (read 2026-11)
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from pydantic import ValidationError

from shared.errors import Permanent, Transient
from shared.inputs.handles import handle
from shared.model import Metrics, Video
from shared.quality import flag_on_arrival
from shared.tiktok.collections import EARLIEST, Collection
from shared.tiktok.sources.fields import (
    cleaned,
    first_problem,
    instant,
    page_url,
    seconds,
    video_id_of,
)
from shared.tiktok.sources.source import BadVideo, Position, Reread, SourcePage, SourceVideo
from shared.tiktok.sources.user_tokens import UserTokens
from shared.tiktok.sources.wire import Calls

PAGE_SIZE = 20
STANDSTILLS = 5
VIDEO_FIELDS = (
    "id,create_time,share_url,video_description,duration,title,like_count,comment_count,"
    "share_count,view_count"
)
USER_FIELDS = {
    "user.info.basic": ("display_name",),
    "user.info.profile": ("username", "bio_description", "is_verified"),
    "user.info.stats": ("follower_count", "following_count", "likes_count", "video_count"),
}
"""Fields by scope. TikTok refuses a request for a field whose scope was not granted."""

VIDEO_SCOPE = "video.list"
_HASHTAG = re.compile(r"#(\w+)")


class NotThatAccount(Permanent):
    """The tokens belong to another account than the collection names."""

    def __init__(self, sentence: str):
        super().__init__("not_that_account", sentence)


class DisplayApi:
    """Implements VideoSource. A cursor is a time in milliseconds; posts come newest first."""

    name = "display"
    has_profiles = True

    def __init__(self, tokens: UserTokens, sleep: Callable[[float], None] = time.sleep):
        self._tokens = tokens
        self._calls = Calls(tokens.exchange, tokens, None, sleep)

    @property
    def requests(self) -> int:
        return self._calls.count

    def pages(
        self, collection: Collection, today: date, position: Position | None = None
    ) -> Iterator[SourcePage]:
        """All posts since the position's first day, or since the collection's."""
        start = position or Position(collection.start_date or EARLIEST, today)
        current: Position | None = start
        standstills = 0
        while current is not None:
            request: dict[str, Any] = {"max_count": PAGE_SIZE}
            if current.cursor:
                request["cursor"] = current.cursor
            body, data = self._calls.ask("video/list", VIDEO_FIELDS, request)
            videos = _videos_of(data)
            following = _following(data, current)
            if following and _ends_before(videos, start.window):
                following = None
            standstills = standstills + 1 if following == current else 0
            if standstills > STANDSTILLS:
                raise Transient("Display API: has_more, but the cursor does not move")
            yield SourcePage(current, following, request, videos, body)
            current = following

    def read(self, item: Any, collection: Collection, at: datetime) -> SourceVideo:
        """A post and its counts. Raises BadVideo."""
        video_id, item = video_id_of(item), cleaned(item)
        (account,) = collection.usernames
        caption = item.get("video_description") or item.get("title")
        try:
            video = Video(
                observed_at=at,
                source="display",
                creator_id=account,
                collection=collection.name,
                url=page_url(account, video_id),
                caption=caption,
                hashtags=tuple(dict.fromkeys(_HASHTAG.findall(caption or ""))),
                created_at=instant(item.get("create_time")),
                duration_s=seconds(item.get("duration")),
                synthetic=collection.synthetic,
            )
            metrics = Metrics(
                collected_at=at,
                views=item.get("view_count"),
                likes=item.get("like_count"),
                comments=item.get("comment_count"),
                shares=item.get("share_count"),
            )
        except (ValidationError, TypeError) as error:
            why = first_problem(error) if isinstance(error, ValidationError) else "caption: no text"
            raise BadVideo(why) from error
        return SourceVideo(video_id, video, flag_on_arrival(metrics, video.created_at, at))

    def again(
        self, collection: Collection, posts: Iterable[tuple[str, datetime]]
    ) -> Iterator[Reread]:
        """Requests the videos by their ids, twenty at once."""
        remaining = iter(posts)
        while ids := tuple(video_id for video_id, _ in islice(remaining, PAGE_SIZE)):
            request = {"filters": {"video_ids": list(ids)}}
            body, data = self._calls.ask("video/query", VIDEO_FIELDS, request)
            yield Reread(ids, _videos_of(data), (body,), request)

    def user_info(self, username: str) -> bytes:
        """The owner's own profile. Raises NotThatAccount for another name than the owner's."""
        scopes = self._tokens.scopes
        fields = [name for scope, names in USER_FIELDS.items() if scope in scopes for name in names]
        if not fields:
            return b'{"data": {}}'
        body, data = self._calls.ask("user/info", ",".join(fields), None)
        user = data.get("user")
        owner = user.get("username") if isinstance(user, dict) else None
        if owner is not None and handle(str(owner)) != handle(username):
            raise NotThatAccount(
                f"The tokens kept for {username} belong to {owner}: log in as {username}, or name "
                f"{owner} in the collection."
            )
        return body

    def close(self) -> None:
        pass


def _videos_of(data: dict[str, Any]) -> tuple[Any, ...]:
    videos = data.get("videos") or []
    if not isinstance(videos, list):
        raise Transient("Display API: data.videos is not a list")
    return tuple(videos)


def _following(data: dict[str, Any], position: Position) -> Position | None:
    if data.get("has_more") is not True:
        return None
    cursor = data.get("cursor")
    if type(cursor) is not int or not 0 <= cursor < 2**63:
        raise Transient("Display API: has_more without a cursor")
    return replace(position, cursor=cursor)


def _ends_before(videos: tuple[Any, ...], first: date) -> bool:
    """Whether the page's last post is older than the first day; then all later ones are too."""
    last = videos[-1].get("create_time") if videos and isinstance(videos[-1], dict) else None
    start = datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp()
    return type(last) is int and last < start
