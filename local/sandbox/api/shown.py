"""The posts that the sandbox shows: all of its library, or those of some moment.

By default it shows every post with the counts at the library's anchor. With a moment it shows the
posts that existed at that moment, with smaller or larger counts:

    count(age) = count(age at anchor) * g(age) / g(age at anchor),  g(age) = 1 - exp(-age / 7 days)

This is the growth in the model of the counts (local/sandbox/kpis.py). It continues after the
anchor. A post can vanish and come back.
"""

import math
import threading
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from local.sandbox.kpis import REACTIONS
from local.sandbox.library import Library, Post

DAY_S = 86_400
GROWTH_DAYS = 7.0
COUNTS = ("view_count", *REACTIONS)
Wire = Mapping[str, Any]


def grown(count: int, age_days: float, counted_at_days: float) -> float:
    """A count at `age_days`, given `count` at `counted_at_days`; not rounded."""
    return count * _share(age_days) / _share(counted_at_days)


def _share(age_days: float) -> float:
    return 1 - math.exp(-max(age_days, 0.0) / GROWTH_DAYS)


class Shown:
    """The visible part of a library. Safe to use from many threads."""

    def __init__(self, library: Library):
        self.library = library
        self._anchor_s = datetime.fromisoformat(library.anchor).timestamp()
        self._at_s: float | None = None
        self._vanished: set[str] = set()
        self._lock = threading.Lock()

    def show_at(self, moment: datetime | None) -> None:
        """Show the posts of a moment; None shows all posts with the counts at the anchor."""
        with self._lock:
            self._at_s = None if moment is None else moment.timestamp()

    def vanish(self, video_ids: Iterable[str]) -> None:
        with self._lock:
            self._vanished |= set(video_ids)

    def restore(self, video_ids: Iterable[str]) -> None:
        with self._lock:
            self._vanished -= set(video_ids)

    def state(self) -> dict[str, Any]:
        with self._lock:
            return {"shown_at": self._at_s, "vanished": sorted(self._vanished)}

    def has_vanished(self, video_id: str) -> bool:
        with self._lock:
            return video_id in self._vanished

    @property
    def moment_s(self) -> float:
        """The moment at which the posts are seen, in epoch seconds."""
        with self._lock:
            return self._anchor_s if self._at_s is None else self._at_s

    def posts(self) -> Iterator[tuple[Post, Wire]]:
        """The visible posts, with their fields in the format of the Research API."""
        return self.of(self.library.posts)

    def of(self, posts: Iterable[Post]) -> Iterator[tuple[Post, Wire]]:
        """Those of `posts` that are visible, as `posts` shows them."""
        with self._lock:
            at_s, vanished = self._at_s, set(self._vanished)
        for post in posts:
            if post.video_id in vanished:
                continue
            if at_s is None:
                yield post, post.wire
            elif post.wire["create_time"] <= at_s:
                yield post, self._at(post.wire, at_s)

    def _at(self, wire: Wire, at_s: float) -> Wire:
        age = (at_s - wire["create_time"]) / DAY_S
        counted = (self._anchor_s - wire["create_time"]) / DAY_S
        counts = {name: int(grown(wire[name], age, counted)) for name in COUNTS if name in wire}
        return {**wire, **counts}
