"""Batch prediction jobs: created, polled through their states, listed, cancelled."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.stand_ins.gemini.batch import Counts, Work, run
from tests.stand_ins.gemini.errors import Refused
from tests.stand_ins.gemini.models import offered
from tests.stand_ins.gemini.objects import Objects
from tests.stand_ins.gemini.script import Plan

MOST_JOBS = 1_000
_MODEL = "publishers/google/models/"
_WRITES = frozenset({"JOB_STATE_SUCCEEDED", "JOB_STATE_PARTIALLY_SUCCEEDED"})

AnswerLine = Callable[["Job", bytes], dict[str, Any] | None]


@dataclass(slots=True)
class Job:
    """One job. `polls` counts the requests for it."""

    number: int
    parent: str
    model: str
    body: dict[str, Any]
    plan: Plan
    created: datetime
    polls: int = 0
    is_cancelled: bool = False
    ended: datetime | None = None
    directory: str = ""
    end_state: str = ""
    error: str = ""
    counts: Counts | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        return f"{self.parent}/batchPredictionJobs/{self.number}"

    @property
    def state(self) -> str:
        if self.end_state:
            return self.end_state
        if self.is_cancelled:
            return "JOB_STATE_CANCELLING"
        return (
            self.plan.states[self.polls] if self.polls < len(self.plan.states) else self.plan.ends
        )


class Jobs:
    """All jobs of the stand-in; the oldest are forgotten beyond a thousand."""

    def __init__(self, objects: Objects, answer: AnswerLine, clock: Callable[[], datetime]):
        self._objects, self._answer, self._clock = objects, answer, clock
        self._lock = threading.Lock()
        self._jobs: dict[int, Job] = {}
        self._last = 0

    def create(self, parent: str, location: str, body: dict[str, Any], plan: Plan) -> Job:
        """Accept a job. Raises Refused (400, 404) like the API."""
        model = str(body.get("model", "")).removeprefix(_MODEL)
        offered(model, location)
        _addresses(body)
        with self._lock:
            self._last += 1
            job = Job(self._last, parent, model, body, plan, self._clock())
            self._jobs[job.number] = job
            while len(self._jobs) > MOST_JOBS:
                del self._jobs[next(iter(self._jobs))]
        return job

    def find(self, parent: str, number: str) -> Job:
        """The job. Raises Refused (404) for an unknown one."""
        with self._lock:
            job = self._jobs.get(int(number))
        if job is None or job.parent != parent:
            raise Refused(404, f"The BatchPredictionJob {number} does not exist.")
        return job

    def poll(self, parent: str, number: str) -> Job:
        """Poll a job, which moves it to its next state; at its end it writes its answers."""
        job = self.find(parent, number)
        with job.lock:
            job.polls += 1
            if job.is_cancelled and not job.end_state:
                self._end(job, "JOB_STATE_CANCELLED")
            elif job.polls >= len(job.plan.states) and not job.end_state:
                self._end(job, job.plan.ends)
        return job

    def cancel(self, parent: str, number: str) -> dict[str, Any]:
        """Ask a job to stop: cancelled at the next poll, unless it has ended."""
        self.find(parent, number).is_cancelled = True
        return {}

    def delete(self, parent: str, number: str) -> dict[str, Any]:
        """Forget a job. Returns the operation, which is done."""
        job = self.find(parent, number)
        with self._lock:
            self._jobs.pop(job.number, None)
        return {"name": f"{parent}/operations/{number}", "done": True}

    def page(self, parent: str, size: int, token: str) -> dict[str, Any]:
        """A page of jobs, newest first. The token is the number of the previous page's last job."""
        before = int(token) if token.isdigit() else self._last + 1
        with self._lock:
            jobs = [job for job in reversed(self._jobs.values()) if job.parent == parent]
        older = [job for job in jobs if job.number < before]
        page = {"batchPredictionJobs": [resource(job) for job in older[:size]]}
        return page | ({"nextPageToken": str(older[size - 1].number)} if len(older) > size else {})

    def _end(self, job: Job, state: str) -> None:
        now = self._clock()
        if job.plan.finished is not None or state in _WRITES:
            sources, prefix = _addresses(job.body)
            job.directory = f"{prefix}/prediction-model-{now:%Y-%m-%dT%H:%M:%S.%fZ}"
            due = _due(job.plan, state)
            work = Work(sources, job.directory, job.plan.shards, due, job.number)
            try:
                job.counts = run(work, self._objects, lambda line: self._answer(job, line))
            except Exception as error:  # whatever the storage raises: the job failed, and says why
                state, job.error, job.directory = "JOB_STATE_FAILED", f"{error}", ""
        if state == "JOB_STATE_FAILED":
            job.error = job.error or job.plan.error
        job.ended, job.end_state = now, state


def resource(job: Job) -> dict[str, Any]:
    """The job as the API shows it: int64 as strings, unset fields absent."""
    shown = {
        "name": job.name,
        "displayName": job.body.get("displayName", ""),
        "model": f"{_MODEL}{job.model}",
        "inputConfig": job.body["inputConfig"],
        "outputConfig": job.body["outputConfig"],
        "state": job.state,
        "createTime": _instant(job.created),
        "updateTime": _instant(job.ended or job.created),
    }
    if job.ended:
        shown |= {"startTime": _instant(job.created), "endTime": _instant(job.ended)}
    if job.counts:
        shown["outputInfo"] = {"gcsOutputDirectory": job.directory}
        shown["completionStats"] = {
            "successfulCount": str(job.counts.successful),
            "failedCount": str(job.counts.failed),
            "incompleteCount": str(job.counts.incomplete),
        }
    if job.error:
        shown["error"] = {"code": 3, "message": job.error}
    return shown


def _due(plan: Plan, state: str) -> Callable[[int], bool]:
    if plan.finished is not None:
        finished = plan.finished
        return lambda number: number < finished
    return lambda number: state == "JOB_STATE_SUCCEEDED" or number % 2 == 0


def _addresses(body: dict[str, Any]) -> tuple[list[str], str]:
    """Input files and output prefix. Raises Refused for anything but JSON lines in a bucket."""
    source, destination = body.get("inputConfig") or {}, body.get("outputConfig") or {}
    if source.get("instancesFormat") != "jsonl" or destination.get("predictionsFormat") != "jsonl":
        raise Refused(400, "The stand-in reads and writes the format jsonl only.")
    uris = (source.get("gcsSource") or {}).get("uris") or []
    prefix = (destination.get("gcsDestination") or {}).get("outputUriPrefix") or ""
    if not uris or not all(str(uri).startswith("gs://") for uri in (*uris, prefix)):
        raise Refused(400, "gcsSource.uris and gcsDestination.outputUriPrefix must be gs:// URIs.")
    return uris, prefix.rstrip("/")


def _instant(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"
