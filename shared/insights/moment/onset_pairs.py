"""Pairs of times that two raters marked in one video, from which follows how far they err."""

from collections.abc import Container

from shared.insights.agreement.ratings import Ratings
from shared.insights.moment.events import COLUMNS
from shared.insights.moment.options import Event

SIGNALS = "signals/"
OnsetPairs = tuple[tuple[float, float], ...]


def onset_pairs(ratings: Ratings | None, event: Event, videos: Container[str]) -> OnsetPairs:
    """Each rater's first time beside those of the raters after it, in the order of the ratings.

    Repeated answers of one rater make no pair: they repeat its errors, too.
    """
    if ratings is None:
        return ()
    dimension = COLUMNS[event]
    by_rater = [
        ratings.first_values(dimension, rater) for rater in _raters_of_meaning(ratings, dimension)
    ]
    return tuple(
        (own[video], other[video])
        for position, own in enumerate(by_rater)
        for other in by_rater[position + 1 :]
        for video in own
        if video in other and video in videos
    )


def _raters_of_meaning(ratings: Ratings, dimension: str) -> list[str]:
    """All raters; without the signals rater where another machine rated.

    It marks the strongest change of picture and sound. Beside a rater of meaning that is another
    event, and its distance no error.
    """
    raters = ratings.of(dimension)
    machines = [rater for rater in ratings.of(dimension, "machine") if _reads(rater)]
    return [rater for rater in raters if _reads(rater)] if machines else raters


def _reads(rater: str) -> bool:
    return not rater.startswith(SIGNALS)
