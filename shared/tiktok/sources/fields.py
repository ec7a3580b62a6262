"""Reading fields that all sources share: ids, times, untrusted text."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from shared.inputs.handles import handle
from shared.model import VIDEO_ID, Creator, Video
from shared.tiktok.sources.source import BadVideo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_S = 32_503_680_000  # the year 3000
_ID_FIELDS = ("id", "video_id", "item_id")
_HASHTAG = re.compile(r"#(\w+)")
_DIGITS = re.compile(r"[0-9]{1,15}")


def video_id_of(item: Any) -> str:
    """The id as a string.

    Answers name it `id`, and those of the Business API `item_id`. The documentation's example of
    the Research API has `video_id`.
    """
    if not isinstance(item, dict):
        raise BadVideo("not an object")
    number = next((item[name] for name in _ID_FIELDS if name in item), None)
    text = str(number) if type(number) is int else number
    if not isinstance(text, str) or not VIDEO_ID.fullmatch(text) or not text.isdigit():
        raise BadVideo("id: not a TikTok id")
    return text


def read_creator(username: str, data: Any, at: datetime) -> Creator:
    """An account by its profile. Fields with an impossible value, or without one, stay unknown.

    The Business API has names of its own for three counts.
    """
    data = cleaned(data) if isinstance(data, dict) else {}
    profile = {
        "display_name": data.get("display_name"),
        "bio": data.get("bio_description"),
        "verified": data.get("is_verified"),
        "followers": data.get("follower_count", data.get("followers_count")),
        "following": data.get("following_count"),
        "likes": data.get("likes_count", data.get("total_likes")),
        "videos": data.get("video_count", data.get("videos_count")),
    }
    try:
        return Creator(observed_at=at, creator_id=username, username=username, **profile)
    except ValidationError as error:
        wrong = {str(problem["loc"][0]) for problem in error.errors(include_url=False)}
        profile = {name: value for name, value in profile.items() if name not in wrong}
        return Creator(observed_at=at, creator_id=username, username=username, **profile)


def is_within(video: Video, first: date | None, last: date | None) -> bool:
    """Whether the video was posted on one of these UTC days. A video without a time counts."""
    if video.created_at is None:
        return True
    day = video.created_at.date()
    return (first is None or first <= day) and (last is None or day <= last)


def cleaned(fields: dict[str, Any]) -> dict[str, Any]:
    """Strings without NUL and lone surrogates, which captions contain and BigQuery refuses."""
    return {name: _clean_value(value) for name, value in fields.items()}


def _clean_value(value: Any) -> Any:
    if isinstance(value, list):
        return [clean_text(part) if isinstance(part, str) else part for part in value]
    return clean_text(value) if isinstance(value, str) else value


def clean_text(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def page_url(username: Any, video_id: str) -> str | None:
    name = handle(str(username or ""))
    return f"https://www.tiktok.com/@{quote(name, safe='')}/video/{video_id}" if name else None


def hashtags(names: Any) -> Any:
    if not isinstance(names, list):
        return () if names is None else names
    return tuple(name for name in names if name != "")


def hashtags_in(caption: str | None) -> tuple[str, ...]:
    """Hashtags of a caption, for sources that do not list them."""
    return tuple(dict.fromkeys(_HASHTAG.findall(caption or "")))


def seconds(number: Any) -> Any:
    return float(number) if type(number) is int and abs(number) < 2**63 else number


def instant(epoch_s: Any) -> datetime | None:
    if epoch_s is None:
        return None
    if type(epoch_s) is not int or not 0 <= epoch_s < _LATEST_S:
        raise BadVideo("create_time: not seconds since 1970")
    return _EPOCH + timedelta(seconds=epoch_s)


def epoch(value: Any) -> Any:
    """Seconds since 1970 as an int where the API gives them as a text of digits."""
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value


def first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
