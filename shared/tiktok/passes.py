"""A pass over a collection's posts, newest first: where it begins, continues and ends.

The *newest window* is listed first. When it is complete, the watermark moves to its last day. The
next pass begins at the watermark, less an overlap, because the API lists some posts late. A full
pass goes on to the windows before, down to the collection's first day. So does the first pass, and
one whose watermark is older than a window: down to the watermark.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from shared.tiktok.collections import EARLIEST, Collection
from shared.tiktok.sources.source import Position, SourcePage
from shared.tiktok.state import (
    CLOCKS_DIFFER,
    CollectionPace,
    CollectionProgress,
    FullPass,
    ResumePoint,
    Watermark,
)

DAY_S = 86_400


@dataclass
class ListingPass:
    """The pages of one pass. Without a `position` it begins with the source's newest page.

    It lists back to the day `first`, or to the source's oldest post. `listed` counts its videos.
    """

    began_at: datetime
    first: date | None
    is_full: bool
    position: Position | None = None
    listed: int = 0
    listed_before_window: int = 0
    creators: int = 0
    is_capped: bool = False
    is_window_over: bool = False
    _resumed: Position | None = field(default=None, repr=False)

    @classmethod
    def resumed(cls, point: ResumePoint) -> "ListingPass":
        """The pass that stopped at a point of the state. The point must have `began_at`."""
        assert point.began_at is not None
        return cls(
            began_at=point.began_at,
            first=point.first,
            is_full=point.is_full,
            position=point.position,
            listed=point.listed,
            listed_before_window=point.listed_before_window,
            creators=point.creators,
            _resumed=point.position,
        )

    def notice(self, position: Position) -> None:
        """Reset the count when a resumed window starts again, because it lists the same videos."""
        before = self._resumed
        if before and before.search_id and position == Position(before.window, before.end):
            self.listed, self._resumed = self.listed_before_window, None

    def advance(self, page: SourcePage, limit: int, is_cut: bool) -> None:
        """Move behind a page. `position` is None at the end, or after `limit` videos.

        `is_cut` means that the page had more than that.
        """
        following = page.next
        same = following is not None and _window(following) == _window(page.position)
        self.is_window_over = not (same or is_cut)
        if following is not None and not same:
            self.listed_before_window = self.listed
            following = _since(following, self.first)
        self.is_capped = is_cut or (following is not None and self.listed >= limit)
        self.position = None if self.is_capped else following

    def point(self, query: str) -> ResumePoint | None:
        """Where the pass continues; None when it is over."""
        if self.position is None:
            return None
        return ResumePoint(
            query=query,
            window=self.position.window,
            end=self.position.end,
            cursor=self.position.cursor,
            search_id=self.position.search_id,
            listed=self.listed,
            listed_before_window=self.listed_before_window,
            began_at=self.began_at,
            first=self.first,
            is_full=self.is_full,
            creators=self.creators,
        )


def next_pass(collection: Collection, progress: CollectionProgress, now: datetime) -> ListingPass:
    """The pass to begin now: from the watermark, or over all posts when a full one is due."""
    since = _watermark_less_overlap(collection, progress, now)
    is_under_way = progress.older is not None and progress.older.is_full
    is_due = is_full_pass_due(collection, progress.full, now) and not is_under_way
    if since is None or is_due:
        return ListingPass(began_at=now, first=collection.start_date, is_full=True)
    last = collection.end_date or now.date()
    until = min(last + timedelta(days=1), now.date())  # the source may leave the end out
    first = min(since, until)
    return ListingPass(now, first, is_full=False, position=Position(first, until))


def is_full_pass_due(collection: Collection, last: FullPass | None, now: datetime) -> bool:
    """Whether all posts are listed anew.

    They are now and then, after `max_videos` was raised, and when files are wanted for the first
    time.
    """
    if last is None or last.at > now + CLOCKS_DIFFER:
        return True
    if last.limit is not None and collection.max_videos > last.limit:
        return True
    if wants_files(collection) and not last.with_files:
        return True
    return last.at + timedelta(days=collection.full_pass_every_days) <= now


def move(
    progress: CollectionProgress, listing: ListingPass, page: SourcePage, collection: Collection
) -> None:
    """Note in the state how far the newest window is; what its end means is noted at once."""
    if not listing.is_window_over:
        progress.resume_point = listing.point(progress.query)
        return
    progress.resume_point = None
    watermark = Watermark(query=progress.query, day=page.position.end)
    if watermark != progress.watermark:
        progress.pace = _pace(progress, listing, page.position)
        progress.watermark = watermark
    if listing.position is not None:
        progress.older = _with_backlog(listing, progress.older).point(progress.query)
    elif listing.is_full:
        progress.older = None
        progress.full = _full_pass(progress, listing, collection)


def move_older(progress: CollectionProgress, listing: ListingPass, collection: Collection) -> None:
    """Note in the state how far the windows before the newest one are."""
    progress.older = listing.point(progress.query)
    if progress.older is None and listing.is_full:
        progress.full = _full_pass(progress, listing, collection)


def wants_files(collection: Collection) -> bool:
    return collection.media.resolver != "none"


def _full_pass(
    progress: CollectionProgress, listing: ListingPass, collection: Collection
) -> FullPass:
    limit = collection.max_videos if listing.is_capped else None
    return FullPass(
        query=progress.query,
        at=listing.began_at,
        limit=limit,
        with_files=wants_files(collection),
    )


def _with_backlog(listing: ListingPass, older: ResumePoint | None) -> ListingPass:
    """The pass, also over what an earlier pass has not listed yet."""
    if older is None or older.began_at is None or listing.is_full:
        return listing
    first = min(listing.first, older.first) if listing.first and older.first else None
    began_at = min(listing.began_at, older.began_at)
    return replace(listing, first=first, is_full=older.is_full, began_at=began_at)


def _watermark_less_overlap(
    collection: Collection, progress: CollectionProgress, now: datetime
) -> date | None:
    """The first day that may hold posts that were not listed; None when nobody knows."""
    watermark = progress.watermark
    if collection.source == "manifest" or watermark is None:
        return None
    if watermark.day > (now + CLOCKS_DIFFER).date():
        return None  # written by a wrong clock
    since = watermark.day - timedelta(days=collection.overlap_days)
    return max(since, collection.start_date or EARLIEST)


def _pace(progress: CollectionProgress, listing: ListingPass, window: Position) -> CollectionPace:
    """What a day brings. New creators are those since the last pass, not since the window began."""
    end = datetime.combine(window.end, time(), UTC) + timedelta(days=1)
    days = _days(window.window, min(listing.began_at, end))
    before = progress.watermark
    new_days = min(days, _days(before.day, listing.began_at)) if before else days
    return CollectionPace(
        query=progress.query,
        posts=round(listing.listed / days, 3),
        creators=round(listing.creators / new_days, 3),
    )


def _days(first: date, until: datetime) -> float:
    return max(1.0, (until - datetime.combine(first, time(), UTC)).total_seconds() / DAY_S)


def _window(position: Position) -> tuple[date, date]:
    return position.window, position.end


def _since(position: Position, first: date | None) -> Position | None:
    """The position, but not before a day; None when all of it is before."""
    if first is None or position.window >= first:
        return position
    return replace(position, window=first) if position.end > first else None
