"""A source of videos: what fetch asks of one, and what it gives."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from shared.errors import Permanent
from shared.model import Creator, Metrics, Video
from shared.tiktok.collections import Collection


class BadVideo(Permanent):
    """One listed object that is no video we can keep; its neighbours load."""

    def __init__(self, sentence: str, reason: str = "malformed"):
        super().__init__(reason, sentence)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: the days asked for, and the cursor inside.

    `search_id` is what the cursor belongs to: a search of the Research API, a generation of a
    manifest. When that is no more, the window starts again.
    """

    window: date
    end: date
    cursor: int = 0
    search_id: str | None = None


@dataclass(frozen=True, slots=True)
class SourcePage:
    """One answer: the videos as they came, and where the next page begins.

    `body` holds the answer's bytes; None where they need not be kept, as for a manifest, which
    lies in the lake already.
    """

    position: Position
    next: Position | None
    request: Mapping[str, Any]
    videos: tuple[Any, ...]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class SourceVideo:
    """A listed object in our language.

    `creator` is set where the object itself tells of its account, `media_url` where it says where
    its file is. `is_dated` says that the counts have a time of their own: the same video may then
    be listed more than once, with a reading of another time each.
    """

    video_id: str
    video: Video
    metrics: Metrics
    creator: Creator | None = None
    media_url: str | None = None
    is_dated: bool = False

    @property
    def key(self) -> str:
        """What makes two listed objects the same."""
        return f"{self.video_id}@{self.metrics.collected_at}" if self.is_dated else self.video_id


@dataclass(frozen=True, slots=True)
class Reread:
    """Known videos asked for again: the answers that came, whole, with what they hold.

    What was `asked` and is not among the `videos` is gone, or was left out this time.
    """

    video_ids: tuple[str, ...]
    videos: tuple[Any, ...]
    bodies: tuple[bytes, ...]
    request: Mapping[str, Any]


class VideoSource(Protocol):
    """One way to list videos. `name` is a Source of the model; `requests` use up a quota.

    Raises QuotaExhausted, Permanent, Misconfigured, and Transient after some attempts.
    """

    name: str
    has_profiles: bool

    @property
    def requests(self) -> int: ...

    def pages(
        self, collection: Collection, today: date, position: Position | None = None
    ) -> Iterator[SourcePage]:
        """The pages of a collection from `position` on, asked for lazily."""
        ...

    def read(self, item: Any, collection: Collection, at: datetime) -> SourceVideo:
        """One object of a page, seen `at` that time. Raises BadVideo."""
        ...

    def again(
        self, collection: Collection, posts: Iterable[tuple[str, datetime]]
    ) -> Iterator[Reread]:
        """Known videos once more, each with when it was posted; a few at a time, lazily."""
        ...

    def user_info(self, username: str) -> bytes:
        """An account's profile as it came; only where `has_profiles`."""
        ...

    def close(self) -> None:
        """Give back what was reserved and not used."""
        ...
