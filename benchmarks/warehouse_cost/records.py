"""Records of the size that real ones have.

Captions, hashtags and accounts are the sandbox's: its posts are short captions in ten languages,
and the long and hostile captions that occur. The answers of the raters are in `ratings.json`:

* `signals` is what the shipped rater gave for a clip of 30 s, with its four curves per second;
* `gemini` has the rubric's two sentences, and five moments of a sentence each. The estimate of
  `tta rate` assumes 2 to 10 moments (shared/rating/gemini/estimate.py).
"""

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from local.sandbox.posts import plan_posts
from shared.model import Metrics, Record
from shared.rating_section import Rating
from shared.retention_section import Retention
from shared.tiktok.collections import Collection
from shared.tiktok.sources.fields import read_creator
from shared.tiktok.sources.research_fields import read_video

RATINGS = Path(__file__).with_name("ratings.json")
ANCHOR = datetime(2026, 11, 1, tzinfo=UTC)
"""The end of the newest day of posts. All is drawn from it, so each run gives the same rows."""

AGE_AT_LISTING = timedelta(hours=6)
CURVE_S = 60

_SANDBOX_POSTS = 70  # all captions of the sandbox, among them the 12 hostile ones
_COLLECTION = Collection(
    name="cats-in-us",
    usernames=(),
    hashtags=("cats",),
    keywords=(),
    regions=(),
    start_date=ANCHOR.date() - timedelta(days=730),
)


def listing(number: int, posted_at: datetime, creator: int, caption_factor: int = 1) -> Record:
    """The record of a newly listed post by the creator of that number.

    Its caption is repeated `caption_factor` times.
    """
    shapes, profiles = _shapes()
    wire = dict(shapes[number % len(shapes)])
    username = f"{shapes[creator % len(shapes)]['username'].removeprefix('sandbox_')}{creator}"
    wire |= {
        "id": video_id(number, posted_at),
        "create_time": int(posted_at.timestamp()),
        "username": username,
        "video_description": wire["video_description"] * caption_factor,
    }
    at = posted_at + AGE_AT_LISTING
    video = read_video(wire, _COLLECTION, at)
    profile = read_creator(username, profiles[creator % len(profiles)], at)
    return Record(
        video_id=video.video_id, video=video.video, creator=profile, metrics=video.metrics
    )


def reading(number: int, posted_at: datetime, age: timedelta) -> Record:
    """A later reading of a post's counts."""
    later = _counts(number, posted_at).model_copy(update={"collected_at": posted_at + age})
    return Record(video_id=str(video_id(number, posted_at)), metrics=later)


@lru_cache  # the readings of a post follow one another, and a listing takes long to read
def _counts(number: int, posted_at: datetime) -> Metrics:
    counts = listing(number, posted_at, number).metrics
    assert counts is not None
    return counts


def curve(number: int, posted_at: datetime, age: timedelta) -> Record:
    """A reading of a post's retention curve: CURVE_S points in whole percents, as TikTok's are."""
    shares = tuple(round(math.exp(-second / 30), 2) for second in range(CURVE_S))
    retention = Retention(collected_at=posted_at + age, viewers=5_000, shares=shares)
    return Record(video_id=str(video_id(number, posted_at)), retention=retention)


def ratings(number: int, posted_at: datetime) -> Iterator[Record]:
    """The records of the answers of both raters, as `analyze` publishes them."""
    for rating in _ratings():
        rated_at = posted_at + timedelta(hours=7)
        yield Record(
            video_id=str(video_id(number, posted_at)),
            rating=rating.model_copy(update={"rated_at": rated_at}),
        )


def video_id(number: int, posted_at: datetime) -> int:
    """A TikTok id: the second of the post in its upper 32 bits."""
    return int(posted_at.timestamp()) << 32 | number % 2**32


@lru_cache
def _shapes() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    plan = plan_posts(1, _SANDBOX_POSTS, ANCHOR)
    return [dict(post.wire) for post in plan.posts], [each.info for each in plan.creators]


@lru_cache
def _ratings() -> list[Rating]:
    answers = json.loads(RATINGS.read_text()).values()
    return [Rating.model_validate_json(json.dumps(answer)) for answer in answers]
