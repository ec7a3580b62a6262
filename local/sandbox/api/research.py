"""The Research API without HTTP: tokens, quota, searches and pages, accounts."""

import hmac
import random
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from local.sandbox.api.errors import OAuthError, TikTokApiError
from local.sandbox.api.query import (
    VIDEO_FIELDS,
    InvalidParams,
    VideoQuery,
    parse_fields,
    parse_query,
)
from local.sandbox.api.shown import Shown
from local.sandbox.library import Library

# Requests a day and organisation, reset at 00:00 UTC (TikTok Research API FAQ, 2026-09).
DAILY_QUOTA = 1000
USER_FIELDS = frozenset(
    {
        "display_name",
        "bio_description",
        "avatar_url",
        "is_verified",
        "follower_count",
        "following_count",
        "likes_count",
        "video_count",
        "bio_url",
    }
)
_T = TypeVar("_T")
_MOST_TOKENS = _MOST_SEARCHES = 1000
_GAP_CHANCE = 0.15
_WHY_NOT = {
    "private": "{} is private",
    "restricted": "API cannot return this user's information: {}",
}


@dataclass(frozen=True, slots=True)
class _Search:
    """A cached result. None is a post that the API withholds, which makes a page shorter."""

    query: tuple[object, ...]
    slots: tuple[Mapping[str, Any] | None, ...]


class SandboxResearchApi:
    """The API's state for one client, safe to use from many threads. `now` gives epoch seconds."""

    def __init__(
        self,
        library: Library,
        *,
        quota: int = DAILY_QUOTA,
        client_key: str = "sandbox",
        client_secret: str = "sandbox",
        token_life_s: int = 7200,
        now: Callable[[], float] = time.time,
        shown: Shown | None = None,
    ):
        self.quota = quota
        self.end_inclusive = True
        self.is_disorderly = False
        self.gap_chance = _GAP_CHANCE
        self._library = library
        self.shown = shown or Shown(library)
        self._client = (client_key, client_secret)
        self._token_life_s = token_life_s
        self._now = now
        self._lock = threading.Lock()
        self._tokens: OrderedDict[str, float] = OrderedDict()
        self._searches: OrderedDict[str, _Search] = OrderedDict()
        self._serial = 0
        self._day, self._used = "", 0

    def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Answer a client-credentials request. Raises OAuthError."""
        for name in ("client_key", "client_secret", "grant_type"):
            if not form.get(name):
                raise OAuthError(400, "invalid_request", f"{name} is missing")
        if form["grant_type"] != "client_credentials":
            raise OAuthError(400, "unsupported_grant_type", "only client_credentials is supported")
        sent = (form["client_key"], form["client_secret"])
        if not all(_same(a, b) for a, b in zip(sent, self._client, strict=True)):
            raise OAuthError(401, "invalid_client", "Client key or secret is incorrect.")
        token = "clt.sandbox" + secrets.token_hex(20)
        with self._lock:
            _keep(self._tokens, token, self._now() + self._token_life_s, _MOST_TOKENS)
        kind = {"token_type": "Bearer"}  # nosec B105 # OAuth's word
        return {"access_token": token, "expires_in": self._token_life_s, **kind}

    def authorize(self, header: str | None) -> None:
        """Check an Authorization header. Raises TikTokApiError 401 access_token_invalid."""
        kind, _, token = (header or "").partition(" ")
        with self._lock:
            until = self._tokens.get(token.strip(), 0.0)
        if kind.lower() != "bearer" or until <= self._now():
            raise TikTokApiError(
                401,
                "access_token_invalid",
                "The access token is invalid or not found in the request.",
            )

    def spend(self) -> None:
        """Count one query, also a failed one, towards today's quota. Raises TikTokApiError 429."""
        today = f"{datetime.fromtimestamp(self._now(), UTC):%Y-%m-%d}"
        with self._lock:
            if today != self._day:
                self._day, self._used = today, 0
            if self._used >= self.quota:
                raise TikTokApiError(
                    429, "daily_quota_limit_exceeded", "Daily quota limit exceeded."
                )
            self._used += 1

    def videos(self, fields: str | None, body: object) -> dict[str, Any]:
        """Answer one page of a video query. Raises TikTokApiError 400 invalid_params."""
        try:
            names = parse_fields(fields, VIDEO_FIELDS)
            query = parse_query(body)
        except InvalidParams as error:
            raise TikTokApiError(400, "invalid_params", str(error)) from error
        search_id, search = self._search(query)
        until = query.cursor + query.max_count
        page = search.slots[query.cursor : until]
        return {
            "videos": [
                {field: post[field] for field in names if field in post}
                for post in page
                if post is not None
            ],
            "cursor": until,
            "search_id": search_id,
            "has_more": until < len(search.slots),
        }

    def user(self, fields: str | None, body: object) -> dict[str, Any]:
        """Answer with the fields of an account. Raises TikTokApiError 400 invalid_params."""
        try:
            names = parse_fields(fields, USER_FIELDS)
        except InvalidParams as error:
            raise TikTokApiError(400, "invalid_params", str(error)) from error
        name = body.get("username") if isinstance(body, dict) else None
        if not isinstance(name, str) or not name:
            raise TikTokApiError(400, "invalid_params", "username is required")
        creator = self._library.creator_by_name.get(name)
        if creator is None or creator.availability == "not_found":
            raise TikTokApiError(400, "invalid_params", f"{name} is invalid: cannot find the user")
        if creator.availability != "ok":
            raise TikTokApiError(400, "invalid_params", _WHY_NOT[creator.availability].format(name))
        return {field: creator.info[field] for field in names if field in creator.info}

    def forget_searches(self) -> None:
        """Expire every search id."""
        with self._lock:
            self._searches.clear()

    def revoke_tokens(self) -> None:
        """Invalidate every token."""
        with self._lock:
            self._tokens.clear()

    def quota_state(self) -> dict[str, Any]:
        """The day counted last (UTC, empty before the first), what it used, and the limit."""
        with self._lock:
            return {"day": self._day, "used": self._used, "limit": self.quota}

    def _search(self, query: VideoQuery) -> tuple[str, _Search]:
        if query.search_id is None:
            if query.cursor:
                raise TikTokApiError(400, "invalid_params", "Invalid count or cursor")
            return self._new_search(query)
        with self._lock:
            search = self._searches.get(query.search_id)
        if search is None or search.query != query.search:
            raise TikTokApiError(
                400, "invalid_params", f"Search Id {query.search_id[:40]} is invalid or expired"
            )
        return query.search_id, search

    def _new_search(self, query: VideoQuery) -> tuple[str, _Search]:
        inclusive = self.end_inclusive
        posts = [
            wire for _, wire in self.shown.posts() if query.finds(wire, end_inclusive=inclusive)
        ]
        posts.sort(key=lambda post: int(post["id"]), reverse=True)
        with self._lock:
            self._serial += 1
            serial = self._serial
        rng = random.Random(f"{self._library.seed}/{serial}")
        if query.is_random:
            rng.shuffle(posts)
        if self.is_disorderly:
            posts = _disordered(posts, rng)
        search = _Search(query.search, _with_gaps(posts, query.max_count, self.gap_chance, rng))
        search_id = str(7_200_000_000_000_000_000 + serial * 1_000_003)
        with self._lock:
            _keep(self._searches, search_id, search, _MOST_SEARCHES)
        return search_id, search


def _disordered(posts: list[Mapping[str, Any]], rng: random.Random) -> list[Mapping[str, Any]]:
    """The order after posts appeared and vanished between two pages: some twice, some moved."""
    again = rng.sample(posts, len(posts) // 50)
    shaken = [(number + rng.uniform(0, 150), post) for number, post in enumerate(posts)]
    shaken += [(rng.uniform(0, len(posts)), post) for post in again]
    return [post for _, post in sorted(shaken, key=lambda pair: pair[0])]


def _with_gaps(
    posts: list[Mapping[str, Any]], max_count: int, chance: float, rng: random.Random
) -> tuple[Mapping[str, Any] | None, ...]:
    """Spread posts over more slots than posts, so that pages are short and the second is empty.

    Without a `chance` of gaps all pages are full.
    """
    if not chance:
        return tuple(posts)
    slots: list[Mapping[str, Any] | None] = []
    for post in posts:
        if rng.random() < chance:
            slots.append(None)
        slots.append(post)
    if len(slots) > max_count:
        slots[max_count:max_count] = [None] * max_count
    return tuple(slots)


def _same(a: str, b: str) -> bool:
    return hmac.compare_digest(a.encode(), b.encode())


def _keep(cache: OrderedDict[str, _T], key: str, value: _T, most: int) -> None:
    cache[key] = value
    while len(cache) > most:
        cache.popitem(last=False)
