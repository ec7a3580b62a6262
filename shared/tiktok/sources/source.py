"""The protocol of a source of videos, and the values that it returns."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from shared.errors import Permanent
from shared.model import Creator, Metrics, Video
from shared.retention_section import Retention
from shared.tiktok.collections import Collection


class BadVideo(Permanent):
    """One listed object cannot be read as a video. The other objects of the page load."""

    def __init__(self, sentence: str, reason: str = "malformed"):
        super().__init__(reason, sentence)


class NotThatAccount(Permanent):
    """The tokens belong to another account than the collection names."""

    def __init__(self, sentence: str):
        super().__init__("not_that_account", sentence)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: the days requested, and a cursor within them.

    The cursor is valid for one `search_id`: a search of the Research API, or a generation of a
    manifest. When that has expired, the window starts again.
    """

    window: date
    end: date
    cursor: int = 0
    search_id: str | None = None


@dataclass(frozen=True, slots=True)
class SourcePage:
    """One answer: the videos unchanged, and where the next page begins.

    `body` holds the answer's bytes. It is None for a manifest, which is in the lake already.
    """

    position: Position
    next: Position | None
    request: Mapping[str, Any]
    videos: tuple[Any, ...]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class SourceVideo:
    """A listed video in our model.

    `creator` is set if the object describes its account, `media_url` if it names its file, and
    `retention` if it has the curve of its viewers.
    `is_dated` means that the counts have a time of their own. Then a listing may contain the same
    video several times, each with a reading of another time.
    """

    video_id: str
    video: Video
    metrics: Metrics
    creator: Creator | None = None
    media_url: str | None = None
    retention: Retention | None = None
    is_dated: bool = False

    @property
    def key(self) -> str:
        """Equal for two listed objects that are the same."""
        return f"{self.video_id}@{self.metrics.collected_at}" if self.is_dated else self.video_id


@dataclass(frozen=True, slots=True)
class Reread:
    """Known videos requested again: the whole answers, and the videos in them.

    A requested video that is not among `videos` is deleted, or was left out this time.
    """

    video_ids: tuple[str, ...]
    videos: tuple[Any, ...]
    bodies: tuple[bytes, ...]
    request: Mapping[str, Any]


class VideoSource(Protocol):
    """One way to list videos. `name` is a Source of the model; `requests` count against a quota.

    Raises QuotaExhausted, Permanent, Misconfigured, and Transient after some attempts.
    """

    name: str
    has_profiles: bool

    @property
    def requests(self) -> int: ...

    def pages(
        self, collection: Collection, today: date, position: Position | None = None
    ) -> Iterator[SourcePage]:
        """The pages of a collection from `position` on, newest window first, requested lazily.

        A position may cover more days than one window. Then its newest days come first.
        """
        ...

    def read(self, item: Any, collection: Collection, at: datetime) -> SourceVideo:
        """One object of a page, seen `at` that time. Raises BadVideo."""
        ...

    def again(
        self, collection: Collection, posts: Iterable[tuple[str, datetime]]
    ) -> Iterator[Reread]:
        """Read known videos again, a few per request, lazily. `posts` are ids and posting times."""
        ...

    def user_info(self, username: str) -> bytes:
        """An account's profile, unchanged; only if `has_profiles`. Raises ReservedForPosts."""
        ...

    def close(self) -> None:
        """Return unused requests to the quota."""
        ...
