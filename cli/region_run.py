"""A run of the job in a target's region: ask for it, watch it, and read its result."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cli.console import Screen
from cli.errors import WRONG_USE, UserError
from cli.progress import ProgressLine, duration
from cli.region_job import JOB, Execution, RegionJob
from local.endpoints import Endpoints
from shared.errors import Transient
from shared.model import Malformed, parse
from shared.progress import Progress
from shared.region_job.documents import (
    RUN,
    RunProgress,
    RunResult,
    Work,
    new_run,
    parse_request,
    progress_name,
    request_name,
    result_name,
    to_json,
)
from shared.storage.lake import Lake
from shared.storage.layout import JOBS

LOOK_EVERY_S = 2.0
STATE_EVERY_S = 10.0
"""How often the lake and Cloud Run are asked."""
QUIET_S = 60.0
"""A living run writes a sign every 30 s. After this silence the line says so."""
ALARM_S = 600.0
LINE_EVERY_S = 60.0
"""How often progress becomes a line of its own where no terminal shows it."""
RESULT_WITHIN_S = 30.0
"""How long after a successful end its result may be missing."""
STARTED_WITHIN = timedelta(minutes=10)
"""A request that has no execution by then was left by a command that was killed."""

Answer = dict[str, Any]


def perform(request: Work, endpoints: Endpoints, screen: Screen) -> Answer:
    """Have the work done beside the lake, and return its answer. Raises UserError.

    While a run does the same work already, no other is started: that one is watched.
    """
    return RegionRuns.of(endpoints, screen).perform(request)


def watch(run: str, verb: str, endpoints: Endpoints, screen: Screen) -> Answer:
    """Watch a run that was started before, and return its answer. Raises UserError."""
    if not RUN.fullmatch(run) or not run.startswith(f"{verb}-"):
        raise UserError(f"--watch {run}: that is not the name of a run of `{verb}`.", WRONG_USE)
    return RegionRuns.of(endpoints, screen).watch(run)


def require_region(endpoints: Endpoints) -> None:
    """Raises UserError for a target whose table was written by an earlier version."""
    if not endpoints.region:
        raise UserError(
            f"--target {endpoints.target}: its table has no region, so nothing can run there. "
            "Write the table again (terraform output -raw tta_toml), or give --here to work on "
            "this machine."
        )


@dataclass
class RegionRuns:
    """The runs of one target. `timer` counts seconds, and `sleep` waits between two looks."""

    endpoints: Endpoints
    lake: Lake
    job: RegionJob
    screen: Screen
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    timer: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def of(cls, endpoints: Endpoints, screen: Screen) -> "RegionRuns":
        require_region(endpoints)
        lake = Lake.connect(endpoints.project, endpoints.bucket)
        return cls(endpoints, lake, RegionJob(endpoints), screen)

    def perform(self, request: Work) -> Answer:
        if (execution := self.same(request)) is not None:
            self.screen.say(f"The run {execution.run} does this already.")
        else:
            execution = self._start(request)
        return self._watch(execution)

    def same(self, request: Work) -> Execution | None:
        """The running execution that does the same work."""
        for execution in self._running():
            content = self.lake.read(request_name(execution.run))
            if content and _is_same(request, content, execution.run):
                return execution
        return None

    def watch(self, run: str) -> Answer:
        if (result := self._result(run)) is not None:
            return _answer_of(result)
        execution = self.job.of(run)
        if execution is None:
            raise UserError(f"--watch {run}: there is no such run in {self.endpoints.target}.")
        return self._watch(execution)

    def _running(self) -> list[Execution]:
        """Executions that have not ended. Requests of all others are deleted."""
        running = [each for each in self.job.executions() if not each.has_ended]
        runs = {each.run for each in running}
        for entry in self.lake.entries(JOBS):
            run = entry.name.removeprefix(JOBS).partition("/")[0]
            is_old = self.clock() - entry.updated > STARTED_WITHIN
            if entry.name == request_name(run) and run not in runs and is_old:
                self.lake.delete(entry.name, entry.generation)
        return running

    def _start(self, request: Work) -> Execution:
        run = new_run(request.work, self.clock())
        self.lake.write_once(request_name(run), to_json(request))
        try:
            return self.job.start(run)
        except BaseException:
            self.lake.delete(request_name(run))
            raise

    # Watching

    def _watch(self, execution: Execution) -> Answer:
        run, region = execution.run, self.endpoints.region
        again = f"tta {run.partition('-')[0]} --target {self.endpoints.target} --watch {run}"
        self.screen.say(f"This runs in {region}. Ctrl-C leaves it running.")
        try:
            with self.screen.working(f"Starting {JOB} in {region} …"):
                return _answer_of(self._wait(execution))
        except KeyboardInterrupt:
            self.screen.say(
                f"The run goes on in {region}. Watch it again: {again}\n"
                f"Or stop it: {self.job.command('cancel', execution)}"
            )
            raise

    def _wait(self, execution: Execution) -> RunResult:
        """The result, as soon as it is in the lake. Raises UserError when there will be none."""
        signs = SignsOfLife(self.screen, self.timer, self.job.command("describe", execution))
        looked_at_s, ended_at_s = self.timer(), None
        while True:
            if (result := self._result(execution.run)) is not None:
                return result
            signs.show(self._progress(execution.run))
            now_s = self.timer()
            if ended_at_s is not None and now_s - ended_at_s > RESULT_WITHIN_S:
                raise self._failure(execution)
            if ended_at_s is None and now_s - looked_at_s >= STATE_EVERY_S:
                execution, looked_at_s = self._state(execution), now_s
                if execution.state in ("failed", "cancelled") and not self._result(execution.run):
                    raise self._failure(execution)
                ended_at_s = now_s if execution.has_ended else None
            self.sleep(LOOK_EVERY_S)

    def _state(self, execution: Execution) -> Execution:
        """How the execution stands. An answer that fails is asked for again later."""
        try:
            return self.job.look(execution)
        except UserError as error:
            self.screen.now(f"Cloud Run does not say how the run stands ({error}) …")
            return execution

    def _failure(self, execution: Execution) -> UserError:
        """What a person should know about a run without a result. Its request is deleted."""
        self.lake.delete(request_name(execution.run))
        progress = self._progress(execution.run)
        why = f": {progress.error}" if progress and progress.error else "."
        how = "was cancelled" if execution.state == "cancelled" else "failed"
        return UserError(
            f"The run {execution.run} {how}{why}\nRun the same command again: it resumes. The log: "
            f"{execution.log or self.job.command('describe', execution)}"
        )

    def _progress(self, run: str) -> RunProgress | None:
        return self._read(RunProgress, progress_name(run))

    def _result(self, run: str) -> RunResult | None:
        return self._read(RunResult, result_name(run))

    def _read(self, model: type[Any], name: str) -> Any:
        """A document of the run. None if it is not there, or the lake does not answer now."""
        try:
            content = self.lake.read(name)
            return None if content is None else parse(model, content, name)
        except (Transient, Malformed):
            return None


@dataclass
class SignsOfLife:
    """Shows how far a run is, and for how long it has been silent.

    Silence is measured on this machine from the last sign that was new, so no clock is compared.
    """

    screen: Screen
    timer: Callable[[], float]
    describe: str
    _sign: int = -1
    _seen_at_s: float | None = None
    _has_alarmed: bool = False
    _said_at_s: float = -LINE_EVERY_S
    _line: ProgressLine = field(init=False)

    def __post_init__(self) -> None:
        self._line = ProgressLine(self.screen.now, self.timer)

    def show(self, progress: RunProgress | None) -> None:
        now_s = self.timer()
        if self._seen_at_s is None or (progress and progress.sign != self._sign):
            self._sign = progress.sign if progress else self._sign
            self._seen_at_s, self._has_alarmed = now_s, False
        silent_s = now_s - self._seen_at_s
        sentence = self._line.sentence(_progress(progress)) if progress else "Waiting for Cloud Run"
        if silent_s >= QUIET_S:
            sentence += f"; the last sign of life was {duration(silent_s)} ago"
        if progress and progress.attempt:
            sentence += f" (attempt {progress.attempt + 1})"
        self._tell(f"{sentence} …", now_s)
        if silent_s >= ALARM_S and not self._has_alarmed:
            self._has_alarmed = True
            self.screen.say(
                f"There was no sign of life for {duration(silent_s)}. Cloud Run starts a run that "
                f"died again. This says how it stands: {self.describe}"
            )

    def _tell(self, sentence: str, now_s: float) -> None:
        self.screen.now(sentence)
        if not self.screen.is_terminal and now_s - self._said_at_s >= LINE_EVERY_S:
            self._said_at_s = now_s
            self.screen.say(sentence)


def _progress(progress: RunProgress) -> Progress:
    return Progress(progress.step, progress.finished, progress.total, progress.unit)


def _is_same(request: Work, content: bytes, run: str) -> bool:
    try:
        return request.same_as(parse_request(content, run))
    except Malformed:
        return False


def _answer_of(result: RunResult) -> Answer:
    if result.answer is None:
        raise UserError(result.refusal or "The run refused the work.", result.status)
    return result.answer
