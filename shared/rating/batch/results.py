"""The output lines of a batch, in any order: each holds an answer or an error."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.rating.batch.lines import RatingRequest, request_id
from shared.rating.batch.part import BatchCounts
from shared.rating.gemini.answers import StoredAnswer
from shared.rating.gemini.failures import is_bare, speaks_of_schema
from shared.rating.gemini.question import GeminiCondition
from shared.rating.gemini.wire import Wire, read_wire
from shared.storage.layout import RatingKey


@dataclass(frozen=True, slots=True)
class Result:
    """One line of a job's output: its request, and the answer or the problem."""

    video_id: str
    generation: str
    replicate: int
    answer: StoredAnswer | None
    problem: str = ""

    def key(self, condition: GeminiCondition) -> RatingKey:
        return RatingKey(self.generation, condition.name, condition.config_hash, self.replicate)


_ASKED, _FAILED, _ANSWERED = "asked", "failed", "answered"
_MOST_MESSAGES = 20


class Results:
    """Reads output lines in any order and counts how the requests ended.

    Takes some 600 bytes of memory for each request of the job.
    """

    def __init__(
        self,
        requests: Iterable[RatingRequest],
        bucket: str,
        ended_at: datetime,
        in_words: bool = False,
    ):
        self._bucket = bucket
        self._ended_at = ended_at
        self._in_words = in_words
        self._schema_refusals = 0
        self._bare_refusals = 0
        self._fate: dict[str, str] = {}
        self._by_name: dict[str, list[tuple[str, str, int]]] = {}
        self._met: Counter[str] = Counter()
        for request in requests:
            self._fate[request.request_id] = _ASKED
            identity = (request.video_id, request.generation, request.replicate)
            self._by_name.setdefault(request.name, []).append(identity)
        self.lines = 0
        self.malformed = 0
        self.unknown = 0
        self.messages: Counter[str] = Counter()

    def read(self, line: bytes | None) -> Result | None:
        """The result in a line; None for a line that is unreadable or belongs to no request."""
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
        """Number of requests in the plan."""
        return len(self._fate)

    def counts(self) -> BatchCounts:
        """How the requests ended so far; `missing` ones had no line."""
        by_fate = Counter(self._fate.values())
        return BatchCounts(
            answered=by_fate[_ANSWERED],
            failed=by_fate[_FAILED],
            missing=by_fate[_ASKED],
            malformed=self.malformed,
            unknown=self.unknown,
            schema_refused=self._schema_refused(by_fate[_ANSWERED]),
            messages=dict(self.messages),
        )

    def _schema_refused(self, answered: int) -> int:
        """Lines that failed because of the response schema in their request.

        A refusal that names no cause counts only when no line of the job was answered. A file that
        cannot be parsed is refused in the same words, but not every file of a job is broken.
        """
        if self._in_words:
            return 0
        return self._schema_refusals or (0 if answered else self._bare_refusals)

    def _result(self, identity: tuple[str, str, int], document: Wire) -> Result:
        response = document.get("response")
        status = str(document.get("status") or "").strip()
        self._schema_refusals += speaks_of_schema(status)
        self._bare_refusals += is_bare(status)
        # On success Vertex AI writes an empty status.
        if status or not isinstance(response, dict) or not response:
            problem = _message(status)
            self._settle(request_id(*identity), _FAILED, problem)
            return Result(*identity, None, problem)
        self._settle(request_id(*identity), _ANSWERED)
        answer = StoredAnswer(
            asked_at=self._time(document),
            response=response,
            is_batch=True,
            schema_relaxed=self._in_words,
        )
        return Result(*identity, answer)

    def _settle(self, word: str, fate: str, problem: str = "") -> None:
        if problem:
            is_rare = problem not in self.messages and len(self.messages) >= _MOST_MESSAGES
            self.messages["other errors" if is_rare else problem] += 1
        if self._fate[word] != _ANSWERED:
            self._fate[word] = fate

    def _whose(self, request: Any) -> tuple[str, str, int] | None:
        """The request by its labels, else by its file's address; the two must not disagree."""
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
        """Replicates ask the same question: without labels they take the answers in turn."""
        first = request_id(*among[0])
        number = self._met[first] % len(among)
        self._met[first] += 1
        return among[number]

    def _name(self, request: Wire) -> str:
        for uri in _uris(request):
            return uri.removeprefix(f"gs://{self._bucket}/")
        return ""

    def _time(self, document: Wire) -> datetime:
        """When the line was answered; the job's end for a line without a time."""
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
    """The sentence of an error, without the parts that differ from line to line."""
    if not status:
        return "no response"
    sentence = re.sub(r"gs://\S+", "gs://…", _sentence(status))
    return " ".join(sentence.split())[:200]


def _sentence(status: str) -> str:
    """The API's message in a line's status, which may hold a whole error as JSON."""
    error = _object(status[max(0, status.find("{")) :].encode()) or {}
    inner = error.get("error")
    text = inner.get("message") if isinstance(inner, dict) else None
    return str(text or status)
