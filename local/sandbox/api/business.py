"""The Business API without HTTP: an owner's consent, own posts, and the curves of their viewers.

It speaks the wire format that shared/tiktok/sources/business_wire.py reads. Figures come a day
late, as from TikTok.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from local.sandbox.api.consents import Consent, Consents
from local.sandbox.api.errors import BusinessApiError, OAuthError
from local.sandbox.api.own_posts import OwnPost, at_once, figures
from local.sandbox.api.shown import Shown
from local.sandbox.footage import footage
from local.sandbox.library import Post, SandboxCreator

ACCESS_LIFE_S = 86_400
REFRESH_LIFE_S = 365 * 86_400
PER_MINUTE = 40
MOST_PER_PAGE, DEFAULT_PER_PAGE = 20, 10
LATE_S = 86_400
"""Figures of a younger post have not come yet."""

VIDEO_FIELDS: Mapping[str, frozenset[str]] = {
    "video.list": frozenset(
        {"item_id", "media_type", "is_ad", "share_url", "caption", "create_time", "video_duration"}
        | {"likes", "comments", "shares", "favorites", "reach", "video_views"}
    ),
    "video.insights": frozenset(
        {"total_time_watched", "average_time_watched", "full_video_watched_rate"}
        | {"video_view_retention"}
    ),
}
AT_ONCE = frozenset({"item_id", "media_type", "is_ad", "share_url", "caption", "create_time"})
"""Fields that do not come late."""

USER_FIELDS: Mapping[str, frozenset[str]] = {
    "user.info.basic": frozenset({"display_name", "profile_image"}),
    "user.info.username": frozenset({"username"}),
    "user.info.profile": frozenset({"bio_description", "is_verified", "profile_deep_link"}),
    "user.info.stats": frozenset(
        {"followers_count", "following_count", "total_likes", "videos_count"}
    ),
}
SCOPES = (*USER_FIELDS, *VIDEO_FIELDS)
_BAD_PARAMETER, _NO_PERMISSION, _UNKNOWN_APP = 40002, 40001, 40101
_TOO_MANY, _BAD_TOKEN, _BAD_CODE = 40100, 40105, 40110


class SandboxBusinessApi:
    """The API's state for one app, safe to use from many threads. `now` gives epoch seconds."""

    def __init__(
        self,
        shown: Shown,
        *,
        client_id: str = "sandbox-business",
        client_secret: str = "sandbox-business",
        access_life_s: float = ACCESS_LIFE_S,
        now: Callable[[], float] = time.time,
    ):
        self._shown = shown
        client = (client_id, client_secret)
        self.consents = Consents(client, SCOPES, access_life_s, REFRESH_LIFE_S, now)

    def accounts(self) -> list[str]:
        """The accounts that can give their consent."""
        from local.sandbox.studio import STUDIO

        creators = self._shown.library.creators
        return [STUDIO, *(each.username for each in creators if each.availability == "ok")]

    def consent(
        self, username: str, scopes: tuple[str, ...], redirect_uri: str, challenge: str
    ) -> str:
        """Record the owner's consent; returns an authorization code for one exchange."""
        if username not in self.accounts():
            raise OAuthError(400, "access_denied", f"There is no account {username}.")
        return self.consents.give(username, scopes, redirect_uri, challenge)

    def token(self, body: object) -> dict[str, Any]:
        """Answer a request for an owner's tokens. Raises BusinessApiError."""
        form = body if isinstance(body, dict) else {}
        text = {name: value for name, value in form.items() if isinstance(value, str)}
        if not self.consents.is_client(text.get("client_id", ""), text.get("client_secret", "")):
            raise BusinessApiError(_UNKNOWN_APP, "App id or secret is incorrect.")
        try:
            if text.get("grant_type") == "authorization_code":
                names = ("auth_code", "redirect_uri")
                grant = self.consents.exchanged(*(text.get(name, "") for name in names), "")
            else:
                grant = self.consents.renewed(text.get("refresh_token", ""))
        except OAuthError as error:
            raise BusinessApiError(_BAD_CODE, error.description) from error
        consent, access = grant
        return {
            "access_token": access,
            "expires_in": int(self.consents.access_life_s),
            "open_id": consent.open_id,
            "refresh_token": consent.refresh,
            "refresh_token_expires_in": REFRESH_LIFE_S,
            "scope": ",".join(consent.scopes),
            "token_type": "Bearer",  # nosec B105: the kind of a token
        }

    # Requests with a token

    def profile(self, token: str | None, query: Mapping[str, str]) -> dict[str, Any]:
        """Answer GET /business/get/. Raises BusinessApiError."""
        consent = self._authorized(token, query, "get")
        names = _fields(query, USER_FIELDS, consent, ("display_name", "profile_image"))
        info = self._creator(consent.username).info
        values = {
            **info,
            "username": consent.username,
            "followers_count": info.get("follower_count"),
            "total_likes": info.get("likes_count"),
            "videos_count": info.get("video_count"),
        }
        return {name: values[name] for name in names if values.get(name) is not None}

    def videos(self, token: str | None, query: Mapping[str, str]) -> dict[str, Any]:
        """Answer a page of the owner's posts, newest first, or the posts of `filters`.

        The cursor is UTC in milliseconds. Raises BusinessApiError.
        """
        consent = self._authorized(token, query, "list")
        names = _fields(query, VIDEO_FIELDS, consent, ("item_id",))
        if "item_id" not in names:
            raise BusinessApiError(_BAD_PARAMETER, "fields: item_id is missing")
        cursor, count = _whole(query, "cursor", 2**53), _whole(query, "max_count", MOST_PER_PAGE)
        own = sorted(self._own(consent.username), key=lambda post: -post.wire["create_time"])
        video_ids = _video_ids(query)
        if video_ids is not None:
            own = [post for post in own if str(post.wire["id"]) in video_ids]
        older = [post for post in own if post.wire["create_time"] * 1000 < (cursor or 2**53)]
        page = older[: count or DEFAULT_PER_PAGE]
        return {
            "videos": [self._video(post, names) for post in page],
            "cursor": page[-1].wire["create_time"] * 1000 if page else 0,
            "has_more": len(older) > len(page),
        }

    def _authorized(self, token: str | None, query: Mapping[str, str], endpoint: str) -> Consent:
        consent = self.consents.of_access(token or "")
        if consent is None:
            raise BusinessApiError(_BAD_TOKEN, "Access token is incorrect or has been revoked.")
        if query.get("business_id") != consent.open_id:
            raise BusinessApiError(_NO_PERMISSION, "The token is not of this business_id.")
        if not self.consents.takes(consent, endpoint, PER_MINUTE):
            raise BusinessApiError(_TOO_MANY, "Too many requests. Please retry in 5 minutes.")
        return consent

    def _creator(self, username: str) -> SandboxCreator:
        from local.sandbox.studio import POSTS, STUDIO, studio_account

        if username == STUDIO:
            return studio_account(POSTS)
        return self._shown.library.creator_by_name[username]

    def _own(self, username: str) -> Iterator[OwnPost]:
        from local.sandbox.studio import STUDIO, studio_posts

        library = self._shown.library
        if username == STUDIO:
            studio = studio_posts(library.seed, library.anchor)
            audiences = {each.post.video_id: (each.duration_s, each.onset_s) for each in studio}
            for post, wire in self._shown.of(each.post for each in studio):
                yield OwnPost(wire, False, *audiences[post.video_id])
            return
        for post, wire in self._shown.posts():
            if post.username == username:
                yield OwnPost(wire, post.absent == "photo", *self._audience(post))

    def _audience(self, post: Post) -> tuple[float, float | None]:
        """Duration and onset of the clip that a post of the library shows."""
        name = post.clip or ""
        clip, shown = self._shown.library.clips.get(name), footage().get(name)
        return (clip.duration_s if clip else 0.0), (shown.onset_s if shown else None)

    def _video(self, post: OwnPost, names: tuple[str, ...]) -> dict[str, Any]:
        values = at_once(post)
        if self._shown.moment_s - post.wire["create_time"] >= LATE_S:
            values |= figures(post)
        return {name: values[name] for name in names if values.get(name) is not None}


def _fields(
    query: Mapping[str, str],
    supported: Mapping[str, frozenset[str]],
    consent: Consent,
    default: tuple[str, ...],
) -> tuple[str, ...]:
    """The fields that are asked for. Raises for unknown ones, and for those of other scopes."""
    names = _parsed(query, "fields", list(default))
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BusinessApiError(_BAD_PARAMETER, "fields: not a list of strings")
    for name in names:
        scope = next((scope for scope, fields in supported.items() if name in fields), None)
        if scope is None:
            raise BusinessApiError(_BAD_PARAMETER, f"fields: there is no {name}")
        if scope not in consent.scopes:
            raise BusinessApiError(_NO_PERMISSION, f"The owner did not grant {scope}.")
    return tuple(names)


def _video_ids(query: Mapping[str, str]) -> frozenset[str] | None:
    filters = _parsed(query, "filters", {})
    ids = filters.get("video_ids") if isinstance(filters, dict) else ()
    if ids is None:
        return None
    if not isinstance(ids, list) or not all(isinstance(video_id, str) for video_id in ids):
        raise BusinessApiError(_BAD_PARAMETER, "filters.video_ids: not a list of strings")
    return frozenset(ids)


def _parsed(query: Mapping[str, str], name: str, default: Any) -> Any:
    try:
        return json.loads(query[name]) if name in query else default
    except (ValueError, RecursionError) as error:
        raise BusinessApiError(_BAD_PARAMETER, f"{name}: not JSON") from error


def _whole(query: Mapping[str, str], name: str, high: int) -> int:
    text = query.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= high):
        raise BusinessApiError(_BAD_PARAMETER, f"{name}: not a number up to {high}")
    return int(text)
