"""Jobs of Vertex AI's batch prediction, through google-genai: created once, found, polled."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from google import genai
from google.genai import errors, types

from shared.config import GeminiSettings
from shared.errors import Misconfigured, Transient
from shared.rating.gemini.api import genai_client
from shared.rating.gemini.failures import FAILURES, UNREADABLE, NotAccepted, translate_failure

ENDED = frozenset(
    {
        *("JOB_STATE_SUCCEEDED", "JOB_STATE_PARTIALLY_SUCCEEDED"),
        *("JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_EXPIRED"),
    }
)
"""In each of these states the finished requests are in the output and billed."""

_CREATE_TIMEOUT_S = 60
_MAY_HAVE_BEEN_MADE = frozenset({408, 409, 499})


class Undecided(Transient):
    """It is unknown whether the job was created: look for it before creating another."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the API reports it. `successful` counts answered lines; None while unknown."""

    name: str
    display_name: str
    state: str
    created_at: datetime | None = None
    ended_at: datetime | None = None
    successful: int | None = None
    problem: str = ""

    @property
    def is_over(self) -> bool:
        return self.state in ENDED


class Jobs(Protocol):
    """A service that runs batch jobs."""

    def find(self, display_name: str) -> Job | None:
        """The first job created under this name, or None. Raises Transient."""
        ...

    def create(self, display_name: str, source_uri: str, output_uri: str) -> Job:
        """Create a job. Raises Undecided; after any other error no job exists."""
        ...

    def get(self, name: str) -> Job:
        """Raises Transient, Misconfigured."""
        ...


class VertexJobs:
    """`Jobs` on Vertex AI."""

    def __init__(self, client: genai.Client, model: str):
        self._client = client
        self._model = model

    @classmethod
    def connect(cls, settings: GeminiSettings, project: str) -> "VertexJobs":
        if settings.api_key:
            raise Misconfigured("GEMINI_API_KEY: the Developer API has no batches over gs:// files")
        return cls(genai_client(settings, project), settings.model)

    def find(self, display_name: str) -> Job | None:
        config = types.ListBatchJobsConfig(filter=f'displayName="{display_name}"', page_size=100)
        try:
            jobs = [_job(job) for job in self._client.batches.list(config=config)]
        except FAILURES as error:
            raise _job_failure(error) from error
        except UNREADABLE as error:
            raise Transient(_unreadable(error)) from error
        same = [job for job in jobs if job.display_name == display_name]
        return min(same, key=lambda job: (str(job.created_at or ""), job.name), default=None)

    def create(self, display_name: str, source_uri: str, output_uri: str) -> Job:
        # Sent once: if only the response is lost, the client's own retry would create and pay for
        # a second job.
        once = types.HttpOptions(
            timeout=_CREATE_TIMEOUT_S * 1_000, retry_options=types.HttpRetryOptions(attempts=1)
        )
        config = types.CreateBatchJobConfig(
            display_name=display_name, dest=output_uri, http_options=once
        )
        try:
            return _job(
                self._client.batches.create(model=self._model, src=source_uri, config=config)
            )
        except FAILURES as error:
            if _was_refused(error):
                raise _job_failure(error) from error
            raise Undecided(f"{_job_failure(error)}; the job may have been created") from error
        except UNREADABLE as error:
            raise Undecided(f"{_unreadable(error)}; the job may have been created") from error

    def get(self, name: str) -> Job:
        try:
            return _job(self._client.batches.get(name=name))
        except FAILURES as error:
            raise _job_failure(error) from error
        except UNREADABLE as error:
            raise Transient(_unreadable(error)) from error


def _was_refused(error: Exception) -> bool:
    """Whether the API refused the request, rather than failing or not answering."""
    code = int(error.code or 0) if isinstance(error, errors.APIError) else 0
    return 400 <= code < 500 and code not in _MAY_HAVE_BEEN_MADE


def _unreadable(error: Exception) -> str:
    return f"Gemini's batch service gave an unreadable answer: {error}"


def _job_failure(error: Exception) -> Exception:
    meaning = translate_failure(error)
    if isinstance(meaning, NotAccepted):
        return Misconfigured(
            f"{meaning}. Vertex AI's service agent must be able to read and write batches/ in the "
            "bucket (roles/storage.objectAdmin)."
        )
    return meaning


def _job(reported: types.BatchJob) -> Job:
    stats = reported.completion_stats
    return Job(
        name=str(reported.name or ""),
        display_name=str(reported.display_name or ""),
        state=str(reported.state.value) if reported.state else "JOB_STATE_UNSPECIFIED",
        created_at=reported.create_time,
        ended_at=reported.end_time or reported.update_time,
        successful=stats.successful_count if stats else None,
        problem=str(reported.error.message or "") if reported.error else "",
    )
