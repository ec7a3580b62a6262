"""The Display API without HTTP: a user's consent, rotating tokens, the user's own posts."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from local.sandbox.api.consents import Consent, Consents
from local.sandbox.api.errors import OAuthError, TikTokApiError
from local.sandbox.api.query import InvalidParams, parse_fields
from local.sandbox.api.shown import Shown, Wire
from local.sandbox.library import SandboxCreator

ACCESS_LIFE_S = 7_200
REFRESH_LIFE_S = 180 * 86_400
PER_MINUTE = 600
MOST_PER_PAGE, DEFAULT_PER_PAGE = 20, 10
VIDEO_FIELDS = frozenset(
    {
        "id",
        "create_time",
        "cover_image_url",
        "share_url",
        "video_description",
        "duration",
        "height",
        "width",
        "title",
        "embed_html",
        "embed_link",
        "like_count",
        "comment_count",
        "share_count",
        "view_count",
        "is_aigc",
    }
)
USER_FIELDS: Mapping[str, frozenset[str]] = {
    "user.info.basic": frozenset({"open_id", "union_id", "avatar_url", "display_name"}),
    "user.info.profile": frozenset(
        {"bio_description", "profile_deep_link", "is_verified", "username"}
    ),
    "user.info.stats": frozenset(
        {"follower_count", "following_count", "likes_count", "video_count"}
    ),
}
VIDEO_SCOPE = "video.list"
SCOPES = (*USER_FIELDS, VIDEO_SCOPE)


class SandboxDisplayApi:
    """The API's state for one app, safe to use from many threads. `now` gives epoch seconds."""

    def __init__(
        self,
        shown: Shown,
        *,
        client_key: str = "sandbox",
        client_secret: str = "sandbox",
        access_life_s: float = ACCESS_LIFE_S,
        now: Callable[[], float] = time.time,
    ):
        self._shown = shown
        client = (client_key, client_secret)
        self.consents = Consents(client, SCOPES, access_life_s, REFRESH_LIFE_S, now)

    # Consent and tokens

    def accounts(self) -> list[str]:
        """The accounts that can give their consent."""
        return [
            creator.username
            for creator in self._shown.library.creators
            if creator.availability == "ok"
        ]

    def consent(
        self, username: str, scopes: tuple[str, ...], redirect_uri: str, challenge: str
    ) -> str:
        """Record the user's consent; returns an authorization code for one exchange."""
        if username not in self.accounts():
            raise OAuthError(400, "access_denied", f"There is no account {username}.")
        return self.consents.give(username, scopes, redirect_uri, challenge)

    def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Answer a request for a user's tokens. Raises OAuthError."""
        if not self.consents.is_client(form.get("client_key", ""), form.get("client_secret", "")):
            raise OAuthError(401, "invalid_client", "Client key or secret is incorrect.")
        if form["grant_type"] == "authorization_code":
            names = ("code", "redirect_uri", "code_verifier")
            consent, access = self.consents.exchanged(*(form.get(name, "") for name in names))
        else:
            consent, access = self.consents.renewed(form.get("refresh_token", ""))
        return {
            "access_token": access,
            "expires_in": int(self.consents.access_life_s),
            "open_id": consent.open_id,
            "refresh_expires_in": REFRESH_LIFE_S,
            "refresh_token": consent.refresh,
            "scope": ",".join(consent.scopes),
            "token_type": "Bearer",  # nosec B105: the kind of a token
        }

    # Requests with a token

    def user(self, header: str | None, fields: str | None) -> dict[str, Any]:
        """Answer GET /v2/user/info/. Raises TikTokApiError."""
        consent = self._authorized(header, "user.info")
        all_fields = frozenset().union(*USER_FIELDS.values())
        names = _fields(fields, all_fields)
        allowed = frozenset().union(*(USER_FIELDS.get(scope, ()) for scope in consent.scopes))
        if hidden := [name for name in names if name not in allowed]:
            raise TikTokApiError(
                401, "scope_not_authorized", f"The user did not authorize {hidden[0]}."
            )
        info = self._profile(self._shown.library.creator_by_name[consent.username], consent.open_id)
        return {"user": {name: info[name] for name in names if name in info}}

    def videos(self, header: str | None, fields: str | None, body: object) -> dict[str, Any]:
        """Answer a page of the user's posts, newest first. The cursor is UTC in milliseconds."""
        consent, names = self._for_videos(header, fields)
        options = body if isinstance(body, dict) else {}
        cursor = _whole(options, "cursor", 0, 2**53) or 2**53
        count = _whole(options, "max_count", DEFAULT_PER_PAGE, MOST_PER_PAGE) or DEFAULT_PER_PAGE
        older = [wire for wire in self._own(consent) if wire["create_time"] * 1000 < cursor]
        page = older[:count]
        last = page[-1]["create_time"] * 1000 if page else 0
        return {
            "videos": [_video(wire, names) for wire in page],
            "cursor": last,
            "has_more": len(older) > count,
        }

    def query(self, header: str | None, fields: str | None, body: object) -> dict[str, Any]:
        """Answer for posts by their ids, twenty at most. Posts of other users are left out."""
        consent, names = self._for_videos(header, fields)
        filters = body.get("filters") if isinstance(body, dict) else None
        ids = filters.get("video_ids") if isinstance(filters, dict) else None
        if not isinstance(ids, list) or not all(isinstance(video_id, str) for video_id in ids):
            raise TikTokApiError(
                400, "invalid_params", "filters.video_ids must be a list of strings"
            )
        if len(ids) > MOST_PER_PAGE:
            raise TikTokApiError(400, "invalid_params", f"at most {MOST_PER_PAGE} video ids")
        own = {str(wire["id"]): wire for wire in self._own(consent)}
        return {"videos": [_video(own[video_id], names) for video_id in ids if video_id in own]}

    def _for_videos(
        self, header: str | None, fields: str | None
    ) -> tuple[Consent, tuple[str, ...]]:
        consent = self._authorized(header, "video")
        if VIDEO_SCOPE not in consent.scopes:
            raise TikTokApiError(
                401, "scope_not_authorized", "The user did not authorize video.list."
            )
        return consent, _fields(fields, VIDEO_FIELDS)

    def _authorized(self, header: str | None, endpoint: str) -> Consent:
        kind, _, token = (header or "").partition(" ")
        consent = self.consents.of_access(token) if kind.lower() == "bearer" else None
        if consent is None:
            raise TikTokApiError(
                401, "access_token_invalid", "The access token is invalid or not found."
            )
        if not self.consents.takes(consent, endpoint, PER_MINUTE):
            raise TikTokApiError(429, "rate_limit_exceeded", "Too many requests in a minute.")
        return consent

    def _own(self, consent: Consent) -> list[Wire]:
        own = [wire for post, wire in self._shown.posts() if post.username == consent.username]
        return sorted(own, key=lambda wire: -wire["create_time"])

    def _profile(self, creator: SandboxCreator, open_id: str) -> dict[str, Any]:
        return {
            **creator.info,
            "open_id": open_id,
            "union_id": open_id[::-1],
            "username": creator.username,
            "profile_deep_link": f"https://sandbox.invalid/@{creator.username}",
        }


def _video(wire: Wire, names: tuple[str, ...]) -> dict[str, Any]:
    caption = wire.get("video_description", "")
    values = {
        **wire,
        "id": str(wire["id"]),
        "title": caption[:150],
        "video_description": caption[:150],
        "duration": wire.get("video_duration"),
        "share_url": f"https://www.tiktok.com/@{wire['username']}/video/{wire['id']}",
        "cover_image_url": f"https://sandbox.invalid/cover/{wire['id']}.jpeg",
        "is_aigc": False,
    }
    return {name: values[name] for name in names if values.get(name) is not None}


def _fields(text: str | None, supported: frozenset[str]) -> tuple[str, ...]:
    try:
        return parse_fields(text, supported)
    except InvalidParams as error:
        raise TikTokApiError(400, "invalid_params", str(error)) from error


def _whole(body: Mapping[str, Any], key: str, default: int, high: int) -> int:
    value = body.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= high:
        raise TikTokApiError(400, "invalid_params", f"{key} must be 0 to {high}")
    return value
