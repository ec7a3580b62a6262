"""Requests to a rater, and what becomes of each."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from cli.selection import LakeVideo
from cli.verbs.rate.parked_requests import ParkedRequests
from shared.clock import utc_now
from shared.concurrency import in_order
from shared.errors import Permanent
from shared.messaging.events import VideoUploaded, notification_of
from shared.messaging.failed import read_failures
from shared.messaging.topics import Topics
from shared.model import parse
from shared.rating_section import Rating
from shared.storage.lake import Lake, LakeObject
from shared.storage.layout import FAILED, RatingKey, rating_name

if TYPE_CHECKING:
    from shared.rating.gemini.conditions import GeminiConditions
    from shared.rating.gemini.question import GeminiCondition

STAGE = "analyze"
VIDEOS_PER_REFRESH = 200


@dataclass(frozen=True, slots=True)
class ChosenRater:
    """The rater that the person chose: its condition, its full name, its configuration."""

    condition: str
    name: str
    config_hash: str
    gemini: "GeminiCondition | None" = None
    others: frozenset[str] = frozenset()
    """Names of the deployment's other raters, whose ratings are never taken for this one's."""

    @classmethod
    def signals(cls) -> "ChosenRater":
        from shared.rating.signals.rater import SignalsRater

        rater = SignalsRater()
        return cls(rater.condition, rater.name, rater.config_hash)

    @classmethod
    def of(cls, condition: "GeminiCondition", conditions: "GeminiConditions") -> "ChosenRater":
        """One condition of Gemini among all those of its deployment."""
        names = {other.name for name in conditions.names for other in conditions.of_entry(name)}
        others = frozenset(names - {condition.name})
        return cls(condition.word, condition.name, condition.config_hash, condition, others)


@dataclass(frozen=True, slots=True)
class RaterRequest:
    """A request for one rating of one file."""

    video: LakeVideo
    upload: VideoUploaded
    rating: str
    """Name of the object that will hold the rating."""

    @property
    def replicate(self) -> int:
        return self.upload.replicate


@dataclass(frozen=True, slots=True)
class ReceivedRating:
    """A rating. If `was_there`, it existed before the request, so nothing was paid."""

    request: RaterRequest
    rating: Rating
    was_there: bool


@dataclass(frozen=True, slots=True)
class FailedRequest:
    """A request without a rating, and why."""

    request: RaterRequest
    reason: str
    sentence: str


@dataclass
class _OpenVideo:
    """The open requests of one video, and the ratings that it had before."""

    video: LakeVideo
    open: list[RaterRequest]
    existing: set[str] = field(default_factory=set)

    @property
    def prefix(self) -> str:
        return f"ratings/{self.video.video_id}/{self.video.generation}/"


class RaterRequests:
    """The requests of one run, from the first check of the lake to the last.

    `ratings` are the names of all ratings by this rater's configuration, by video.
    """

    def __init__(
        self,
        lake: Lake,
        rater: ChosenRater,
        videos: Iterable[LakeVideo],
        replicates: int,
        clock: Callable[[], datetime] = utc_now,
    ):
        self.rater = rater
        self.ratings: dict[str, set[str]] = {}
        self.received: list[ReceivedRating] = []
        self.parked: dict[RaterRequest, datetime | None] = {}
        self.failed: list[FailedRequest] = []
        self._lake = lake
        self._open: deque[_OpenVideo] = deque(
            self._open_video(video, replicates) for video in videos
        )
        self.count = sum(len(entry.open) for entry in self._open)
        self._earlier_failures: set[tuple[str, int]] = set()
        self._parked_requests = ParkedRequests(lake, rater.condition, clock)
        self._by_upload: dict[VideoUploaded, RaterRequest] = {}
        self._failed_by_request: dict[RaterRequest, FailedRequest] = {}
        self._parked_by_request: dict[RaterRequest, datetime | None] = {}

    @property
    def open(self) -> list[RaterRequest]:
        """Requests of which nothing is known yet."""
        return [request for entry in self._open for request in entry.open]

    @property
    def is_open(self) -> bool:
        return bool(self._open)

    def find_existing(self) -> None:
        """Find the ratings that exist already."""
        for entry in self._take_listed(len(self._open)):
            self._open.append(entry)
            entry.existing = set(self._names[entry.prefix])
            self.ratings[entry.video.video_id] = set(filter(self._is_own, entry.existing))
            self._take(entry, was_there=True)
        self._drop_finished()

    def publish(self, topics: Topics, on_each: Callable[[int], None] = lambda count: None) -> None:
        """Publish the open requests. Raises Transient when the topic does not accept them."""
        unrated = self.open
        self._by_upload = {request.upload: request for request in unrated}
        self._new_failed_entries()
        self._parked_requests.remember(self._by_upload)
        sent = in_order(
            lambda request: topics.publish("analyze", notification_of(request.upload)), unrated
        )
        for count, _ in enumerate(sent, 1):
            on_each(count)

    def refresh(self) -> None:
        """Check what became of the requests, for at most VIDEOS_PER_REFRESH videos at a time.

        A function writes a rating before anything else about its request. So failures are listed
        first, and a rating that exists decides.
        """
        soon = islice(self._open, VIDEOS_PER_REFRESH)
        uploads = [request.upload for entry in soon for request in entry.open]
        for upload, due_at in self._parked_requests.new(uploads).items():
            self._parked_by_request[self._by_upload[upload]] = due_at
        self._failed_by_request |= {lost.request: lost for lost in self._new_failures()}
        for entry in self._take_listed(VIDEOS_PER_REFRESH):
            self._take(entry, was_there=False)
            self._take_failed_and_parked(entry)
            self._open.append(entry)
        self._drop_finished()

    def give_up(self, reason: str, sentence: str) -> None:
        """Close the open requests as failed."""
        self.failed += [FailedRequest(request, reason, sentence) for request in self.open]
        self._open.clear()

    def others(self) -> list[str]:
        """Other names of raters with this condition that rated an open video before."""
        names = {
            _rater(name)
            for entry in self._open
            for name in entry.existing
            if self._is_same_condition(name)
        }
        return sorted(names - {self.rater.name})

    def _open_video(self, video: LakeVideo, replicates: int) -> _OpenVideo:
        return _OpenVideo(video, [self._request(video, number) for number in range(replicates)])

    def _request(self, video: LakeVideo, replicate: int) -> RaterRequest:
        generation = str(video.generation)
        key = RatingKey(generation, self.rater.name, self.rater.config_hash, replicate)
        upload = VideoUploaded(
            self._lake.bucket_name, video.name, generation, self.rater.condition, replicate
        )
        return RaterRequest(video, upload, rating_name(video.video_id, key))

    def _take_listed(self, most: int) -> Iterator[_OpenVideo]:
        """Take videos from the queue, with their ratings listed."""
        taken = [self._open.popleft() for _ in range(min(most, len(self._open)))]
        listed = in_order(lambda entry: list(self._lake.names(entry.prefix)), taken)
        self._names: dict[str, list[str]] = {}
        for entry, names in zip(taken, listed, strict=True):
            self._names[entry.prefix] = [name for name in names if name.endswith(".json")]
            yield entry

    def _take(self, entry: _OpenVideo, was_there: bool) -> None:
        names = self._names[entry.prefix]
        for request in list(entry.open):
            # The name is known, unless the deployed function has another configuration than
            # tta.toml says. Then it is the rating that is new since the request.
            expected = [request.rating] if request.rating in names else []
            strangers = [] if was_there else self._other_names(entry, request, names)
            for name in islice((*expected, *strangers), 1):
                entry.open.remove(request)
                self._read(name, request, was_there)

    def _other_names(self, entry: _OpenVideo, request: RaterRequest, names: list[str]) -> list[str]:
        end = f"/{request.replicate}.json"
        return [
            name
            for name in names
            if name.endswith(end) and name not in entry.existing and self._is_same_condition(name)
        ]

    def _is_own(self, name: str) -> bool:
        """Whether a rating is by this rater in this configuration, whatever its replicate."""
        return name.rpartition("/")[0].endswith(f"/{self.rater.name}/{self.rater.config_hash}")

    def _is_same_condition(self, name: str) -> bool:
        rater = _rater(name)
        return _kind(rater) == _kind(self.rater.name) and rater not in self.rater.others

    def _read(self, name: str, request: RaterRequest, was_there: bool) -> None:
        content = self._lake.read(name)
        try:
            rating = parse(Rating, content or b"", name)
        except Permanent as error:
            self.failed.append(FailedRequest(request, error.reason, error.sentence))
            return
        self.ratings.setdefault(request.video.video_id, set()).add(name)
        self.received.append(ReceivedRating(request, rating, was_there))

    def _take_failed_and_parked(self, entry: _OpenVideo) -> None:
        for request in list(entry.open):
            if request in self._failed_by_request:
                self.failed.append(self._failed_by_request[request])
            elif request in self._parked_by_request:
                self.parked[request] = self._parked_by_request[request]
            else:
                continue
            entry.open.remove(request)

    def _drop_finished(self) -> None:
        self._open = deque(entry for entry in self._open if entry.open)

    def _new_failed_entries(self) -> list[LakeObject]:
        """Failed messages that were not there at the last call."""
        entries = self._lake.entries(f"{FAILED}{STAGE}/")
        new = [it for it in entries if (it.name, it.generation) not in self._earlier_failures]
        self._earlier_failures |= {(entry.name, entry.generation) for entry in new}
        return new

    def _new_failures(self) -> Iterator[FailedRequest]:
        for failure in read_failures(self._lake, self._new_failed_entries()):
            request = self._by_upload.get(failure.upload) if failure.upload else None
            if request:
                yield FailedRequest(request, failure.reason, failure.sentence)


def _rater(name: str) -> str:
    """ratings/{video_id}/{generation}/{rater…}/{config_hash}/{replicate}.json"""
    return "/".join(name.split("/")[3:-2])


def _kind(rater: str) -> tuple[str, str]:
    """Family and suffix: those of `gemini/<model>/<rubric version>+caption` are gemini, caption."""
    return rater.partition("/")[0], rater.partition("+")[2]
