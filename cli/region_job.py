"""The job of Cloud Run beside a target's lake: its executions, by Google's own client.

An execution gets the name of its run as an argument, and nothing else.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from cli.errors import UserError, of_service
from local.endpoints import Endpoints
from shared.region_job.documents import RUN

JOB = "lake-work"
"""Its name in terraform/job.tf."""
PROGRAM = ("python", "job.py")
REQUEST_S = 30.0
START_S = 120.0
MOST_EXECUTIONS = 1_000
"""Cloud Run keeps as many of a job (https://cloud.google.com/run/quotas, 2026-11)."""

State = Literal["running", "succeeded", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution of the job: the run that it does, and how it stands."""

    name: str
    run: str
    state: State
    log: str = ""

    @property
    def has_ended(self) -> bool:
        return self.state != "running"


@dataclass(frozen=True, slots=True)
class RegionJob:
    """The job of one target."""

    endpoints: Endpoints

    @property
    def name(self) -> str:
        return f"projects/{self.endpoints.project}/locations/{self.endpoints.region}/jobs/{JOB}"

    def start(self, run: str) -> Execution:
        """Start an execution for a run. Raises UserError.

        A request whose answer was lost may have started it, so it is not simply repeated.
        """
        from google.api_core.exceptions import GoogleAPICallError, ServerError
        from google.cloud import run_v2

        override: Any = run_v2.RunJobRequest.Overrides.ContainerOverride(args=[*PROGRAM, run])
        request = run_v2.RunJobRequest(
            name=self.name, overrides=run_v2.RunJobRequest.Overrides(container_overrides=[override])
        )
        with self._explained():
            try:
                operation = jobs_client().run_job(request, timeout=START_S, retry=None)
                return Execution(operation.metadata.name, run, "running")
            except (ServerError, OSError):
                with suppress(GoogleAPICallError, OSError):
                    if execution := self.of(run):
                        return execution
                raise

    def of(self, run: str) -> Execution | None:
        """The newest execution of a run."""
        return next((each for each in self.executions() if each.run == run), None)

    def executions(self) -> Iterator[Execution]:
        """Executions of runs, the newest first."""
        with self._explained():
            pager = executions_client().list_executions(
                parent=self.name, timeout=REQUEST_S, retry=None
            )
            for execution in islice(pager, MOST_EXECUTIONS):
                if (read := _read(execution)) is not None:
                    yield read

    def look(self, execution: Execution) -> Execution:
        """How an execution stands now."""
        with self._explained():
            answer = executions_client().get_execution(
                name=execution.name, timeout=REQUEST_S, retry=None
            )
        return _read(answer) or execution

    def command(self, verb: str, execution: Execution) -> str:
        """A command of gcloud about an execution: describe or cancel."""
        short = execution.name.rpartition("/")[2]
        return (
            f"gcloud run jobs executions {verb} {short} --region {self.endpoints.region} "
            f"--project {self.endpoints.project}"
        )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        from google.api_core.exceptions import Forbidden, GoogleAPICallError, NotFound
        from google.auth.exceptions import TransportError

        target = self.endpoints.target
        try:
            yield
        except NotFound as error:
            raise UserError(
                f"--target {target}: there is no job {JOB} in {self.endpoints.region}. Deploy this "
                "version (terraform apply), or give --here to work on this machine."
            ) from error
        except Forbidden as error:
            raise UserError(
                f"--target {target}: you may not start or see runs there. You need "
                "roles/run.jobsExecutorWithOverrides and roles/run.viewer, or give --here."
            ) from error
        except GoogleAPICallError as error:
            raise UserError(f"Cloud Run refused: {of_service(error)}") from error
        except (TransportError, OSError) as error:
            raise UserError(f"Cloud Run does not answer: {error}") from error


def jobs_client() -> Any:
    from google.cloud import run_v2

    return run_v2.JobsClient(transport="rest")


def executions_client() -> Any:
    from google.cloud import run_v2

    return run_v2.ExecutionsClient(transport="rest")


def _read(execution: Any) -> Execution | None:
    """An execution that a run started; None for another, which somebody started by hand."""
    arguments = [word for container in execution.template.containers for word in container.args]
    run = next((word for word in arguments if RUN.fullmatch(word)), None)
    if run is None:
        return None
    return Execution(execution.name, run, _state(execution), execution.log_uri)


def _state(execution: Any) -> State:
    if not execution.completion_time:
        return "running"
    if execution.cancelled_count:
        return "cancelled"
    return "failed" if execution.failed_count else "succeeded"
