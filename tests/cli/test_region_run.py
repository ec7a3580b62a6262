"""Facts about a run that is watched from afar: which one, what a person reads, and how it ends."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest

from cli.errors import UserError
from cli.region_job import Execution
from cli.region_run import RegionRuns, SignsOfLife, watch
from local.endpoints import Endpoints
from shared.region_job.documents import (
    EraseWork,
    ReportWork,
    RunProgress,
    RunResult,
    progress_name,
    request_name,
    result_name,
    to_json,
)
from tests.fakes import LakeInMemory
from tests.records import DAY_0

REPORT = ReportWork(day=DAY_0.date())
THERE = Endpoints(home="", pid=0, key="", project="p", target="prod", region="europe-west1")


class RecordedScreen:
    """Obeys what is needed of a screen."""

    def __init__(self):
        self.lines, self.statuses, self.is_terminal = [], [], True
        self.say, self.now = self.lines.append, self.statuses.append

    def working(self, sentence):
        return nullcontext()


class Job:
    """Executions as Cloud Run would tell them. Each look takes the next state; the last stays."""

    def __init__(self):
        self.running: list[Execution] = []
        self.started: list[str] = []
        self.states = ["running"]

    def start(self, run):
        self.started.append(run)
        execution = Execution(f"e/{run}", run, "running")
        self.running.append(execution)
        return execution

    def executions(self):
        return iter(self.running)

    def of(self, run):
        return next((each for each in self.running if each.run == run), None)

    def look(self, execution):
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return replace(execution, state=state)

    def command(self, verb, execution):
        return f"gcloud {verb} {execution.name}"


class World:
    """One target's runs. `at` has what happens in the lake at which second."""

    def __init__(self):
        self.lake, self.job, self.screen = LakeInMemory(), Job(), RecordedScreen()
        self.seconds, self.at = 0.0, {}
        self.runs = RegionRuns(
            THERE,
            self.lake,
            self.job,
            self.screen,
            lambda: DAY_0,
            lambda: self.seconds,
            self._sleep,
        )

    def _sleep(self, seconds):
        self.seconds += seconds
        for second in [each for each in self.at if each <= self.seconds]:
            self.at.pop(second)()
        assert self.seconds < 10_000, "it never ends"

    def answer(self, **answer):
        run = self.job.running[-1].run
        self.lake.put(result_name(run), to_json(RunResult(answer=answer)))

    def sign(self, sign, **fields):
        progress = RunProgress(sign=sign, at=DAY_0, attempt=0, step="Searching", **fields)
        self.lake.put(progress_name(self.job.running[-1].run), to_json(progress))


@pytest.fixture
def world():
    return World()


def test_a_run_gets_its_request_and_gives_its_answer(world):
    world.at[4] = lambda: world.answer(rows=3)

    assert world.runs.perform(REPORT) == {"rows": 3}

    (run,) = world.job.started
    assert world.lake.exists(request_name(run))


def test_the_same_work_again_watches_the_run_that_is_at_work(world):
    first = world.job.start("report-20261129T010203Z-abcdef")
    world.lake.put(request_name(first.run), to_json(REPORT))
    world.at[4] = lambda: world.answer(rows=3)

    assert world.runs.perform(REPORT) == {"rows": 3}

    assert world.job.started == [first.run]
    assert any(first.run in line for line in world.screen.lines)


def test_other_work_starts_a_run_of_its_own(world):
    first = world.job.start("report-20261129T010203Z-abcdef")
    world.lake.put(request_name(first.run), to_json(REPORT))
    world.at[4] = lambda: world.answer(rows=3)

    world.runs.perform(EraseWork(asked_creators=("ada",)))

    assert len(world.job.started) == 2


def test_a_request_without_an_execution_is_deleted_once_it_is_old(world):
    world.lake.now = DAY_0 - timedelta(minutes=11)
    world.lake.put(request_name("erase-20261129T010203Z-abcdef"), b"{}")
    world.lake.now = DAY_0 - timedelta(minutes=1)
    world.lake.put(request_name("erase-20261129T010203Z-abcdee"), b"{}")

    assert world.runs.same(REPORT) is None

    assert list(world.lake.names("state/jobs/")) == [request_name("erase-20261129T010203Z-abcdee")]


def test_a_request_whose_start_is_refused_is_deleted(world, monkeypatch):
    def refused(run):
        raise UserError("You may not.")

    monkeypatch.setattr(world.job, "start", refused)

    with pytest.raises(UserError, match="You may not"):
        world.runs.perform(REPORT)

    assert list(world.lake.names("state/jobs/")) == []


def test_a_run_that_failed_says_why_and_leaves_no_request(world):
    world.job.states = ["running", "failed"]
    error = RunProgress(sign=1, at=DAY_0, attempt=3, step="s", error="Storage is away.")
    world.at[4] = lambda: world.lake.put(progress_name(world.job.running[-1].run), to_json(error))

    with pytest.raises(UserError, match=r"failed: Storage is away\.(?s:.*)it resumes"):
        world.runs.perform(REPORT)

    assert not world.lake.exists(request_name(world.job.started[0]))


def test_a_run_that_somebody_cancelled_is_said_to_be_cancelled(world):
    world.job.states = ["cancelled"]

    with pytest.raises(UserError, match="was cancelled"):
        world.runs.perform(REPORT)


def test_a_run_that_ends_well_without_a_result_is_not_waited_for_for_ever(world):
    world.job.states = ["succeeded"]

    with pytest.raises(UserError):
        world.runs.perform(REPORT)


def test_a_refusal_has_its_sentence_and_status(world):
    refusal = RunResult(refusal="The plan has no outcome.", status=2)
    world.at[2] = lambda: world.lake.put(result_name(world.job.running[-1].run), to_json(refusal))

    with pytest.raises(UserError, match="no outcome") as refused:
        world.runs.perform(REPORT)

    assert refused.value.status == 2


def test_a_run_is_followed_while_cloud_run_does_not_answer(world, monkeypatch):
    def away(execution):
        raise UserError("Cloud Run does not answer.")

    monkeypatch.setattr(world.job, "look", away)
    world.at[60] = lambda: world.answer(rows=1)

    assert world.runs.perform(REPORT) == {"rows": 1}


def test_a_silent_run_is_said_to_be_silent_and_alarms_once(world):
    world.at[2] = lambda: world.sign(1, finished=5, total=10)
    world.at[1_500] = lambda: world.answer(rows=1)

    world.runs.perform(REPORT)

    assert any("Searching: 5 of 10 objects" in line for line in world.screen.statuses)
    assert any("the last sign of life was 5 min ago" in line for line in world.screen.statuses)
    alarms = [line for line in world.screen.lines if "no sign of life" in line]
    assert len(alarms) == 1 and "gcloud describe" in alarms[0]


def test_a_log_gets_a_line_each_minute(world):
    world.screen.is_terminal = False
    world.at[2] = lambda: world.sign(1, finished=5, total=10)
    world.at[190] = lambda: world.answer(rows=1)

    world.runs.perform(REPORT)

    assert len([line for line in world.screen.lines if line.endswith("…")]) == 4


def test_a_sign_ends_the_silence(world):
    signs = SignsOfLife(world.screen, lambda: world.seconds, "gcloud describe")
    for world.seconds, number in [(0, 1), (100, 1), (101, 2)]:
        signs.show(RunProgress(sign=number, at=DAY_0, attempt=1, step="Searching"))

    assert ["ago" in line for line in world.screen.statuses] == [False, True, False]
    assert "(attempt 2)" in world.screen.statuses[-1]


def test_the_result_of_a_run_that_ended_unseen_is_still_there(world):
    world.lake.put(
        result_name("report-20261129T010203Z-abcdef"), to_json(RunResult(answer={"rows": 2}))
    )

    assert world.runs.watch("report-20261129T010203Z-abcdef") == {"rows": 2}


@pytest.mark.parametrize("run", ["x", "erase-20261129T010203Z-abcdef", "../report-1"])
def test_only_a_run_of_the_verb_can_be_watched(run):
    with pytest.raises(UserError, match="not the name of a run"):
        watch(run, "report", THERE, RecordedScreen())


def test_a_run_that_never_was_is_said_not_to_be_there(world):
    with pytest.raises(UserError, match="there is no such run in prod"):
        world.runs.watch("report-20261129T010203Z-abcdef")
