"""TikTok's Display API as a source: a creator's own account, all of its public posts.

https://developers.tiktok.com/doc/tiktok-api-v2-video-list,
https://developers.tiktok.com/doc/tiktok-api-v2-get-user-info (read 2026-11)
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError

from shared.model import Metrics, Video
from shared.quality import flag_on_arrival
from shared.tiktok.collections import Collection
from shared.tiktok.sources.account_pages import (
    account_pages,
    account_rereads,
    refuse_other_account,
)
from shared.tiktok.sources.fields import (
    cleaned,
    first_problem,
    hashtags_in,
    instant,
    page_url,
    seconds,
    video_id_of,
)
from shared.tiktok.sources.source import BadVideo, Position, Reread, SourcePage, SourceVideo
from shared.tiktok.sources.user_tokens import UserTokens
from shared.tiktok.sources.wire import Calls

API = "Display API"
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
        return account_pages(API, self._list, collection, today, position)

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
                hashtags=hashtags_in(caption),
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
        return account_rereads(API, self._query, posts)

    def user_info(self, username: str) -> bytes:
        """The owner's own profile. Raises NotThatAccount for another name than the owner's."""
        scopes = self._tokens.scopes
        fields = [name for scope, names in USER_FIELDS.items() if scope in scopes for name in names]
        if not fields:
            return b'{"data": {}}'
        body, data = self._calls.ask("user/info", ",".join(fields), None)
        user = data.get("user")
        owner = user.get("username") if isinstance(user, dict) else None
        refuse_other_account(owner, username)
        return body

    def close(self) -> None:
        pass

    def _list(self, request: Mapping[str, Any]) -> tuple[bytes, dict[str, Any]]:
        return self._calls.ask("video/list", VIDEO_FIELDS, request)

    def _query(self, request: Mapping[str, Any]) -> tuple[bytes, dict[str, Any]]:
        return self._calls.ask("video/query", VIDEO_FIELDS, request)
