"""The past of a library: what synthetic raters said of its videos, and earlier readings of counts.

A file in the lake is rated by the shipped `signals` alone. This adds what a project has after some
weeks: a rater of meaning that was asked again, people who rated, and counts at several ages.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

from local.sandbox.api.shown import DAY_S, grown
from local.sandbox.footage import footage
from local.sandbox.kpis import REACTIONS
from local.sandbox.library import Library, Post
from local.sandbox.raters import MEANING_RATER, PEOPLE, PROMPTED
from shared.model import Metrics, Record
from shared.rating_section import Rating

EVERY = 3
"""Every third video is looked at closely: by people, by repeated questions, at every age."""
EVERY_OF_PROMPTED = 2
"""Every second video is rated by several models and wordings."""
REPLICATES = 3
AGE_DAYS = 7
"""The age at which every video was counted; the shipped plan compares videos at this age."""
AGES_DAYS = (AGE_DAYS, 1, 3, 14, 30)
"""Ages at which the videos that are looked at closely were counted, in days after the post."""

_FIELDS = {
    "views": "view_count",
    "likes": "like_count",
    "comments": "comment_count",
    "shares": "share_count",
    "saves": "favorites_count",
}
assert set(_FIELDS.values()) == {"view_count", *REACTIONS}


def records(library: Library, generations: Mapping[str, str]) -> Iterator[Record]:
    """Every rating and reading of the past, at most one of each in a record.

    `generations` has the generation of the stored file by video id; a post without a file has no
    ratings. The same library and files give the same records.
    """
    anchor = datetime.fromisoformat(library.anchor)
    followers = {
        creator.username: creator.info["follower_count"]
        for creator in library.creators
        if creator.availability == "ok"
    }
    for number, post in enumerate(library.posts):
        is_close = number % EVERY == 0
        ratings = _ratings(post, generations.get(post.video_id), number, anchor)
        ages_days = AGES_DAYS if is_close else (AGE_DAYS,)
        counted = readings(post, ages_days, anchor, followers.get(post.username))
        for rating, metrics in zip_longest(ratings, counted):
            yield Record(video_id=post.video_id, rating=rating, metrics=metrics)


def answers_about(number: int) -> int:
    """How many answers the rater of meaning gives about the post of that number."""
    return REPLICATES if number % EVERY == 0 else 1


def _ratings(post: Post, generation: str | None, number: int, anchor: datetime) -> Iterator[Rating]:
    if post.clip is None or generation is None:
        return
    clip, key = footage()[post.clip], (post.video_id, generation)
    for replicate in range(answers_about(number)):
        yield MEANING_RATER.rate(clip, *key, replicate, anchor)
    prompted = PROMPTED if number % EVERY_OF_PROMPTED == 0 else ()
    for rater in (*prompted, *(PEOPLE if number % EVERY == 0 else ())):
        yield rater.rate(clip, *key, 0, anchor)


def readings(
    post: Post, ages_days: Iterable[int], anchor: datetime, followers: int | None = None
) -> Iterator[Metrics]:
    """Counts at each age that a post with a file had reached at the anchor."""
    created = datetime.fromtimestamp(post.wire["create_time"], UTC)
    reached_days = (anchor - created).total_seconds() / DAY_S
    for age_days in ages_days:
        if age_days < reached_days and post.clip is not None:
            counts = {
                name: int(grown(post.wire[field], age_days, reached_days))
                for name, field in _FIELDS.items()
                if field in post.wire
            }
            collected_at = created + timedelta(days=age_days)
            yield Metrics(collected_at=collected_at, followers=followers, **counts)
