"""When each video is read again: at declared ages, and soon after an answer left it out.

`state/_ages/{collection}.json` holds when each video was posted and when it was last read. A run
writes it a few times, not with every page. Until then new sightings are in the collection's state,
so a killed run loses none.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import Field, ValidationError

from shared.inputs.field_types import Checked, Count
from shared.model import Malformed, VideoId
from shared.storage.lake import Lake, Superseded
from shared.storage.layout import state_name
from shared.tiktok.state import CollectionBusy

DAY_S = 86_400
CONFIRM_AFTER = timedelta(hours=1)
"""A video that an answer leaves out is requested once more before it counts as vanished. The
Research API has left out videos that its next answer contained."""

Epoch = Count  # whole seconds since 1970


@dataclass(frozen=True, slots=True)
class Watched:
    """A video's times, in seconds since 1970. `missed_at` is when an answer first left it out."""

    posted_at: int
    read_at: int
    missed_at: int | None = None
    has_vanished: bool = False


class _AgesContent(Checked):
    videos: Mapping[VideoId, tuple[Epoch, Epoch]]
    missed: Mapping[VideoId, tuple[Epoch, Annotated[int, Field(ge=0, le=1)]]]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A newly listed video that the ages do not hold yet. Times are seconds since 1970."""

    video_id: str
    posted_at: int
    read_at: int

    def __str__(self) -> str:
        return f"{self.video_id} {self.posted_at} {self.read_at}"

    @classmethod
    def parse(cls, written: str) -> "Sighting":
        video_id, posted_at, read_at = written.split(" ")
        return cls(video_id, int(posted_at), int(read_at))


class Ages:
    """The watched videos of one collection. `ages_days` must be ascending."""

    def __init__(self, lake: Lake, collection: str, ages_days: Sequence[float]):
        """Raises Malformed when somebody has edited the object."""
        self._lake = lake
        self._name = state_name(f"_ages/{collection}")  # no collection is called so
        self._ages_s = [round(age * DAY_S) for age in ages_days]
        content, self._generation = lake.read_with_generation(self._name)
        self._content = content
        self._videos = _parse_ages(content, self._name)

    def __len__(self) -> int:
        return len(self._videos)

    def watch(self, sightings: Iterable[Sighting]) -> None:
        """Add videos that have an age to come. A video that is already watched stays as it is."""
        for sighting in sightings:
            last = sighting.posted_at + (self._ages_s[-1] if self._ages_s else 0)
            if sighting.read_at < last:
                new = Watched(posted_at=sighting.posted_at, read_at=sighting.read_at)
                self._videos.setdefault(sighting.video_id, new)

    def due(self, now: datetime) -> Iterator[tuple[str, datetime]]:
        """Ids and posting times of the videos to read again now, oldest first."""
        for video_id, watched in sorted(self._videos.items(), key=lambda item: item[1].posted_at):
            at = self._next(watched)
            if at is not None and at <= now.timestamp():
                yield video_id, datetime.fromtimestamp(watched.posted_at, UTC)

    def is_due(self, video_id: str, now: datetime) -> bool:
        """Whether a video is watched and has to be read again now."""
        watched = self._videos.get(video_id)
        at = None if watched is None else self._next(watched)
        return at is not None and at <= now.timestamp()

    def next_due(self) -> datetime | None:
        """When the next video will be due; None when there is none."""
        times = [at for watched in self._videos.values() if (at := self._next(watched)) is not None]
        return datetime.fromtimestamp(min(times), UTC) if times else None

    def seen(self, video_id: str, at: datetime) -> None:
        """Note that a video was read, if it is watched."""
        if watched := self._videos.get(video_id):
            self._put(video_id, Watched(posted_at=watched.posted_at, read_at=int(at.timestamp())))

    def unreadable(self, video_id: str) -> None:
        """Note that an answer had a video that could not be parsed: not missed, and still due."""
        self._videos[video_id] = replace(self._videos[video_id], missed_at=None, has_vanished=False)

    def missed(self, video_id: str, at: datetime) -> datetime | None:
        """Note that an answer left a video out.

        Returns when it vanished, the first time that this is certain; otherwise None.
        """
        watched = self._videos[video_id]
        now = int(at.timestamp())
        if watched.missed_at is None:
            self._videos[video_id] = replace(watched, missed_at=now)
            return None
        # It is requested again at the next age, because a video may come back.
        self._put(video_id, replace(watched, read_at=now, has_vanished=True))
        return None if watched.has_vanished else datetime.fromtimestamp(watched.missed_at, UTC)

    def save(self) -> None:
        """Replace the object if it changed. Raises CollectionBusy when another fetcher did so."""
        content = self._written()
        if content == self._content or (self._content is None and not self._videos):
            return
        try:
            self._generation = self._lake.replace(self._name, content, self._generation)
        except Superseded as error:
            current, generation = self._lake.read_with_generation(self._name)
            if current != content:
                raise CollectionBusy(f"{self._name} was replaced by another fetcher") from error
            self._generation = generation
        self._content = content

    def _put(self, video_id: str, watched: Watched) -> None:
        """Watch the video further, unless its last age has passed."""
        if self._next(watched) is None:
            del self._videos[video_id]
        else:
            self._videos[video_id] = watched

    def _next(self, watched: Watched) -> float | None:
        if watched.missed_at is not None and not watched.has_vanished:
            return watched.missed_at + CONFIRM_AFTER.total_seconds()
        times = (watched.posted_at + age for age in self._ages_s)
        return next((at for at in times if at > watched.read_at), None)

    def _written(self) -> bytes:
        videos = {name: [video.posted_at, video.read_at] for name, video in self._videos.items()}
        missed = {
            video_id: [seen.missed_at, int(seen.has_vanished)]
            for video_id, seen in self._videos.items()
            if seen.missed_at is not None
        }
        return json.dumps({"videos": videos, "missed": missed}, separators=(",", ":")).encode()


def _parse_ages(content: bytes | None, name: str) -> dict[str, Watched]:
    if content is None:
        return {}
    try:
        saved = _AgesContent.model_validate_json(content)
    except ValidationError as error:
        raise Malformed(f"{name}: {error.errors(include_url=False)[0]['msg']}") from error
    videos = {}
    for video_id, (posted_at, read_at) in saved.videos.items():
        missed_at, has_vanished = saved.missed.get(video_id, (None, 0))
        videos[video_id] = Watched(
            posted_at=posted_at,
            read_at=read_at,
            missed_at=missed_at,
            has_vanished=bool(has_vanished),
        )
    return videos
