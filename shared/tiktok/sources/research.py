"""TikTok's Research API as a source: windows of days, pages of videos, profiles of accounts."""

import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from shared.errors import Transient
from shared.tiktok.collections import EARLIEST, Collection
from shared.tiktok.sources.client_tokens import ClientTokens
from shared.tiktok.sources.research_fields import read_video
from shared.tiktok.sources.source import Position, Reread, SourcePage, SourceVideo
from shared.tiktok.sources.wire import BAD_REQUEST, Calls, Exchange, Quota, RefusedByApi

log = logging.getLogger(__name__)

PAGE_SIZE = 100
WINDOW = timedelta(days=29)
"""The API takes at most 30 days, and its documentation is unclear whether `end_date` is included.
So a window ends 29 days after its start, on the day on which the window after it starts. Ids remove
duplicates."""

FRESH_SEARCH_WAITS_S = (5.0, 10.0, 15.0, 20.0, 25.0)
"""A new search_id may be unknown to the next server for a while. A search_id that has worked before
and is unknown now has expired; repeating the request would only cost quota."""
RESTARTS_PER_WINDOW = 2
STANDSTILLS = 20
"""Pages in a row that do not move the cursor before we call it a loop."""

VIDEO_FIELDS = (
    "id,video_description,create_time,region_code,share_count,view_count,like_count,"
    "comment_count,music_id,hashtag_names,username,effect_ids,playlist_id,voice_to_text,"
    "is_stem_verified,favorites_count,video_duration"
)
USER_FIELDS = (
    "display_name,bio_description,is_verified,follower_count,following_count,likes_count,"
    "video_count"
)

_SEARCH_ID = re.compile(r"[!-~]{1,200}")
_SEARCH_GONE = re.compile(
    r"search[ _]?id .*(invalid|expired)|invalid count or cursor", re.IGNORECASE
)
_USER_GONE = re.compile(r"cannot find the user|cannot return this user|is private", re.IGNORECASE)


class _SearchGone(Exception):
    """The search_id has expired, so its window has to start again."""


class ResearchApi:
    """Implements VideoSource for one organisation. `clock` is monotonic, in seconds."""

    name = "research"
    has_profiles = True

    def __init__(
        self,
        exchange: Exchange,
        client_key: str,
        client_secret: str,
        quota: Quota | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ):
        tokens = ClientTokens(exchange, client_key, client_secret, clock)
        self._sleep = sleep
        self._quota = quota
        self._calls = Calls(exchange, tokens, quota, sleep)

    @property
    def requests(self) -> int:
        """Requests made so far, with repeated ones. Requests for tokens do not count."""
        return self._calls.count

    def pages(
        self, collection: Collection, today: date, position: Position | None = None
    ) -> Iterator[SourcePage]:
        """The pages of a collection from `position` on, newest window first, asked for lazily.

        Only `has_more` ends a window: a short or an empty page does not.
        """
        query = query_of(collection)
        current = position or newest_window(collection, today)
        is_fresh = current is None or current.search_id is None
        while current is not None:
            for page in self._window(query, _in_one_window(current), is_fresh):
                after = page.next or window_before(collection, page.position)
                current = after
                yield replace(page, next=after)
            is_fresh = True

    def again(
        self, collection: Collection, posts: Iterable[tuple[str, datetime]]
    ) -> Iterator[Reread]:
        """Requests the videos by their ids: up to 100 at once, posted within one window."""
        for batch in _batches(posts):
            ids = tuple(video_id for video_id, _ in batch)
            days = [posted.date() for _, posted in batch]
            window = Position(min(days), max(days) + timedelta(days=1))
            pages = list(self._window(query_of_ids(ids), window, is_fresh=True))
            yield Reread(
                video_ids=ids,
                videos=tuple(video for page in pages for video in page.videos),
                bodies=tuple(page.body for page in pages if page.body is not None),
                request=_request(query_of_ids(ids), window),
            )

    def _window(
        self, query: Any, position: Position | None, is_fresh: bool
    ) -> Iterator[SourcePage]:
        """The pages of one window from a place on; a search that is gone starts again."""
        restarts = standstills = 0
        while position is not None:
            request = _request(query, position)
            try:
                body, data = self._search(request, is_fresh)
            except _SearchGone as error:
                restarts += 1
                if restarts > RESTARTS_PER_WINDOW:
                    raise Transient(f"Research API: {error}") from error
                log.info("search expired, window starts again", extra={"window": position.window})
                position, is_fresh = Position(position.window, position.end), True
                continue
            videos, following = _read_page(data, position)
            standstills = standstills + 1 if following and _stands_still(position, following) else 0
            if standstills > STANDSTILLS:
                raise Transient("Research API: has_more, but the cursor does not move")
            yield SourcePage(position, following, request, videos, body)
            is_fresh = following is not None and following.search_id != position.search_id
            position = following

    def read(self, item: Any, collection: Collection, at: datetime) -> SourceVideo:
        """A post and its counts. Raises BadVideo."""
        return read_video(item, collection, at)

    def close(self) -> None:
        if self._quota is not None:
            self._quota.close()

    def user_info(self, username: str) -> bytes:
        """An account's profile, or the API's refusal for this account, unchanged.

        Raises ReservedForPosts when posts and readings need what is left of the day's quota.
        """
        try:
            request = {"username": username}
            body, _ = self._calls.ask("research/user/info", USER_FIELDS, request, is_spare=True)
        except RefusedByApi as error:
            if error.reason in BAD_REQUEST and _USER_GONE.search(error.message):
                return error.body
            raise
        return body

    def _search(self, request: Mapping[str, Any], fresh: bool) -> tuple[bytes, dict[str, Any]]:
        waits = FRESH_SEARCH_WAITS_S if fresh else ()
        for wait_s in (*waits, None):
            try:
                return self._calls.ask("research/video/query", VIDEO_FIELDS, request)
            except RefusedByApi as error:
                if not ("search_id" in request and _is_search_gone(error)):
                    raise
                if wait_s is None:
                    raise _SearchGone(error.sentence) from error
                self._sleep(wait_s)
        raise AssertionError("unreachable")


def query_of(collection: Collection) -> dict[str, Any]:
    """The collection's lists as the API's conditions: one term of every list must match."""
    terms = {
        "username": collection.usernames,
        "hashtag_name": collection.hashtags,
        "keyword": collection.keywords,
        "region_code": collection.regions,
    }
    return {
        "and": [
            {"operation": "IN", "field_name": name, "field_values": list(values)}
            for name, values in terms.items()
            if values
        ]
    }


def query_of_ids(ids: Sequence[str]) -> dict[str, Any]:
    """Known videos as the API's condition."""
    return {"and": [{"operation": "IN", "field_name": "video_id", "field_values": list(ids)}]}


def _batches(
    posts: Iterable[tuple[str, datetime]],
) -> Iterator[list[tuple[str, datetime]]]:
    """Videos in groups, oldest first, that fit into one request."""
    batch: list[tuple[str, datetime]] = []
    for video_id, posted in posts:
        if batch and (len(batch) == PAGE_SIZE or posted.date() >= batch[0][1].date() + WINDOW):
            yield batch
            batch = []
        batch.append((video_id, posted))
    if batch:
        yield batch


def newest_window(collection: Collection, today: date) -> Position | None:
    """The window that ends last, or None when the collection's first day has not come."""
    first, until = collection.start_date or EARLIEST, _until(collection, today)
    return _in_one_window(Position(first, until)) if first <= until else None


def window_before(collection: Collection, position: Position) -> Position | None:
    """The window that ends on the day this one starts, or None after the collection's first day."""
    first, until = collection.start_date or EARLIEST, position.window
    return _in_one_window(Position(first, until)) if first < until else None


def _in_one_window(position: Position) -> Position:
    """The newest days of a position that fit into one request."""
    return replace(position, window=max(position.window, position.end - WINDOW))


def _until(collection: Collection, today: date) -> date:
    """The day after `end_date`, in case the API leaves the end out, but never a future day.

    `read_page` drops posts after `end_date`.
    """
    last = collection.end_date or today
    return min(last + timedelta(days=1), today)


def _request(query: Any, position: Position) -> dict[str, Any]:
    request = {
        "query": query,
        "start_date": f"{position.window:%Y%m%d}",
        "end_date": f"{position.end:%Y%m%d}",
        "max_count": PAGE_SIZE,
    }
    if position.search_id is not None:
        request |= {"cursor": position.cursor, "search_id": position.search_id}
    return request


def _read_page(data: dict[str, Any], position: Position) -> tuple[tuple[Any, ...], Position | None]:
    """Videos, and the next position in this window, if `has_more` is true."""
    videos = data.get("videos") or []
    if not isinstance(videos, list):
        raise Transient("Research API: data.videos is not a list")
    if data.get("has_more") is not True:
        return tuple(videos), None
    cursor, search_id = data.get("cursor"), data.get("search_id", position.search_id)
    if type(cursor) is not int or not 0 <= cursor < 2**63:
        raise Transient("Research API: has_more without a cursor")
    if not isinstance(search_id, str | int) or not _SEARCH_ID.fullmatch(str(search_id)):
        raise Transient("Research API: has_more without a search_id")
    return tuple(videos), replace(position, cursor=cursor, search_id=str(search_id))


def _stands_still(position: Position, following: Position) -> bool:
    return following.cursor == position.cursor and following.search_id == position.search_id


def _is_search_gone(error: RefusedByApi) -> bool:
    return error.reason in BAD_REQUEST and bool(_SEARCH_GONE.search(error.message))
