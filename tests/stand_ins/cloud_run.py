"""A stand-in for the Cloud Run Admin API v2 (REST), whose job runs as processes on this machine.

It reads and writes the API's own messages with Google's types, so it refuses what the API has no
field for. A task that fails is started again, as Cloud Run does, up to the job's retries.
https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs, read 2026-11
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from google.api_core.client_options import ClientOptions
from google.cloud import run_v2
from google.protobuf.json_format import ParseError

from tests.programs import python

EXECUTION_TYPE = "type.googleapis.com/google.cloud.run.v2.Execution"
_PATH = re.compile(
    r"/v2/(?P<job>projects/[^/]+/locations/[^/]+/jobs/[^/:]+)"
    r"(?P<executions>/executions(/(?P<execution>[^/:]+))?)?(:(?P<verb>\w+))?"
)
ENDS_WITHIN_S = 120


@dataclass
class Task:
    """One execution: its API message, its process, and what its attempts wrote to their logs."""

    execution: run_v2.Execution
    arguments: list[str]
    process: subprocess.Popen | None = None
    logs: list[str] = field(default_factory=list)
    is_cancelled: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    """A task is cancelled before an attempt starts or after it: the attempt is never missed."""

    def start_attempt(self, folder: Path, variables: Mapping[str, str]) -> bool:
        """Start the program, unless the task was cancelled before."""
        with self.lock:
            if not self.is_cancelled:
                self.process = subprocess.Popen(
                    [*python(), *self.arguments[1:]],
                    cwd=folder,
                    env=variables,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            return not self.is_cancelled

    def cancel(self, number: signal.Signals = signal.SIGTERM) -> None:
        with self.lock:
            self.is_cancelled = True
            if self.process is not None:
                self.process.send_signal(number)


class CloudRun(ThreadingHTTPServer):
    """One job. `command` runs in `folder`, with `environment` and the arguments of an execution."""

    daemon_threads = True

    def __init__(
        self, job: str, folder: Path, environment: Mapping[str, str], max_retries: int = 3
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.job, self.folder, self.environment = job, folder, dict(environment)
        self.max_retries = max_retries
        self.tasks: dict[str, Task] = {}
        self.bodies: list[str] = []
        self.refusals: list[tuple[int, str]] = []
        """Replies to the next requests that start an execution, instead of starting it."""
        self.loses_answers = False
        """Whether the answer to a start is lost on its way."""
        self._runs: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self, request: run_v2.RunJobRequest) -> run_v2.Execution:
        (override,) = request.overrides.container_overrides
        name = f"{self.job}/executions/lake-work-{uuid.uuid4().hex[:5]}"
        execution = run_v2.Execution(
            name=name,
            job=self.job,
            create_time=datetime.now(UTC),
            task_count=1,
            log_uri=f"https://console.cloud.google.com/logs/{name.rpartition('/')[2]}",
            template={"containers": [{"command": ["launcher"], "args": list(override.args)}]},
        )
        task = Task(execution, list(override.args))
        self.tasks[name] = task
        thread = threading.Thread(target=self._run, args=(task,), daemon=True)
        self._runs.append(thread)
        thread.start()
        return execution

    def cancel(self, name: str) -> run_v2.Execution:
        self.tasks[name].cancel()
        return self.tasks[name].execution

    def wait(self) -> None:
        """Until no execution runs."""
        for thread in self._runs:
            thread.join(ENDS_WITHIN_S)

    def _run(self, task: Task) -> None:
        assert task.arguments[0] == "python"
        task.execution.start_time = datetime.now(UTC)
        for attempt in range(self.max_retries + 1):
            variables = self.environment | {"CLOUD_RUN_TASK_ATTEMPT": str(attempt)}
            if not task.start_attempt(self.folder, variables):
                break
            _, log = task.process.communicate()
            task.logs.append(log)
            if task.process.returncode == 0 or task.is_cancelled:
                break
            task.execution.retried_count = attempt + 1
        self._end(task)

    def _end(self, task: Task) -> None:
        if task.is_cancelled:
            task.execution.cancelled_count = 1
        elif task.process.returncode == 0:
            task.execution.succeeded_count = 1
        else:
            task.execution.failed_count = 1
        task.execution.completion_time = datetime.now(UTC)


class _Handler(BaseHTTPRequestHandler):
    server: CloudRun
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        match = _PATH.fullmatch(urlsplit(self.path).path)
        if match is None or match["job"] != self.server.job:
            return self._refuse(404, "NOT_FOUND", "Resource not found.")
        if match["execution"]:
            task = self.server.tasks.get(urlsplit(self.path).path.removeprefix("/v2/"))
            if task is None:
                return self._refuse(404, "NOT_FOUND", "Resource not found.")
            return self._answer(_message(task.execution))
        newest_first = reversed(self.server.tasks.values())
        return self._answer({"executions": [_message(task.execution) for task in newest_first]})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.server.bodies.append(body)
        match = _PATH.fullmatch(urlsplit(self.path).path)
        if match is None or match["job"] != self.server.job:
            return self._refuse(404, "NOT_FOUND", "Resource not found.")
        if match["verb"] == "cancel" and match["execution"]:
            name = urlsplit(self.path).path.removeprefix("/v2/").removesuffix(":cancel")
            return self._operation(self.server.cancel(name))
        if match["verb"] != "run":
            return self._refuse(404, "NOT_FOUND", "Method not found.")
        if self.server.refusals:
            status, word = self.server.refusals.pop(0)
            return self._refuse(status, word, "Permission 'run.jobs.runWithOverrides' denied.")
        try:
            request = run_v2.RunJobRequest.from_json(body or "{}")
        except ParseError as error:
            return self._refuse(400, "INVALID_ARGUMENT", str(error))
        execution = self.server.start(request)
        if self.server.loses_answers:
            return self._refuse(503, "UNAVAILABLE", "The service is currently unavailable.")
        return self._operation(execution)

    def _operation(self, execution: run_v2.Execution) -> None:
        name = f"{self.server.job.partition('/jobs/')[0]}/operations/{uuid.uuid4()}"
        metadata = {"@type": EXECUTION_TYPE, **_message(execution)}
        self._answer({"name": name, "metadata": metadata, "done": False})

    def _refuse(self, status: int, word: str, message: str) -> None:
        self._answer({"error": {"code": status, "message": message, "status": word}}, status)

    def _answer(self, document: dict[str, Any], status: int = 200) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: Any) -> None:
        """The test says what happened."""


def _message(execution: run_v2.Execution) -> dict[str, Any]:
    document = run_v2.Execution.to_json(execution, always_print_fields_with_no_presence=False)
    return json.loads(document)


@contextlib.contextmanager
def cloud_run(
    job: str, folder: Path, environment: Mapping[str, str], max_retries: int = 3
) -> Iterator[CloudRun]:
    """The stand-in, as long as the block lasts. Executions end with it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    server = CloudRun(job, folder, kept | dict(environment), max_retries)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        for task in server.tasks.values():
            task.cancel(signal.SIGKILL)
        server.wait()
        server.shutdown()
        server.server_close()


def pointing_at_stand_in(server: CloudRun, credentials: Any = None) -> dict[str, Any]:
    """Google's clients with the stand-in's address, by the names of cli/region_job.py."""
    words = {
        "transport": "rest",
        "credentials": credentials,
        "client_options": ClientOptions(api_endpoint=server.url),
    }
    return {
        "jobs_client": lambda: run_v2.JobsClient(**words),
        "executions_client": lambda: run_v2.ExecutionsClient(**words),
    }
