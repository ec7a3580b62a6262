"""A synthetic account with longer posts. Only the Business API shows it, to its owner.

The library's clips last 2 to 4 seconds, so their curves have too few points to estimate anything.
The studio's posts last 18 to 40 seconds. They have no files: what happens in them is known from
here, and `studio_ratings` says what a synthetic rater would say. They are no part of the library.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import numpy as np

from local.sandbox.footage import LibraryClip
from local.sandbox.library import Post, RenderedClip, SandboxCreator
from local.sandbox.raters import MEANING_RATER, SyntheticRater
from shared.model import Record

STUDIO = "sandbox_studio.loops"
POSTS = 120
FOLLOWERS = 48_000
SHARE_WITHOUT_ONSET = 6
"""Every sixth post has no surprise."""

_FIRST_NUMBER = 1 << 31
_VIEWS_MEDIAN, _VIEWS_SD = 6_000, 0.7


@dataclass(frozen=True, slots=True)
class StudioPost:
    """A post, and when its surprise begins."""

    post: Post
    duration_s: float
    onset_s: float | None
    unexpectedness: int


@cache
def studio_posts(seed: int, anchor: str, posts: int = POSTS) -> tuple[StudioPost, ...]:
    """The account's posts, newest first: twelve hours apart, the newest three days before `anchor`.

    `seed` and `anchor` (ISO 8601) are those of a library.
    """
    rng = np.random.default_rng([seed, posts, 1])
    newest = datetime.fromisoformat(anchor) - timedelta(days=3)
    return tuple(
        _studio_post(rng, number, newest - number * timedelta(hours=12)) for number in range(posts)
    )


def studio_account(posts: int) -> SandboxCreator:
    """The account as an API shows it."""
    info = {
        "display_name": "Studio Loops (synthetic)",
        "bio_description": "Synthetic sandbox account. Nobody real.",
        "is_verified": False,
        "follower_count": FOLLOWERS,
        "following_count": 12,
        "likes_count": 0,
        "video_count": posts,
    }
    return SandboxCreator(STUDIO, "ok", info)


def studio_ratings(
    seed: int, anchor: str, posts: int = POSTS, rater: SyntheticRater = MEANING_RATER
) -> Iterator[Record]:
    """A record for each post with the rating of a synthetic rater. No file was looked at."""
    for each in studio_posts(seed, anchor, posts):
        video_id = each.post.video_id
        rating = rater.rate(_as_clip(each), video_id, "1", 0, datetime.fromisoformat(anchor))
        yield Record(video_id=video_id, rating=rating)


def _studio_post(rng: np.random.Generator, number: int, created: datetime) -> StudioPost:
    second = int(created.timestamp())
    duration_s = round(float(rng.uniform(18, 40)), 3)
    onset_s = round(float(rng.uniform(3, 12)), 2)
    has_onset = number % SHARE_WITHOUT_ONSET != 0
    views = int(_VIEWS_MEDIAN * np.exp(rng.normal(0, _VIEWS_SD)))
    video_id = second << 32 | _FIRST_NUMBER + number
    wire = {
        "id": video_id,
        "username": STUDIO,
        "create_time": second,
        "video_description": f"Loop {number} #loop",
        "video_duration": duration_s,
        "view_count": views,
        "like_count": int(rng.binomial(views, 0.08)),
        "comment_count": int(rng.binomial(views, 0.006)),
        "share_count": int(rng.binomial(views, 0.008)),
        "favorites_count": int(rng.binomial(views, 0.015)),
    }
    post = Post(str(video_id), STUDIO, None, None, wire)
    unexpectedness = int(rng.integers(30, 95)) if has_onset else int(rng.integers(3, 14))
    return StudioPost(post, duration_s, onset_s if has_onset else None, unexpectedness)


def _as_clip(each: StudioPost) -> LibraryClip:
    """What a synthetic rater needs to know about a post."""
    name = f"studio-{each.post.video_id}"
    rendered = RenderedClip(name, "", 0, "", each.duration_s, 1080, 1920, 30, True)
    event, expectation = ("leaps", "it keeps hopping") if each.onset_s else ("nothing", "it hops")
    violation = "it leaps away" if each.onset_s else None
    return LibraryClip(
        rendered,
        "stage",
        "ball",
        event,
        each.onset_s,
        each.unexpectedness,
        expectation,
        violation,
        (),
    )
