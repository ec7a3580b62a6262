"""Requests for ratings: who is asked for what, and what becomes of each request."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from cli.selection import LakeVideo
from shared.concurrency import in_order
from shared.config import GeminiSettings
from shared.errors import Permanent
from shared.messaging.events import VideoUploaded, notification_of, upload_in
from shared.messaging.failed import failures
from shared.messaging.topics import Topics
from shared.model import Rating, parse
from shared.storage.lake import FAILED, PARKED, Entry, Lake, RatingKey, rating_name

if TYPE_CHECKING:
    from shared.rating.gemini.question import Condition

STAGE = "analyze"
VIDEOS_A_LOOK = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """The rater that is asked: its word, its full name, its configuration."""

    condition: str
    name: str
    config_hash: str
    under: "Condition | None" = None

    @classmethod
    def of(cls, condition: str, gemini: dict[str, Any]) -> "Asked":
        """`gemini` says how Gemini is asked: every field of GeminiSettings but the key."""
        if not condition.startswith("gemini"):
            from shared.rating.signals.rater import SignalsRater

            signals = SignalsRater()
            return cls(condition, signals.name, signals.config_hash)
        from shared.rating.gemini.question import Condition

        settings = GeminiSettings.model_validate({"api_key": ""} | gemini)
        under = Condition.of(condition, settings)
        return cls(condition, under.name, under.config_hash, under)


@dataclass(frozen=True, slots=True)
class Request:
    """One rating of one file that is wanted."""

    video: LakeVideo
    upload: VideoUploaded
    rating: str
    """Where the rating will lie."""

    @property
    def replicate(self) -> int:
        return self.upload.replicate


@dataclass(frozen=True, slots=True)
class Found:
    """A rating that was wanted. `was_there` already when it was asked for, so nothing was paid."""

    request: Request
    rating: Rating
    was_there: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """A request that nothing came of, and why."""

    request: Request
    reason: str
    sentence: str


@dataclass
class _Video:
    """What is still open of one video, and which ratings it had before."""

    video: LakeVideo
    open: list[Request]
    standing: set[str] = field(default_factory=set)

    @property
    def prefix(self) -> str:
        return f"ratings/{self.video.video_id}/{self.video.generation}/"


class Requests:
    """The ratings of some videos that one rater is asked for, from the first look to the last."""

    def __init__(self, lake: Lake, asked: Asked, videos: Iterable[LakeVideo], replicates: int):
        self.asked = asked
        self.found: list[Found] = []
        self.parked: dict[Request, datetime | None] = {}
        self.lost: list[Lost] = []
        self._lake = lake
        self._open: deque[_Video] = deque(self._wanted(video, replicates) for video in videos)
        self.count = sum(len(one.open) for one in self._open)
        self._stood: dict[str, set[tuple[str, int]]] = {}
        self._by_upload: dict[VideoUploaded, Request] = {}
        self._told_lost: dict[Request, Lost] = {}
        self._told_parked: dict[Request, datetime | None] = {}

    @property
    def open(self) -> list[Request]:
        """Those of which nothing is known yet."""
        return [request for one in self._open for request in one.open]

    @property
    def is_open(self) -> bool:
        return bool(self._open)

    def look_up(self) -> None:
        """Find what is there already."""
        for one in self._list(len(self._open)):
            self._open.append(one)
            one.standing = set(self._names[one.prefix])
            self._take(one, was_there=True)
        self._forget_settled()

    def publish(self, topics: Topics, on_each: Callable[[int], None] = lambda count: None) -> None:
        """Ask for what is not there yet. Raises Transient when the topic does not take it."""
        asked = self.open
        self._by_upload = {request.upload: request for request in asked}
        self._stood = {place: self._listed(place) for place in (FAILED, PARKED)}
        sent = in_order(lambda one: topics.publish("analyze", notification_of(one.upload)), asked)
        for count, _ in enumerate(sent, 1):
            on_each(count)

    def look(self) -> None:
        """See what became of the requests; of many videos some now and others next time.

        A rating is written before anything else is said of its request, so what failed is listed
        first and the ratings decide.
        """
        self._told_parked |= dict(self._newly_parked())
        self._told_lost |= {lost.request: lost for lost in self._newly_failed()}
        for one in self._list(VIDEOS_A_LOOK):
            self._take(one, was_there=False)
            self._take_told(one)
            self._open.append(one)
        self._forget_settled()

    def give_up(self, reason: str, sentence: str) -> None:
        """Nothing will come of what is open."""
        self.lost += [Lost(request, reason, sentence) for request in self.open]
        self._open.clear()

    def others(self) -> list[str]:
        """Names of raters of this condition that rated an open video before, under other names."""
        names = {
            _rater(name) for one in self._open for name in one.standing if self._is_alike(name)
        }
        return sorted(names - {self.asked.name})

    def _wanted(self, video: LakeVideo, replicates: int) -> _Video:
        return _Video(video, [self._request(video, number) for number in range(replicates)])

    def _request(self, video: LakeVideo, replicate: int) -> Request:
        generation = str(video.generation)
        key = RatingKey(generation, self.asked.name, self.asked.config_hash, replicate)
        upload = VideoUploaded(
            self._lake.bucket_name, video.name, generation, self.asked.condition, replicate
        )
        return Request(video, upload, rating_name(video.video_id, key))

    def _list(self, most: int) -> Iterator[_Video]:
        """Take videos off the open ones, their ratings listed."""
        taken = [self._open.popleft() for _ in range(min(most, len(self._open)))]
        listed = in_order(lambda one: list(self._lake.names(one.prefix)), taken)
        self._names: dict[str, list[str]] = {}
        for one, names in zip(taken, listed, strict=True):
            self._names[one.prefix] = [name for name in names if name.endswith(".json")]
            yield one

    def _take(self, one: _Video, was_there: bool) -> None:
        names = self._names[one.prefix]
        for request in list(one.open):
            # The name is known, unless the deployed function is configured otherwise than we
            # were told: then it is the one that came up since.
            expected = [request.rating] if request.rating in names else []
            strangers = [] if was_there else self._strangers(one, request, names)
            for name in islice((*expected, *strangers), 1):
                one.open.remove(request)
                self._read(name, request, was_there)

    def _strangers(self, one: _Video, request: Request, names: list[str]) -> list[str]:
        end = f"/{request.replicate}.json"
        return [
            name
            for name in names
            if name.endswith(end) and name not in one.standing and self._is_alike(name)
        ]

    def _is_alike(self, name: str) -> bool:
        return _condition(_rater(name)) == self.asked.condition

    def _read(self, name: str, request: Request, was_there: bool) -> None:
        content = self._lake.read(name)
        try:
            rating = parse(Rating, content or b"", name)
        except Permanent as error:
            self.lost.append(Lost(request, error.reason, error.sentence))
            return
        self.found.append(Found(request, rating, was_there))

    def _take_told(self, one: _Video) -> None:
        for request in list(one.open):
            if request in self._told_lost:
                self.lost.append(self._told_lost[request])
            elif request in self._told_parked:
                self.parked[request] = self._told_parked[request]
            else:
                continue
            one.open.remove(request)

    def _forget_settled(self) -> None:
        self._open = deque(one for one in self._open if one.open)

    def _listed(self, place: str) -> set[tuple[str, int]]:
        return {(entry.name, entry.generation) for entry in self._lake.entries(f"{place}{STAGE}/")}

    def _newly_failed(self) -> Iterator[Lost]:
        new = self._listed(FAILED) - self._stood[FAILED]
        self._stood[FAILED] |= new
        for failure in failures(self._lake, STAGE) if new else ():
            request = self._by_upload.get(failure.upload) if failure.upload else None
            if request and (failure.name, failure.generation) in new:
                yield Lost(request, failure.reason, failure.sentence)

    def _newly_parked(self) -> Iterator[tuple[Request, datetime | None]]:
        new = [
            entry
            for entry in self._lake.entries(f"{PARKED}{STAGE}/")
            if (entry.name, entry.generation) not in self._stood[PARKED]
        ]
        self._stood[PARKED] |= {(entry.name, entry.generation) for entry in new}
        for entry, upload in zip(new, in_order(self._parked_upload, new), strict=True):
            if upload and (request := self._by_upload.get(upload)):
                yield request, entry.custom_time

    def _parked_upload(self, entry: Entry) -> VideoUploaded | None:
        content = self._lake.read(entry.name)
        with suppress(ValueError, KeyError, TypeError, AttributeError, Permanent):
            return upload_in(json.loads(content or b"")["attributes"])
        return None


def _rater(name: str) -> str:
    """ratings/{video_id}/{generation}/{rater…}/{config_hash}/{replicate}.json"""
    return "/".join(name.split("/")[3:-2])


def _condition(rater: str) -> str:
    """The word for `gemini/<model>/<rubric version>+caption` is `gemini+caption`."""
    head, _, rest = rater.partition("/")
    return "+".join([head, *rest.rpartition("/")[2].split("+")[1:]])
