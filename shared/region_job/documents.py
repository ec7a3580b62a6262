"""The documents through which `tta` asks the job for a run, follows it, and learns the result.

state/jobs/{run}/request.json   what to do; it may name people who are to be erased
state/jobs/{run}/progress.json  how far the run is, and its last sign of life
state/jobs/{run}/result.json    the answer, written once

A run's name is all that Cloud Run learns, because arguments stay in audit logs. The request is
deleted when its run ends.
"""

import json
import re
import secrets
from datetime import date, datetime
from typing import Any, ClassVar, Literal

from shared.inputs.field_types import Checked, Count, Instant, Sentence, Text, Word
from shared.model import Malformed, parse
from shared.storage.layout import JOBS

RUN = re.compile(r"(erase|rebuild|report)-\d{8}T\d{6}Z-[0-9a-f]{6}")
"""A run's name: the work, when it was asked for (UTC), and a random part."""

WorkName = Literal["erase", "rebuild", "report"]


class Work(Checked):
    """What a run does."""

    work: WorkName

    DETAILS: ClassVar[frozenset[str]] = frozenset()

    def same_as(self, other: "Work") -> bool:
        """Whether both ask for the same. Details that were looked up for it may differ."""
        details = set(self.DETAILS)
        return self.model_dump(exclude=details) == other.model_dump(exclude=details)


class EraseWork(Work):
    """Erase `names` and `videos`, which a survey has looked up for what a person asked.

    `handler_s` is for how long a function may work with older tombstones.
    """

    work: Literal["erase"] = "erase"
    asked_videos: tuple[Text, ...] = ()
    asked_creators: tuple[Text, ...] = ()
    vanished: bool = False
    everything: bool = False
    names: tuple[Text, ...] = ()
    videos: tuple[Word, ...] = ()
    handler_s: float = 0.0

    DETAILS: ClassVar[frozenset[str]] = frozenset({"names", "videos", "handler_s"})


class RebuildWork(Work):
    """Rebuild the tables. `rows_before` has the number of rows by table when it was asked for."""

    work: Literal["rebuild"] = "rebuild"
    primary_raters: tuple[Word, ...]
    rows_before: dict[str, Count]

    DETAILS: ClassVar[frozenset[str]] = frozenset({"rows_before"})


class ReportWork(Work):
    """Make the report of a day, by the plan in `plan` (YAML) if it has one."""

    work: Literal["report"] = "report"
    day: date
    synthetic: bool = False
    plan: Text | None = None


class RunProgress(Checked):
    """How far a run is. `sign` grows with every writing, so a standstill shows without a clock.

    `attempt` counts from 0: Cloud Run starts a run again that failed. `error` says why it did.
    """

    sign: Count
    at: Instant
    attempt: Count
    step: Sentence
    finished: Count = 0
    total: Count | None = None
    unit: Sentence = "objects"
    error: Sentence = ""


class RunResult(Checked):
    """The answer of a run, or the sentence with which it refused the work."""

    answer: dict[str, Any] | None = None
    refusal: Text | None = None
    status: Count = 1
    """The exit status of a refusal: 1, or 2 for wrong use."""


REQUESTS: dict[str, type[Work]] = {
    "erase": EraseWork,
    "rebuild": RebuildWork,
    "report": ReportWork,
}


def new_run(work: WorkName, now: datetime) -> str:
    return f"{work}-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def request_name(run: str) -> str:
    return f"{JOBS}{run}/request.json"


def progress_name(run: str) -> str:
    return f"{JOBS}{run}/progress.json"


def result_name(run: str) -> str:
    return f"{JOBS}{run}/result.json"


def parse_request(content: bytes, run: str) -> Work:
    """Read the request of a run. Raises Malformed."""
    try:
        work = str(json.loads(content)["work"])
        model = REQUESTS[work]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Malformed(f"{request_name(run)}: no work of {', '.join(REQUESTS)}") from error
    return parse(model, content, request_name(run))


def to_json(document: Checked) -> bytes:
    return document.model_dump_json().encode()
