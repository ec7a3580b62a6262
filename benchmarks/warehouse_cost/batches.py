"""Batches of new posts, and what loading one costs."""

from datetime import timedelta
from functools import lru_cache

from benchmarks.warehouse_cost.billing import StatementBill, bills
from benchmarks.warehouse_cost.records import AGE_AT_LISTING, ANCHOR, curve, listing, ratings
from benchmarks.warehouse_cost.sent import RecordedLoader, SentStatement
from benchmarks.warehouse_cost.world import SAMPLE, TablesAtRest
from shared.model import Record

BATCH = 500


def new_posts(count: int = BATCH, days: int = 2) -> list[Record]:
    """Listings of the posts of the newest days, each by another creator."""
    step = timedelta(days=days) / count
    return [listing(number, ANCHOR - (number + 0.5) * step, number) for number in range(count)]


@lru_cache
def busy_loader() -> RecordedLoader:
    """A Loader that has merged the languages of all captions before, as one at work has."""
    before = ANCHOR - timedelta(days=1)
    posts = [listing(number, before, number) for number in range(SAMPLE)]
    return RecordedLoader([*posts, *ratings(0, before)])


@lru_cache
def _sent_for_new_posts(are_rated: bool, have_curves: bool) -> list[SentStatement]:
    posts = new_posts()
    curves = [
        curve(0, ANCHOR, AGE_AT_LISTING).model_copy(update={"video_id": post.video_id})
        for post in (posts if have_curves else ())
    ]
    rated = [
        rating.model_copy(update={"video_id": post.video_id})
        for post in (posts if are_rated else ())
        for rating in ratings(0, ANCHOR)
    ]
    return busy_loader().sent_for([*posts, *rated, *curves])


def batch_bills(
    tables: TablesAtRest,
    *,
    are_rated: bool = False,
    have_curves: bool = False,
    each_mention: bool = False,
) -> list[StatementBill]:
    """The bills of 500 new posts of two days by 500 creators.

    Perhaps with both ratings of each, and with a retention curve of each.
    """
    statements = _sent_for_new_posts(are_rated, have_curves)
    return bills(statements, tables, each_mention=each_mention)
