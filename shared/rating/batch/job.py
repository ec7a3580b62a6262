"""Jobs of Vertex AI's batch prediction, through google-genai: made once, found again, looked at."""

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
"""What is finished by then is in the output and billed, whatever the state."""

_CREATE_TIMEOUT_S = 60
_MAY_HAVE_BEEN_MADE = frozenset({408, 409, 499})


class Undecided(Transient):
    """Nobody knows whether the job was made: look for it before making another."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the API shows it. `successful` counts answered lines, None while unknown."""

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
    """Who runs batch jobs."""

    def named(self, display_name: str) -> Job | None:
        """The first job that was made under this name, or None. Raises Transient."""
        ...

    def create(self, display_name: str, source_uri: str, output_uri: str) -> Job:
        """Make a job. Raises Undecided; any other error means that none was made."""
        ...

    def get(self, name: str) -> Job:
        """Raises Transient, Misconfigured."""
        ...


class VertexJobs:
    """Obeys `Jobs`."""

    def __init__(self, client: genai.Client, model: str):
        self._client = client
        self._model = model

    @classmethod
    def connect(cls, settings: GeminiSettings, project: str) -> "VertexJobs":
        if settings.api_key:
            raise Misconfigured("GEMINI_API_KEY: the Developer API has no batches over gs:// files")
        return cls(genai_client(settings, project), settings.model)

    def named(self, display_name: str) -> Job | None:
        config = types.ListBatchJobsConfig(filter=f'displayName="{display_name}"', page_size=100)
        try:
            found = [_job(one) for one in self._client.batches.list(config=config)]
        except FAILURES as error:
            raise _of_the_job(error) from error
        except UNREADABLE as error:
            raise Transient(_unreadable(error)) from error
        same = [job for job in found if job.display_name == display_name]
        return min(same, key=lambda job: (str(job.created_at or ""), job.name), default=None)

    def create(self, display_name: str, source_uri: str, output_uri: str) -> Job:
        # Sent once: the client's own retries would make, and pay, a second job when only the
        # answer to the first got lost.
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
                raise _of_the_job(error) from error
            raise Undecided(f"{_of_the_job(error)}; the job may have been made") from error
        except UNREADABLE as error:
            raise Undecided(f"{_unreadable(error)}; the job may have been made") from error

    def get(self, name: str) -> Job:
        try:
            return _job(self._client.batches.get(name=name))
        except FAILURES as error:
            raise _of_the_job(error) from error
        except UNREADABLE as error:
            raise Transient(_unreadable(error)) from error


def _was_refused(error: Exception) -> bool:
    """Whether the API said no, rather than nothing or that it stumbled."""
    code = int(error.code or 0) if isinstance(error, errors.APIError) else 0
    return 400 <= code < 500 and code not in _MAY_HAVE_BEEN_MADE


def _unreadable(error: Exception) -> str:
    return f"Gemini's batch service gave no answer that can be read: {error}"


def _of_the_job(error: Exception) -> Exception:
    meaning = translate_failure(error)
    if isinstance(meaning, NotAccepted):
        return Misconfigured(
            f"{meaning}. Vertex AI's service agent must be able to read and write batches/ in the "
            "bucket (roles/storage.objectAdmin)."
        )
    return meaning


def _job(shown: types.BatchJob) -> Job:
    stats = shown.completion_stats
    return Job(
        name=str(shown.name or ""),
        display_name=str(shown.display_name or ""),
        state=str(shown.state.value) if shown.state else "JOB_STATE_UNSPECIFIED",
        created_at=shown.create_time,
        ended_at=shown.end_time or shown.update_time,
        successful=stats.successful_count if stats else None,
        problem=str(shown.error.message or "") if shown.error else "",
    )
