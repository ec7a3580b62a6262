"""A test's script as plain data: steps that requests use up."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tests.stand_ins.gemini.flaws import Flaw
from tests.stand_ins.gemini.question import Question

Method = Literal[
    "generateContent",
    "countTokens",
    "batches.create",
    "batches.get",
    "batches.list",
    "batches.cancel",
    "batches.delete",
    "batches.line",  # one line of a batch job's input
    "files.start",
    "files.upload",  # one piece of an upload
    "files.get",
    "files.delete",
]
Code = Annotated[int, Field(ge=400, le=599)]
Enum = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class When(_Plain):
    """The requests that a step is for: all given conditions must hold.

    `uri`, `model` and `text` are parts of the first file's address (or of `sha256:` and its hash),
    of the model's name and of the request's text. `turn` is the number of the user's turns: 2 for
    a correction. `times_asked` counts the questions about this clip, from 1. `with_schema` says
    whether a response schema is on the wire.
    """

    method: Method = "generateContent"
    uri: str = ""
    model: str = ""
    text: str = ""
    turn: int | None = None
    times_asked: int | None = None
    with_schema: bool | None = None

    def holds(self, method: str, question: Question | None, times_asked: int) -> bool:
        if method != self.method:
            return False
        if question is None:
            return self == When(method=self.method)
        return (
            self.uri in question.identity
            and self.model in question.model
            and self.text in question.text
            and self.turn in (None, question.turns)
            and self.times_asked in (None, times_asked)
            and self.with_schema in (None, question.schema is not None)
        )


class Failure(_Plain):
    """An error of the API. Missing fields take the usual values of the code.

    429 has QuotaFailure and, with `retry_after_s`, RetryInfo among its details.
    """

    code: Code
    status: Enum | None = None
    message: str = "Asked for by the test's script."
    details: list[dict[str, Any]] | None = None
    retry_after_s: Annotated[float, Field(ge=0)] = 1.0


class Plan(_Plain):
    """The course of a batch job: the states that its polls see, its end, and its output.

    `finished` is how many lines of the input are answered (None: all of them if the job succeeds,
    half if partially, none else). `shards` 0 writes one `predictions.jsonl`. `casing` is of the
    lines that are written, request included.
    """

    states: Annotated[list[Enum], Field(min_length=1)] = ["JOB_STATE_QUEUED", "JOB_STATE_RUNNING"]
    ends: Enum = "JOB_STATE_SUCCEEDED"
    error: str = "Asked for by the test's script."
    finished: Annotated[int, Field(ge=0)] | None = None
    shards: Annotated[int, Field(ge=0, le=100)] = 0
    casing: Literal["camel", "snake"] | None = None


class FilePlan(_Plain):
    """The course of an uploaded file: the states that requests see, and its end."""

    states: list[Enum] = ["PROCESSING"]
    ends: Literal["ACTIVE", "FAILED", "PROCESSING"] = "ACTIVE"
    error: str = "Asked for by the test's script."


class Step(_Plain):
    """The fate of the next matching request, `times` times (None: of all of them).

    At most one of `error`, `html`, `hang_up` and `block`; without, the request is answered, in
    the way that the others say. `usage` and `values` are merged over what the answer has.
    """

    when: When = When()
    times: Annotated[int, Field(ge=1)] | None = 1
    delay_s: Annotated[float, Field(ge=0, le=600)] = 0.0
    error: Failure | Code | None = None
    html: Code | None = None
    hang_up: Literal["before", "halfway"] | None = None
    block: Enum | None = None
    finish: Enum | None = None
    content: bool = True
    candidates: bool = True
    flaw: Flaw | None = None
    text: str | None = None
    thought: str | None = None
    values: dict[str, Any] = {}
    without: list[str] = []
    usage: dict[str, Any] | None = {}
    casing: Literal["camel", "snake"] = "camel"
    missing: bool = False
    job: Plan | None = None
    file: FilePlan | None = None

    @model_validator(mode="before")
    @classmethod
    def _is_for_what_it_names(cls, fields: Any) -> Any:
        """A plan implies a new job or file, and a missing line implies a batch line."""
        if isinstance(fields, Mapping) and "when" not in fields:
            methods = {
                "job": "batches.create",
                "missing": "batches.line",
                "file": "files.upload",
            }
            for name in methods.keys() & fields.keys():
                return {**fields, "when": {"method": methods[name]}}
        return fields

    @model_validator(mode="after")
    def _ends_in_one_way(self) -> Self:
        if sum(map(bool, (self.error, self.html, self.hang_up, self.block))) > 1:
            raise ValueError("at most one of error, html, hang_up and block")
        return self

    @property
    def failure(self) -> Failure | None:
        """The error; a bare code becomes one."""
        return Failure(code=self.error) if isinstance(self.error, int) else self.error


@dataclass(slots=True)
class _Turn:
    step: Step
    remaining: int | None


class Script:
    """Steps in the order they were added; a request uses up the first that matches."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: list[_Turn] = []

    def add(self, steps: Iterable[object], *, clear: bool = False) -> None:
        """Append steps, or with `clear` replace the remaining ones.

        Raises pydantic's ValidationError, and changes nothing, if one is malformed.
        """
        turns = [_Turn(step, step.times) for step in map(Step.model_validate, steps)]
        with self._lock:
            self._turns = turns if clear else self._turns + turns

    def next(self, method: str, question: Question | None = None, times_asked: int = 1) -> Step:
        """The step for this request, or one that changes nothing."""
        with self._lock:
            for turn in self._turns:
                if turn.step.when.holds(method, question, times_asked):
                    self._use(turn)
                    return turn.step
        return Step()

    def remaining_steps(self) -> list[dict[str, Any]]:
        """The remaining steps, with their remaining times."""
        with self._lock:
            return [
                turn.step.model_dump(exclude_unset=True) | {"times": turn.remaining}
                for turn in self._turns
            ]

    def _use(self, turn: _Turn) -> None:
        if turn.remaining is not None:
            turn.remaining -= 1
            if not turn.remaining:
                self._turns.remove(turn)
