"""`tta erase`, `rebuild` and `report` for a target in the cloud: the job of its region works.

Cloud Run is a stand-in that Google's client library talks to. It runs the job's own program, from
the files of its zip, on the emulators of this machine.
"""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import cli.region_job
import cli.region_run
import cli.verbs.erase.run
from cli.region_job import JOB
from local.endpoints import PRIMARY_RATERS
from local.traffic import wait_until_over
from shared.region_job.documents import request_name
from shared.storage.lake import Lake
from tests.stand_ins.cloud_run import CloudRun, cloud_run, pointing_at_stand_in
from tests.terraform.zips import zip_contents

REGION = "europe-west1"
NAME = "wanderer_quux_88"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory) -> Path:
    """What the zip of `report` has."""
    target = tmp_path_factory.mktemp("workspace")
    for name, path in zip_contents("report").items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / name)
    return target


@pytest.fixture
def job(cloud, unpacked, monkeypatch) -> Iterator[CloudRun]:
    name = f"projects/{cloud.project}/locations/{REGION}/jobs/{JOB}"
    environment = cloud.environment() | {"HASH_KEY": Path(cloud.hash_key).read_text()}
    with cloud_run(name, unpacked, environment) as server:
        for function, client in pointing_at_stand_in(server).items():
            monkeypatch.setattr(cli.region_job, function, client)
        yield server


@pytest.fixture
def target(target_at, monkeypatch) -> str:
    """The name of a target in a region, whose functions know tombstones at once."""
    monkeypatch.setattr(cli.region_run, "LOOK_EVERY_S", 0.2)
    monkeypatch.setattr(cli.region_run, "STATE_EVERY_S", 0.5)
    monkeypatch.setattr(cli.verbs.erase.run, "longest_handler_s", lambda endpoints: 0.1)
    return target_at(REGION)


@pytest.fixture
def lake(cloud, target) -> Lake:
    return Lake.connect(cloud.project, cloud.bucket)


@pytest.fixture
def mentioned(cloud, tta, target, tmp_path) -> str:
    """A creator with a video, whom another video mentions."""
    lines = [
        {"video_id": "7300000000000000088", "username": NAME, "views": 5, "caption": "mine"},
        {"video_id": "7300000000000000089", "username": "friend", "caption": f"with @{NAME}!"},
    ]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, lines)))
    tta("ingest", "--metadata", tmp_path / "m.jsonl", "--collected-at", "file")
    wait_until_over(cloud)
    return NAME


def requests_in(lake: Lake) -> list[str]:
    return [name for name in lake.names("state/jobs/") if name.endswith("/request.json")]


def eventually(condition: Callable[[], object], within_s: float = 60.0) -> None:
    ends_at = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < ends_at
        time.sleep(0.05)


def test_a_report_is_made_in_the_region_and_saved_here(tta, target, job, lake, demonstrated):
    result = tta("report", "--target", target, "--synthetic", "--date", "2026-02-03", "--json")

    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert lake.exists(document["report"])
    assert Path(document["path"]).read_text() == lake.read(document["report"]).decode()
    assert requests_in(lake) == []


def test_a_rebuild_in_the_region_gives_the_same_rows(tta, target, job, ask, demonstrated):
    statement = "SELECT video_id, rater, views FROM fact_video_analytics ORDER BY video_id"
    before = ask(statement)

    result = tta("rebuild", "--target", target, "--primary-raters", ",".join(PRIMARY_RATERS))

    assert result.returncode == 0, result.stderr
    assert "Rebuilt from" in result.stdout
    assert ask(statement) == before


def interrupted(signs, progress) -> None:
    """What Ctrl-C does to a watcher."""
    raise KeyboardInterrupt


def test_an_erasure_in_the_region_names_nobody_to_cloud_run(
    tta, target, job, lake, mentioned, monkeypatch
):
    command = ("erase", "--creator", mentioned, "--target", target, "--yes", "--json")
    with monkeypatch.context() as patch:
        patch.setattr(cli.region_run.SignsOfLife, "show", interrupted)
        assert tta(*command).returncode == 130
    result = tta(*command)  # watches the same run

    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert (document["videos"], document["left"], document["by_hand"]) == (1, [], [])
    (task,) = job.tasks.values()
    told_cloud_run = "\n".join([*job.bodies, *task.logs, str(task.execution)])
    assert mentioned not in told_cloud_run and "7300000000000000088" not in told_cloud_run
    assert requests_in(lake) == []
    assert [name for name in lake.names("") if mentioned.encode() in (lake.read(name) or b"")] == []


def test_a_run_outlives_its_watcher_and_is_started_again_after_a_kill(
    tta, target, job, monkeypatch, demonstrated
):
    with monkeypatch.context() as patch:
        patch.setattr(cli.region_run.SignsOfLife, "show", interrupted)
        stopped = tta("report", "--target", target, "--synthetic", "--date", "2026-02-05")
    (task,) = job.tasks.values()
    eventually(lambda: task.process)
    os.kill(task.process.pid, signal.SIGKILL)
    again = stopped.stderr.partition("Watch it again: tta ")[2].partition("\n")[0].split()
    result = tta(*again, "--json")

    assert stopped.returncode == 130
    assert "goes on in europe-west1" in stopped.stderr
    assert (result.returncode, len(job.tasks)) == (0, 1), result.stderr
    assert json.loads(result.stdout)["date"] == "2026-02-05"
    assert task.execution.retried_count == 1


def test_without_a_region_nothing_is_asked_for(tta, target, lake, tmp_path):
    file = tmp_path / "tta.toml"
    file.write_text(file.read_text().replace(f'region = "{REGION}"', ""))

    result = tta("rebuild", "--target", target)

    assert result.returncode == 1
    assert "has no region" in result.stderr and "--here" in result.stderr
    assert list(lake.names("state/jobs/")) == [] or requests_in(lake) == []


def test_a_job_that_may_not_be_started_leaves_no_request(tta, target, job, lake):
    job.refusals.append((403, "PERMISSION_DENIED"))

    result = tta("report", "--target", target, "--date", "2026-02-06")

    assert result.returncode == 1
    assert "roles/run.jobsExecutorWithOverrides" in result.stderr
    assert requests_in(lake) == []


def test_a_run_whose_request_is_missing_fails_and_says_so(tta, target, job, lake, monkeypatch):
    job.max_retries = 0
    started = cli.region_job.RegionJob.start

    def start(self, run):
        lake.delete(request_name(run))
        return started(self, run)

    monkeypatch.setattr(cli.region_job.RegionJob, "start", start)

    result = tta("report", "--target", target, "--date", "2026-02-07")

    assert result.returncode == 1
    assert "is missing" in result.stderr and "it resumes" in result.stderr
