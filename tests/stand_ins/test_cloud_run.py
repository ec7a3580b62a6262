"""The stand-in for Cloud Run, judged by Google's client library and by the client of `tta`."""

import pytest
import requests
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import run_v2

import cli.region_job
from cli.errors import UserError
from cli.region_job import JOB, RegionJob
from local.endpoints import Endpoints
from tests.stand_ins.cloud_run import Task, cloud_run, pointing_at_stand_in

RUN = "report-20261129T010203Z-abcdef"
THERE = Endpoints(home="", pid=0, key="", project="p", target="prod", region="europe-west1")
PROGRAM = """
import os, sys
attempt = int(os.environ["CLOUD_RUN_TASK_ATTEMPT"])
print(f"attempt {attempt} of {sys.argv[1]}", file=sys.stderr)
sys.exit(attempt < int(os.environ.get("FAILS", "0")))
"""


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A job whose program fails in as many attempts as the environment says."""
    (tmp_path / "job.py").write_text(PROGRAM)
    with cloud_run(RegionJob(THERE).name, tmp_path, {}) as server:
        for function, client in pointing_at_stand_in(server, AnonymousCredentials()).items():
            monkeypatch.setattr(cli.region_job, function, client)
        yield server


def test_an_execution_gets_the_run_and_nothing_else(server):
    execution = RegionJob(THERE).start(RUN)
    server.wait()

    ended = RegionJob(THERE).look(execution)
    assert (ended.run, ended.state) == (RUN, "succeeded")
    assert server.tasks[execution.name].logs == [f"attempt 0 of {RUN}\n"]
    assert "env" not in server.bodies[0] and RUN in server.bodies[0]


@pytest.mark.parametrize(("fails", "state", "attempts"), [(2, "succeeded", 3), (9, "failed", 4)])
def test_a_task_that_fails_is_started_again_up_to_three_times(server, fails, state, attempts):
    server.environment["FAILS"] = str(fails)

    execution = RegionJob(THERE).start(RUN)
    server.wait()

    assert RegionJob(THERE).look(execution).state == state
    assert len(server.tasks[execution.name].logs) == attempts


def test_a_cancelled_execution_is_cancelled(server, tmp_path):
    (tmp_path / "job.py").write_text("import time; time.sleep(60)")
    execution = RegionJob(THERE).start(RUN)

    cli.region_job.executions_client().cancel_execution(name=execution.name)
    server.wait()

    assert RegionJob(THERE).look(execution).state == "cancelled"


def test_an_execution_that_is_cancelled_before_its_program_started_starts_none(server):
    task = Task(run_v2.Execution(), ["python", "job.py", RUN])

    task.cancel()

    assert not task.start_attempt(server.folder, server.environment)
    assert task.process is None


def test_a_start_whose_answer_was_lost_is_found_and_not_repeated(server):
    server.loses_answers = True

    execution = RegionJob(THERE).start(RUN)

    assert execution.run == RUN
    assert len(server.tasks) == 1


def test_an_execution_that_somebody_started_by_hand_is_no_run(server):
    by_hand = run_v2.RunJobRequest(name=server.job, overrides={"container_overrides": [{}]})
    by_hand.overrides.container_overrides[0].args.extend(["python", "job.py", "x"])
    cli.region_job.jobs_client().run_job(by_hand)

    assert list(RegionJob(THERE).executions()) == []
    assert RegionJob(THERE).of(RUN) is None


def test_what_the_api_has_no_field_for_is_refused(server):
    answer = requests.post(f"{server.url}/v2/{server.job}:run", json={"args": [RUN]}, timeout=10)

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("refusal", "sentence"),
    [
        ((403, "PERMISSION_DENIED"), r"roles/run\.jobsExecutorWithOverrides"),
        ((404, "NOT_FOUND"), f"no job {JOB} in europe-west1(?s:.*)terraform apply"),
        ((429, "RESOURCE_EXHAUSTED"), "Cloud Run refused"),
        ((503, "UNAVAILABLE"), "Cloud Run refused"),
    ],
)
def test_a_refusal_says_what_to_do(server, refusal, sentence):
    server.refusals.append(refusal)

    with pytest.raises(UserError, match=sentence):
        RegionJob(THERE).start(RUN)


def test_a_server_that_is_away_is_said_to_be_away(server):
    server.shutdown()
    server.server_close()

    with pytest.raises(UserError, match="Cloud Run does not answer"):
        RegionJob(THERE).start(RUN)


def test_another_job_is_not_there(server):
    with pytest.raises(exceptions.NotFound):
        cli.region_job.jobs_client().run_job(name=f"{server.job}-2")


def test_commands_name_execution_region_and_project(server):
    execution = RegionJob(THERE).start(RUN)

    command = RegionJob(THERE).command("describe", execution)

    short = execution.name.rpartition("/")[2]
    assert command == (
        f"gcloud run jobs executions describe {short} --region europe-west1 --project p"
    )
