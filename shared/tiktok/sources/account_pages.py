"""Pages of one account's own posts, newest first, by a cursor that is a time in milliseconds.

The Display API and the Business API list posts like this.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from shared.errors import Transient
from shared.inputs.handles import handle
from shared.tiktok.collections import EARLIEST, Collection
from shared.tiktok.sources.fields import epoch
from shared.tiktok.sources.source import NotThatAccount, Position, Reread, SourcePage

PAGE_SIZE = 20
STANDSTILLS = 5

Ask = Callable[[Mapping[str, Any]], tuple[bytes, dict[str, Any]]]
"""Sends a request for posts; returns the answer's bytes and its `data`."""


def account_pages(
    api: str, ask: Ask, collection: Collection, today: date, position: Position | None
) -> Iterator[SourcePage]:
    """All posts since the position's first day, or since the collection's. `api` is its name."""
    start = position or Position(collection.start_date or EARLIEST, today)
    current: Position | None = start
    standstills = 0
    while current is not None:
        request: dict[str, Any] = {"max_count": PAGE_SIZE}
        if current.cursor:
            request["cursor"] = current.cursor
        body, data = ask(request)
        videos = _videos_of(api, data)
        following = _following(api, data, current)
        if following and _ends_before(videos, start.window):
            following = None
        standstills = standstills + 1 if following == current else 0
        if standstills > STANDSTILLS:
            raise Transient(f"{api}: has_more, but the cursor does not move")
        yield SourcePage(current, following, request, videos, body)
        current = following


def account_rereads(api: str, ask: Ask, posts: Iterable[tuple[str, datetime]]) -> Iterator[Reread]:
    """Requests known posts by their ids, twenty at once."""
    remaining = iter(posts)
    while ids := tuple(video_id for video_id, _ in islice(remaining, PAGE_SIZE)):
        request = {"filters": {"video_ids": list(ids)}}
        body, data = ask(request)
        yield Reread(ids, _videos_of(api, data), (body,), request)


def refuse_other_account(owner: object, username: str) -> None:
    """Raises NotThatAccount when the tokens of `username` belong to somebody else."""
    if owner is not None and handle(str(owner)) != handle(username):
        raise NotThatAccount(
            f"The tokens kept for {username} belong to {owner}: log in as {username}, or name "
            f"{owner} in the collection."
        )


def _videos_of(api: str, data: dict[str, Any]) -> tuple[Any, ...]:
    videos = data.get("videos") or []
    if not isinstance(videos, list):
        raise Transient(f"{api}: data.videos is not a list")
    return tuple(videos)


def _following(api: str, data: dict[str, Any], position: Position) -> Position | None:
    if data.get("has_more") is not True:
        return None
    cursor = data.get("cursor")
    if type(cursor) is not int or not 0 <= cursor < 2**63:
        raise Transient(f"{api}: has_more without a cursor")
    return replace(position, cursor=cursor)


def _ends_before(videos: tuple[Any, ...], first: date) -> bool:
    """Whether the page's last post is older than the first day; then all later ones are too."""
    last = videos[-1].get("create_time") if videos and isinstance(videos[-1], dict) else None
    posted_s, start = epoch(last), datetime(first.year, first.month, first.day, tzinfo=UTC)
    return type(posted_s) is int and posted_s < start.timestamp()
