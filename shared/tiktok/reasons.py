"""Why a listed video has no file, and whether another fetch helps: a sentence for each reason."""

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class MediaReason:
    """What a reason means. `helps` is whether fetching again may bring the file."""

    meaning: str
    helps: bool
    advice: str


_AGAIN = "Fetch again: it may work then."
_GONE = "Fetching again does not help."
_RULES = "Fetching again helps only after a change of the address or of the collection's `media`."

REASONS = {
    "deleted": MediaReason("the post is gone", False, _GONE),
    "private": MediaReason("the post or the account is private", False, _GONE),
    "photo_post": MediaReason("it is a photo post, which has no video", False, _GONE),
    "not_a_video": MediaReason("the file that came is not a video", False, _RULES),
    "login_required": MediaReason("the page asks for a login", False, _GONE),
    "too_large": MediaReason(
        "the file is larger than the limit",
        False,
        "Raise max_bytes under the collection's `media`, then fetch again.",
    ),
    "no_address": MediaReason(
        "neither the source nor the collection says where the file is",
        False,
        "Give an address (media_url, or url_template under `media`), then fetch again.",
    ),
    "policy_none": MediaReason(
        "the collection wants no files",
        False,
        "Set a resolver under the collection's `media`, then fetch again.",
    ),
    "unreachable": MediaReason(
        "the file failed in five runs over three days",
        True,
        "It is tried again every week, and at once when the collection's `media` changes.",
    ),
    "address_refused": MediaReason("our rules refuse the address", False, _RULES),
    "bad_url": MediaReason("the address is not one that can be fetched", False, _RULES),
    "too_many_redirects": MediaReason("the server sends us from address to address", False, _RULES),
    "malformed": MediaReason(
        "the source sent something that is not a video",
        False,
        "Fetching again does not help. `tta failed` lists what came.",
    ),
    "blocked": MediaReason(
        "TikTok does not serve this machine",
        True,
        "Fetch again from another network: data centres are often refused.",
    ),
    "not_available": MediaReason("TikTok says that the video is not available", True, _AGAIN),
    "page_unreadable": MediaReason(
        "TikTok's page has changed", False, "Update yt-dlp, then fetch again."
    ),
    "timeout": MediaReason("the server did not answer in time", True, _AGAIN),
    "connection": MediaReason("the connection failed", True, _AGAIN),
    "short_body": MediaReason("the file broke off", True, _AGAIN),
    "dns": MediaReason(
        "the server's name has no address", True, "Check the network, then fetch again."
    ),
    "tls": MediaReason("the server's certificate is not valid", True, _AGAIN),
    "http_429": MediaReason(
        "the server wants fewer requests", True, "Wait a quarter of an hour, then fetch again."
    ),
}
_STATUS = re.compile(r"http_(\d{3})")


def media_reason(reason: str) -> MediaReason:
    """What a reason means; an unknown one is told as it is."""
    if reason in REASONS:
        return REASONS[reason]
    status = _STATUS.fullmatch(reason)
    if status is None:
        return MediaReason(reason.replace("_", " "), True, _AGAIN)
    meaning = f"the server answered HTTP {status[1]}"
    if status[1].startswith("5"):
        return MediaReason(f"{meaning}, an error of its own", True, _AGAIN)
    return MediaReason(f"{meaning} and refuses the file", False, _RULES)


@dataclass(frozen=True, slots=True)
class ReasonExample:
    """The first video with a reason, and what happened in a sentence, as far as known."""

    video_id: str | None = None
    sentence: str | None = None


def explained(outcome: str, reason: str, count: int, example: ReasonExample) -> dict[str, Any]:
    """A reason for the answer of `fetch`, with its count and example."""
    of = media_reason(reason)
    return {
        "outcome": outcome,
        "reason": reason,
        "count": count,
        "meaning": of.meaning,
        "trying_again_helps": of.helps,
        "advice": of.advice,
        "example": {"video_id": example.video_id, "sentence": example.sentence},
    }
