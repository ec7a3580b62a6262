"""Use case: do the work of one run, as a task of Cloud Run.

Cloud Run starts a task again that failed or was killed, with the same run. Each work resumes where
it was. A run that has its result does nothing more.

No log line holds what a request names, and no message of an error, which may repeat it.
"""

import logging
import traceback

from shared import logs
from shared.errors import Misconfigured, Permanent, Transient
from shared.region_job.documents import (
    EraseWork,
    RunResult,
    Work,
    parse_request,
    request_name,
    result_name,
    to_json,
)
from shared.region_job.progress_writer import ProgressWriter
from shared.region_job.works import JobServices, WorkRefused, perform

log = logging.getLogger(__name__)

SUCCESS, FAILURE = 0, 1


def work_off(run: str, services: JobServices) -> int:
    """Do the work of a run, and write its result. Returns the exit status of the task.

    A refusal is a result, because another attempt would refuse, too. Anything else that goes wrong
    ends this attempt with status 1; the last one deletes the request.
    """
    lake, settings = services.lake, services.settings
    if lake.exists(result_name(run)):
        lake.delete(request_name(run))
        return SUCCESS
    with ProgressWriter(lake, run, settings.cloud_run_task_attempt, services.clock) as progress:
        try:
            result = _result(run, services, progress)
        except Exception as error:
            _log_failure(run, error)
            progress.fail(_sentence(run, error))
            if settings.cloud_run_task_attempt >= settings.last_attempt:
                lake.delete(request_name(run))
            return FAILURE
    lake.put(result_name(run), to_json(result))
    lake.delete(request_name(run))
    log.info("run finished", extra={"run": run, "refused": result.answer is None})
    return SUCCESS


def _result(run: str, services: JobServices, progress: ProgressWriter) -> RunResult:
    content = services.lake.read(request_name(run))
    if content is None:
        raise Misconfigured(f"The request of {run} is missing: it was deleted, or never written.")
    try:
        request = parse_request(content, run)
        _hide_names(request)
        return RunResult(answer=perform(request, services, progress))
    except WorkRefused as error:
        return RunResult(refusal=error.sentence, status=error.status)
    except Permanent as error:
        return RunResult(refusal=error.sentence)


def _hide_names(request: Work) -> None:
    if isinstance(request, EraseWork):
        for name in (*request.names, *request.videos, *request.asked_creators):
            logs.secret(name)


def _sentence(run: str, error: Exception) -> str:
    """What went wrong, for the person who watches. An erasure's errors may repeat a name."""
    if isinstance(error, Misconfigured):
        return str(error)
    if isinstance(error, Transient) and not run.startswith("erase"):
        return str(error)
    return f"It ended with {type(error).__name__}."


def _log_failure(run: str, error: Exception) -> None:
    cause: BaseException | None = error
    kinds = []
    while cause is not None:
        kinds.append(type(cause).__name__)
        cause = cause.__cause__
    frames = [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    log.error("run failed", extra={"run": run, "kinds": kinds, "frames": frames[-12:]})
