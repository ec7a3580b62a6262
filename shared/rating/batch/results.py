"""The lines of a batch that come out: an answer in each, or why there is none, in any order."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.rating.batch.lines import RatingRequest, request_id
from shared.rating.gemini.answers import StoredAnswer
from shared.rating.gemini.failures import is_bare, speaks_of_schema
from shared.rating.gemini.question import GeminiCondition
from shared.rating.gemini.wire import Wire, read_wire
from shared.storage.lake import RatingKey


@dataclass(frozen=True, slots=True)
class Result:
    """One line of a job's output: whose it is, and the answer or why there is none."""

    video_id: str
    generation: str
    replicate: int
    kept: StoredAnswer | None
    problem: str = ""

    def key(self, under: GeminiCondition) -> RatingKey:
        return RatingKey(self.generation, under.name, under.config_hash, self.replicate)


_ASKED, _FAILED, _ANSWERED = "asked", "failed", "answered"
_MOST_MESSAGES = 20


class Results:
    """Reads output lines in any order, and knows at the end what came and what did not.

    Takes some 600 bytes of memory for each request of the job.
    """

    def __init__(
        self,
        wanted: Iterable[RatingRequest],
        bucket: str,
        ended_at: datetime,
        in_words: bool = False,
    ):
        self._bucket = bucket
        self._ended_at = ended_at
        self._in_words = in_words
        self._refusals_of_the_schema = 0
        self._bare_refusals = 0
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
        document = _object(line)
        if document is None:
            self.malformed += 1
            return None
        identity = self._whose(document.get("request"))
        if identity is None:
            self.unknown += 1
            return None
        return self._result(identity, document)

    @property
    def requests(self) -> int:
        """How many the plan has."""
        return len(self._fate)

    def count(self, fate: str) -> int:
        return sum(1 for each in self._fate.values() if each == fate)

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

    @property
    def schema_refused(self) -> int:
        """Lines that failed for the schema that they had on the wire.

        A refusal without a cause is one where nothing else of the job was answered: a file that
        cannot be parsed ends in the same words, but not every file of a job.
        """
        if self._in_words:
            return 0
        return self._refusals_of_the_schema or (0 if self.answered else self._bare_refusals)

    def _result(self, identity: tuple[str, str, int], document: Wire) -> Result:
        response = document.get("response")
        status = str(document.get("status") or "").strip()
        self._refusals_of_the_schema += speaks_of_schema(status)
        self._bare_refusals += is_bare(status)
        if status or not isinstance(response, dict) or not response:
            problem = _message(status)
            self._settle(request_id(*identity), _FAILED, problem)
            return Result(*identity, None, problem)
        self._settle(request_id(*identity), _ANSWERED)
        kept = StoredAnswer(
            asked_at=self._time(document),
            response=response,
            is_batch=True,
            schema_relaxed=self._in_words,
        )
        return Result(*identity, kept)

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
        if request_id(*labelled) not in self._fate or (among and labelled not in among):
            return None
        return labelled

    def _next(self, among: list[tuple[str, str, int]]) -> tuple[str, str, int]:
        """Replicates are one question asked again: without labels, answers are theirs in turn."""
        first = request_id(*among[0])
        number = self._met[first] % len(among)
        self._met[first] += 1
        return among[number]

    def _name(self, request: Wire) -> str:
        for uri in _uris(request):
            return uri.removeprefix(f"gs://{self._bucket}/")
        return ""

    def _time(self, document: Wire) -> datetime:
        """When it was answered; the job's end for a line that does not say."""
        try:
            at = datetime.fromisoformat(str(document.get("processedTime") or ""))
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            return self._ended_at


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
    sentence = re.sub(r"gs://\S+", "gs://…", _sentence(status))
    return " ".join(sentence.split())[:200]


def _sentence(status: str) -> str:
    """The API's message out of the status of a line, which may hold a whole error as JSON."""
    error = _object(status[max(0, status.find("{")) :].encode()) or {}
    inner = error.get("error")
    text = inner.get("message") if isinstance(inner, dict) else None
    return str(text or status)
