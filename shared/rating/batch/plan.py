"""The plan of a batch: ratings that do not exist yet, of videos that Gemini accepts."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Literal, Protocol

from shared.concurrency import in_order
from shared.inputs.media_type import HEAD_BYTES, media_type
from shared.rating.batch.lines import RatingRequest, request_line, requests_in
from shared.rating.batch.part import BATCHES, Part, create_part, read_part
from shared.rating.clip import ClipHeader, Unreadable, read_clip_header
from shared.rating.gemini.question import GeminiCondition
from shared.rating.gemini.rater import ACCEPTED
from shared.rating.rate import caption_of
from shared.storage.lake import Gone, Lake, Superseded
from shared.storage.layout import answer_name, rating_name

MOST_REQUESTS = 200_000
MOST_BYTES = 900_000_000
"""Per job: Vertex AI takes 200,000 requests and 1 GB (quotas of batch prediction, 2026-11)."""


class VideoObject(Protocol):
    """One object under videos/."""

    @property
    def video_id(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def generation(self) -> int: ...

    @property
    def size(self) -> int: ...


RatingStatus = Literal["rated", "answered", "under_way", "not_asked", "gone", "wanted"]


@dataclass(frozen=True, slots=True)
class SurveyedRating:
    """One rating and its status."""

    request: RatingRequest
    status: RatingStatus


@dataclass(frozen=True)
class Survey:
    """Finds the status of each rating of some videos. Writes nothing."""

    lake: Lake
    condition: GeminiCondition
    max_media_bytes: int
    under_way: frozenset[str] = frozenset()
    """Request ids of unfinished jobs."""

    def ratings(
        self, videos: Iterable[VideoObject], replicates: int = 1
    ) -> Iterator[SurveyedRating]:
        """Every rating of these videos, in their order."""
        for ratings in in_order(lambda video: self._ratings(video, replicates), videos):
            yield from ratings

    def _ratings(self, video: VideoObject, replicates: int) -> list[SurveyedRating]:
        bare = [
            RatingRequest(
                video_id=video.video_id,
                name=video.name,
                generation=str(video.generation),
                replicate=replicate,
                size=video.size,
                mime="",
            )
            for replicate in range(replicates)
        ]
        ratings = [SurveyedRating(request, self._status(request)) for request in bare]
        if all(rating.status != "wanted" for rating in ratings):
            return ratings
        changes, status = self._inspect(video)
        return [
            SurveyedRating(rating.request.model_copy(update=changes), status)
            if rating.status == "wanted"
            else rating
            for rating in ratings
        ]

    def _status(self, request: RatingRequest) -> RatingStatus:
        key = request.key(self.condition)
        if self.lake.exists(rating_name(request.video_id, key)):
            return "rated"
        if request.request_id in self.under_way:
            return "under_way"
        # The first answer decides: the rater itself asks for a correction.
        if self.lake.exists(answer_name(request.video_id, key, 1)):
            return "answered"
        return "wanted"

    def _inspect(self, video: VideoObject) -> tuple[dict[str, object], RatingStatus]:
        """What a question needs of the file, and the status: the rater may refuse the file."""
        try:
            kind = media_type(self.lake.head(video.name, video.generation, HEAD_BYTES))
            clip = self._clip(video) if kind and 0 < video.size <= self.max_media_bytes else None
        except Gone:
            return {}, "gone"
        if kind is None or clip is None:
            return {}, "not_asked"
        caption = caption_of(video.video_id, self.lake) if self.condition.sees_caption else None
        if kind.mime not in ACCEPTED:
            return {}, "not_asked"
        return {
            "mime": kind.mime,
            "duration_s": clip.duration_s,
            "has_audio": clip.has_audio,
            "caption": caption,
        }, "wanted"

    def _clip(self, video: VideoObject) -> ClipHeader | None:
        """None for a clip that is too long or has no readable header."""
        with suppress(Unreadable), self.lake.open(video.name, video.generation) as file:
            clip = read_clip_header(file)
            longest = self.condition.settings.max_clip_s
            return clip if clip.duration_s is None or clip.duration_s <= longest else None
        return None


@dataclass
class Draft:
    """Requests on disk until they are written to the lake; memory holds where each part begins.

    A draft that does not `ask` holds ratings that need no answer, or have one. Its parts have no
    job and no questions; they only record that these ratings must be made and published. With
    `in_words` the questions describe the response schema in words.
    """

    condition: GeminiCondition
    lake: Lake
    asks: bool = True
    most_requests: int = MOST_REQUESTS
    most_bytes: int = MOST_BYTES
    in_words: bool = False
    requests: int = 0
    _spool: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    _checksum: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _begins: list["_Slice"] = field(default_factory=list)

    def __enter__(self) -> "Draft":
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def add(self, request: RatingRequest) -> None:
        size = len(self._question(request)) if self.asks else 0
        last = self._begins[-1] if self._begins else None
        if last is None or last.is_full(size, self.most_requests, self.most_bytes):
            last = _Slice(self._spool.tell())
            self._begins.append(last)
        line = request.to_line()
        self._spool.write(line)
        self._checksum.update(line)
        last.requests += 1
        last.input_bytes += size
        self.requests += 1

    @property
    def parts(self) -> int:
        return len(self._begins)

    def write(self) -> list[Part]:
        """Write plan, questions and state of every part; a second draft finds the same parts."""
        if not self.requests:
            return []
        batch_id = self._batch_id()
        return [self._write_part(batch_id, number) for number in range(self.parts)]

    def _batch_id(self) -> str:
        """A hash of requests, bucket, rater and attempt.

        When all requests of a job failed, the same requests come again. The attempt number keeps
        the new job apart from the finished one.
        """
        conditions = (
            f"{self.lake.bucket_name}\n{self.condition.name}\n{self.condition.config_hash}\n{self.asks}\n"
            f"{self.in_words}\n"
        )
        requests_hash = self._checksum.hexdigest()
        attempt = 0
        while True:
            whole = f"{conditions}{requests_hash}\n{attempt}"
            batch_id = hashlib.sha256(whole.encode()).hexdigest()[:16]
            earlier = read_part(self.lake, f"{BATCHES}{batch_id}/job-00000.json")
            if earlier is None or earlier[0].is_open:
                return batch_id
            attempt += 1

    def _write_part(self, batch_id: str, number: int) -> Part:
        begins = self._begins[number]
        part = Part(
            batch_id=batch_id,
            number=number,
            rater=self.condition.name,
            config_hash=self.condition.config_hash,
            requests=begins.requests,
            input_bytes=begins.input_bytes,
            schema_in_words=self.asks and self.in_words,
            step="planned" if self.asks else "collected",
        )
        self._write(part.plan_name, self._lines(begins))
        if self.asks:
            self._write(part.input_name, self._questions(begins))
        return create_part(self.lake, part)  # last: a part with a state is complete

    def _questions(self, begins: "_Slice") -> Iterator[bytes]:
        for request in requests_in(self._lines(begins)):
            yield self._question(request)

    def _question(self, request: RatingRequest) -> bytes:
        return request_line(request, self.condition, self.lake, self.in_words)

    def _lines(self, begins: "_Slice") -> Iterator[bytes]:
        self._spool.seek(begins.offset)
        for _ in range(begins.requests):
            yield self._spool.readline()

    def _write(self, name: str, lines: Iterable[bytes]) -> None:
        """Write an object once: its name is a hash of its content, so an existing one is equal."""
        if self.lake.exists(name):
            return
        with suppress(Superseded), self.lake.create_stream(name, "application/jsonl") as stream:
            for line in lines:
                stream.write(line)


@dataclass(slots=True)
class _Slice:
    """Where a part begins in the spool, and its size."""

    offset: int
    requests: int = 0
    input_bytes: int = 0

    def is_full(self, more_bytes: int, most_requests: int, most_bytes: int) -> bool:
        return self.requests >= most_requests or self.input_bytes + more_bytes > most_bytes
