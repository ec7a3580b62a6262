"""The lines of a batch: a question in each that goes in, an answer in each that comes out."""

import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, BinaryIO

from pydantic import BaseModel, ConfigDict, Field

from shared.lake import Lake, RatingKey
from shared.media_type import MediaType
from shared.model import canonical_json, parse
from shared.rating.gemini.kept import Kept
from shared.rating.gemini.question import Condition
from shared.rating.gemini.wire import Wire, read_wire
from shared.rating.rater import Media

MOST_LINE_BYTES = 16 * 2**20
"""A question and its answer have at most some 300 kB: what is longer is no line of ours."""

_READ_BYTES = 4 * 2**20


class Wanted(BaseModel):
    """A rating that is wanted of one generation of a video, and all that its question needs."""

    model_config = ConfigDict(frozen=True)

    video_id: str
    name: str
    generation: Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]
    replicate: Annotated[int, Field(ge=0, lt=1_000)]
    size: int
    mime: str
    duration_s: float | None = None
    has_audio: bool = True
    caption: str | None = None

    @property
    def word(self) -> str:
        """Tells it from every other of its batch, in which object names are of one bucket."""
        return _word(self.video_id, self.generation, self.replicate)

    def key(self, under: Condition) -> RatingKey:
        return RatingKey(self.generation, under.name, under.config_hash, self.replicate)

    def to_line(self) -> bytes:
        return canonical_json(self.model_dump(mode="json", exclude_none=True)).encode() + b"\n"


def wanted_in(lines: Iterable[bytes]) -> Iterator[Wanted]:
    """What a plan says is wanted. Raises Malformed."""
    for line in lines:
        yield parse(Wanted, line, "plan of a batch")


def request_line(wanted: Wanted, under: Condition, lake: Lake) -> bytes:
    """The question that would be asked live, as a line of a job's input.

    Results come in no order, and whether a key beside the request is echoed is not documented. So
    our key travels as the request's labels, which are part of it and are echoed with it; they
    reach no model and are not in `config_hash`, so the rating is the same one. Values of labels
    are lowercase letters, digits, - and _ (https://cloud.google.com/vertex-ai/generative-ai/docs/
    multimodal/add-labels-to-api-calls, 2026-11).
    """
    generation = int(wanted.generation)
    media = Media(
        video_id=wanted.video_id,
        bucket=lake.bucket_name,
        name=wanted.name,
        key=wanted.key(under),
        size=wanted.size,
        type=MediaType(wanted.mime, ""),
        open=_not_opened,
        peek=lambda: lake.open(wanted.name, generation),
        caption=wanted.caption,
    )
    labels = {
        "video": wanted.video_id,
        "generation": wanted.generation,
        "replicate": str(wanted.replicate),
    }
    request = under.question(media, wanted.duration_s, inline=None).wire() | {"labels": labels}
    return json.dumps({"request": request}, ensure_ascii=False).encode() + b"\n"


def _not_opened() -> Any:
    raise NotImplementedError("a question of a batch carries no bytes of its file")


def lines_of(lake: Lake, name: str, generation: int) -> Iterator[bytes | None]:
    """The lines of an object, piece by piece; None for one beyond MOST_LINE_BYTES. Raises Gone."""
    with lake.open(name, generation) as file:
        yield from _lines(file)


def _lines(file: BinaryIO) -> Iterator[bytes | None]:
    buffered = io.BufferedReader(file, _READ_BYTES)  # type: ignore[type-var]
    while line := buffered.readline(MOST_LINE_BYTES):
        if len(line) < MOST_LINE_BYTES or line.endswith(b"\n"):
            if line.strip():
                yield line
            continue
        while (rest := buffered.readline(MOST_LINE_BYTES)) and not rest.endswith(b"\n"):
            pass
        yield None


@dataclass(frozen=True, slots=True)
class Result:
    """One line of a job's output: whose it is, and the answer or why there is none."""

    video_id: str
    generation: str
    replicate: int
    kept: Kept | None
    problem: str = ""

    def key(self, under: Condition) -> RatingKey:
        return RatingKey(self.generation, under.name, under.config_hash, self.replicate)


_ASKED, _FAILED, _ANSWERED = "asked", "failed", "answered"
_MOST_MESSAGES = 20


class Results:
    """Reads output lines in any order, and knows at the end what came and what did not.

    Takes some 600 bytes of memory for each request of the job.
    """

    def __init__(self, wanted: Iterable[Wanted], bucket: str, ended_at: datetime):
        self._bucket = bucket
        self._ended_at = ended_at
        self._fate: dict[str, str] = {}
        self._by_name: dict[str, list[tuple[str, str, int]]] = {}
        self._met: Counter[str] = Counter()
        for one in wanted:
            self._fate[one.word] = _ASKED
            identity = (one.video_id, one.generation, one.replicate)
            self._by_name.setdefault(one.name, []).append(identity)
        self.lines = 0
        self.malformed = 0
        self.unknown = 0
        self.messages: Counter[str] = Counter()

    def read(self, line: bytes | None) -> Result | None:
        """The result in a line; None for a line that cannot be read or is nobody's."""
        self.lines += 1
        said = _object(line)
        if said is None:
            self.malformed += 1
            return None
        found = self._whose(said.get("request"))
        if found is None:
            self.unknown += 1
            return None
        return self._result(found, said)

    @property
    def requests(self) -> int:
        """How many the plan has."""
        return len(self._fate)

    def count(self, fate: str) -> int:
        return sum(1 for one in self._fate.values() if one == fate)

    @property
    def answered(self) -> int:
        return self.count(_ANSWERED)

    @property
    def failed(self) -> int:
        return self.count(_FAILED)

    @property
    def missing(self) -> int:
        """Requests of which no line told anything."""
        return self.count(_ASKED)

    def _result(self, found: tuple[str, str, int], said: Wire) -> Result:
        response = said.get("response")
        status = str(said.get("status") or "").strip()
        if status or not isinstance(response, dict) or not response:
            problem = _message(status)
            self._settle(_word(*found), _FAILED, problem)
            return Result(*found, None, problem)
        self._settle(_word(*found), _ANSWERED)
        return Result(*found, Kept(asked_at=self._time(said), response=response, is_batch=True))

    def _settle(self, word: str, fate: str, problem: str = "") -> None:
        if problem:
            is_rare = problem not in self.messages and len(self.messages) >= _MOST_MESSAGES
            self.messages["other errors" if is_rare else problem] += 1
        if self._fate[word] != _ANSWERED:
            self._fate[word] = fate

    def _whose(self, request: Any) -> tuple[str, str, int] | None:
        """By its labels, else by the address of its file; by both where it has both."""
        if not isinstance(request, dict):
            return None
        among = self._by_name.get(self._name(request))
        labelled = _labels(request)
        if labelled is None:
            return self._next(among) if among else None
        if _word(*labelled) not in self._fate or (among and labelled not in among):
            return None
        return labelled

    def _next(self, among: list[tuple[str, str, int]]) -> tuple[str, str, int]:
        """Replicates are one question asked again: without labels, answers are theirs in turn."""
        first = _word(*among[0])
        number = self._met[first] % len(among)
        self._met[first] += 1
        return among[number]

    def _name(self, request: Wire) -> str:
        for uri in _uris(request):
            return uri.removeprefix(f"gs://{self._bucket}/")
        return ""

    def _time(self, said: Wire) -> datetime:
        """When it was answered; the job's end for a line that does not say."""
        try:
            at = datetime.fromisoformat(str(said.get("processedTime") or ""))
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            return self._ended_at


def _word(video_id: str, generation: str, replicate: int) -> str:
    return f"{video_id}/{generation}/{replicate}"


def _object(line: bytes | None) -> Wire | None:
    return None if line is None else read_wire(line)


def _labels(request: Wire) -> tuple[str, str, int] | None:
    labels = request.get("labels")
    if not isinstance(labels, dict):
        return None
    video_id, generation = labels.get("video"), labels.get("generation")
    replicate = str(labels.get("replicate"))
    if not isinstance(video_id, str) or not isinstance(generation, str):
        return None
    return (video_id, generation, int(replicate)) if re.fullmatch("[0-9]{1,3}", replicate) else None


def _uris(request: Wire) -> Iterator[str]:
    contents = request.get("contents")
    for content in contents if isinstance(contents, list) else ():
        parts = content.get("parts") if isinstance(content, dict) else None
        for part in parts if isinstance(parts, list) else ():
            file = part.get("fileData") if isinstance(part, dict) else None
            if isinstance(file, dict) and isinstance(file.get("fileUri"), str):
                yield file["fileUri"]


def _message(status: str) -> str:
    """What a person needs of an error: its own sentence, without what differs from line to line."""
    if not status:
        return "no response"
    said = _object(status[max(0, status.find("{")) :].encode()) or {}
    inner = said.get("error")
    text = inner.get("message") if isinstance(inner, dict) else None
    sentence = re.sub(r"gs://\S+", "gs://…", str(text or status))
    return " ".join(sentence.split())[:200]
